/// Takes the few attributes it wants of many.
protocol JSONAttributeSink {
    associatedtype Key: Sendable
    func key(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Key?
    mutating func set(_ key: Key, _ value: JSONCursor.Scalar, _ bytes: RawSpan)
}

extension JSONAttributeSink {
    /// The wanted key that a name in JSON means.
    @inline(__always)
    func key(_ bytes: RawSpan, _ name: JSONText) -> Key? {
        guard name.hasEscape else { return key(bytes, name.start, name.end) }
        var text: [UInt8] = []
        name.append(to: &text, bytes)
        return key(text.span.bytes, 0, text.count)
    }
}

extension SpanAttributes: JSONAttributeSink {
    @inline(__always)
    mutating func set(_ key: AttributeKey, _ value: JSONCursor.Scalar, _ bytes: RawSpan) {
        switch value {
        case .text(let text) where text.hasEscape: set(key) { text.append(to: &$0, bytes) }
        case .text(let text): set(key, text: text.start, text.end)
        case .integer(let integer): set(key, integer: integer)
        case .number(let number): set(key, number: number)
        case .boolean(let boolean): set(key, boolean: boolean)
        case .other: setOther(key)
        }
    }
}

extension ServiceIdentity: JSONAttributeSink {
    func key(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Int? { place(bytes, start, end) }

    mutating func set(_ place: Int, _ value: JSONCursor.Scalar, _ bytes: RawSpan) {
        switch value {
        case .text(let text) where text.hasEscape: set(place) { text.append(to: &$0, bytes) }
        case .text(let text): set(place, text.start, text.end)
        default: set(place) { _ in }
        }
    }
}

/// One attribute as a walker found it.
struct JSONAttribute {
    /// What a value's place says of its type, whatever is written there.
    enum Shape: UInt8 { case any, text, integer, number, boolean }

    var name: JSONText?
    var value = JSONCursor.Scalar.other
    var shape = Shape.any
    /// Where the scalar stands that the value was read from; the end is zero where there is none.
    var valueStart = 0
    var valueEnd = 0

    /// Passes a scalar and takes it for the value.
    mutating func take(
        _ cursor: inout JSONCursor, _ bytes: RawSpan, _ shape: Shape = .any
    ) throws(JSONFailure) {
        _ = try cursor.peek(bytes)
        valueStart = cursor.position
        value = try cursor.scalar(bytes)
        valueEnd = cursor.position
        self.shape = shape
    }
}

/// How one format writes attributes.
protocol JSONAttributeSyntax {
    /// Whether they are members of an object, not elements of an array.
    static var areMembers: Bool { get }
    /// Braces that close an attribute behind its value.
    static var braces: Int { get }
    /// Offsets of the two words of an attribute that tell most keys apart.
    static var hashed: (Int, Int) { get }
    /// Passes an attribute, whatever its form.
    static func walk(_ cursor: inout JSONCursor, _ bytes: RawSpan) throws(JSONFailure) -> JSONAttribute
    /// What a scalar means in a place of a type.
    static func converted(
        _ value: JSONCursor.Scalar, _ shape: JSONAttribute.Shape, _ bytes: RawSpan
    ) -> JSONCursor.Scalar
}

/// Reads lists of attributes, which are three quarters of an archive; its storage is reused.
///
/// What the memo knows is a few compares for each attribute, and the search for the end of its value. Whatever differs
/// is walked from the start of the attribute, so the memo never decides what is right.
struct JSONAttributeList<Syntax: JSONAttributeSyntax, Sink: JSONAttributeSink> {
    private var memo = JSONAttributeMemo<Sink.Key>(hashed: Syntax.hashed)

    /// Why known attributes end.
    private enum End {
        /// The cursor stands at an attribute that is not the one expected.
        case unexpected
        /// The cursor stands at the last known attribute, whose value or what is behind it is not as usual.
        case unusual
        /// The cursor stands behind the last known attribute.
        case closed
    }

    mutating func read(_ cursor: inout JSONCursor, _ bytes: RawSpan, into sink: inout Sink) throws(JSONFailure) {
        guard try Syntax.areMembers ? cursor.enterObject(bytes) : cursor.enterArray(bytes) else { return }
        var last = 0
        list: repeat {
            _ = try cursor.peek(bytes)
            usual: while true {
                switch passUsual(after: &last, &cursor, bytes, into: &sink) {
                case .closed: continue list
                case .unexpected:
                    guard memo.search(bytes, at: cursor.position, after: last) != nil else { break usual }
                case .unusual:
                    if try passUnusual(last, &cursor, bytes, into: &sink) { continue list }
                    break usual
                }
            }
            try walk(&cursor, bytes, into: &sink, after: &last)
        } while try Syntax.areMembers ? cursor.continueObject(bytes) : cursor.continueArray(bytes)
    }

    /// Passes attributes that follow one another as they did the last time: texts, and short numbers nobody wants.
    ///
    /// - Parameter last: the opening of the attribute before; zero at the start of a list.
    private func passUsual(
        after last: inout Int, _ cursor: inout JSONCursor, _ bytes: RawSpan, into sink: inout Sink
    ) -> End {
        // Unchecked, for whatever the memo expects is one of them.
        let openings = memo.openings.span
        let limit = bytes.byteCount &- JSONAttributeMemo<Sink.Key>.room
        var start = cursor.position
        var index = last
        defer { (last, cursor.position) = (index, start) }
        guard start >= 0, start <= limit else { return .unexpected }
        while true {
            let (expected, other) = (openings[unchecked: index].next, openings[unchecked: index].other)
            if openings[unchecked: expected].equals(bytes, start) {
                index = expected
            } else {
                guard openings[unchecked: other].equals(bytes, start) else { return .unexpected }
                index = other
            }
            let valueStart = start &+ openings[unchecked: index].length
            var next = valueStart
            if openings[unchecked: index].isText {
                var found = JSONCursor.specials(bytes.sixteen(valueStart))
                while found == 0 {
                    next &+= 16
                    guard next <= limit else { return .unusual }
                    found = JSONCursor.specials(bytes.sixteen(next))
                }
                let end = next &+ (found.trailingZeroBitCount &>> 2)
                next = end &+ 2 &+ Syntax.braces
                guard next <= limit else { return .unusual }
                guard Self.goesOn(bytes, behind: end, isText: true) else {
                    guard Self.isClosed(bytes, behind: end) else { return .unusual }
                    setLast(index, bytes, valueStart, end, into: &sink)
                    start = next &- 1
                    return .closed
                }
                if let key = openings[unchecked: index].key {
                    set(key, openings[unchecked: index].shape, bytes, valueStart, end, into: &sink)
                }
            } else {
                var number = JSONCursor(position: valueStart)
                guard openings[unchecked: index].key == nil, number.shortInteger(bytes) != nil,
                    number.position < limit, Self.goesOn(bytes, behind: number.position, isText: false)
                else { return .unusual }
                next = number.position &+ 1 &+ Syntax.braces
                guard next <= limit else { return .unusual }
            }
            start = next
        }
    }

    /// Whether a value ends here, and nothing but braces and a comma stands between it and what follows.
    ///
    /// - Parameter isText: whether a quote ends the value.
    @inline(__always)
    private static func goesOn(_ bytes: RawSpan, behind end: Int, isText: Bool) -> Bool {
        let braces = UInt64(Syntax.braces &* 8)
        var between = (0x2c &<< braces) | (0x7d7d & ((1 &<< braces) &- 1))
        var mask = (0x100 &<< braces) &- 1
        if isText { (between, mask) = (between &<< 8 | 0x22, mask &<< 8 | 0xff) }
        return bytes.uncheckedWord(end) & mask == between
    }

    /// Whether a text ends here, and the braces behind it stand there.
    @inline(__always)
    private static func isClosed(_ bytes: RawSpan, behind end: Int) -> Bool {
        let mask = (0x100 &<< UInt64(Syntax.braces &* 8)) &- 1
        return bytes.uncheckedWord(end) & mask == 0x7d7d22 & mask
    }

    @inline(__always)
    private func set(
        _ key: Sink.Key, _ shape: JSONAttribute.Shape, _ bytes: RawSpan, _ start: Int, _ end: Int,
        into sink: inout Sink
    ) {
        let text = JSONText(start: start, end: end, hasEscape: false)
        sink.set(key, Syntax.converted(.text(text), shape, bytes), bytes)
    }

    @inline(never)
    private func setLast(_ index: Int, _ bytes: RawSpan, _ start: Int, _ end: Int, into sink: inout Sink) {
        guard let key = memo.openings[index].key else { return }
        set(key, memo.openings[index].shape, bytes, start, end, into: &sink)
    }

    @inline(never)
    private mutating func walk(
        _ cursor: inout JSONCursor, _ bytes: RawSpan, into sink: inout Sink, after last: inout Int
    ) throws(JSONFailure) {
        let start = cursor.position
        let attribute = try Syntax.walk(&cursor, bytes)
        guard let name = attribute.name else {
            last = 0
            return
        }
        let key = sink.key(bytes, name)
        if let key { sink.set(key, Syntax.converted(attribute.value, attribute.shape, bytes), bytes) }
        memo.learn(attribute, key, bytes, at: start, end: cursor.position - Syntax.braces, after: &last)
    }

    /// Passes an attribute by its known opening, whatever its value; false, with the cursor back at its start, if it
    /// does not end as it did.
    @inline(never)
    private func passUnusual(
        _ index: Int, _ cursor: inout JSONCursor, _ bytes: RawSpan, into sink: inout Sink
    ) throws(JSONFailure) -> Bool {
        let opening = memo.openings[index]
        let start = cursor.position
        // A text with its first quote.
        cursor.position = start + opening.length - (opening.isText ? 1 : 0)
        let value: JSONCursor.Scalar
        if let integer = cursor.shortInteger(bytes) {
            value = .integer(integer)
        } else {
            value = try cursor.scalar(bytes)
        }
        guard Self.close(&cursor, bytes) else {
            cursor.position = start
            return false
        }
        if let key = opening.key { sink.set(key, Syntax.converted(value, opening.shape, bytes), bytes) }
        return true
    }

    /// Passes the braces that close an attribute, if they stand here.
    private static func close(_ cursor: inout JSONCursor, _ bytes: RawSpan) -> Bool {
        let end = cursor.position
        guard end &+ 2 <= bytes.byteCount, Syntax.braces < 1 || bytes.byte(end) == 0x7d,
            Syntax.braces < 2 || bytes.byte(end &+ 1) == 0x7d
        else { return false }
        cursor.position = end &+ Syntax.braces
        return true
    }
}
