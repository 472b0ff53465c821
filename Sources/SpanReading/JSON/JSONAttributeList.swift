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
        case .text(let text): set(place, bytes, text.start, text.end)
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

    mutating func read(_ cursor: inout JSONCursor, _ bytes: RawSpan, into sink: inout Sink) throws(JSONFailure) {
        guard try Syntax.areMembers ? cursor.enterObject(bytes) : cursor.enterArray(bytes) else { return }
        var last = 0
        list: repeat {
            _ = try cursor.peek(bytes)
            var start = cursor.position
            while let index = memo.find(bytes, at: start, after: &last) {
                let (key, shape) = (memo.openings[index].key, memo.openings[index].shape)
                let valueStart = start &+ memo.openings[index].length
                cursor.position = valueStart
                if bytes.byte(valueStart) == 0x22 {
                    let text = try cursor.string(bytes)
                    guard let next = Self.next(cursor, bytes) else {
                        guard Self.close(&cursor, bytes) else { break }
                        if let key { sink.set(key, Syntax.converted(.text(text), shape, bytes), bytes) }
                        continue list
                    }
                    if let key { sink.set(key, Syntax.converted(.text(text), shape, bytes), bytes) }
                    start = next
                } else if shape != .text, key == nil, cursor.shortInteger(bytes) != nil,
                    let next = Self.next(cursor, bytes)
                {
                    start = next
                } else {
                    cursor.position = valueStart
                    guard try readOther(key, shape, &cursor, bytes, into: &sink) else { break }
                    continue list
                }
            }
            cursor.position = start
            try walk(&cursor, bytes, into: &sink, after: &last)
        } while try Syntax.areMembers ? cursor.continueObject(bytes) : cursor.continueArray(bytes)
    }

    /// Where the next attribute begins, if nothing but braces and a comma stands between.
    @inline(__always)
    private static func next(_ cursor: JSONCursor, _ bytes: RawSpan) -> Int? {
        let end = cursor.position
        guard end >= 0, end &+ 8 <= bytes.byteCount else { return nil }
        let word = bytes.uncheckedWord(end)
        let braces = UInt64(Syntax.braces &* 8)
        let between = (0x2c &<< braces) | (0x7d7d & ((1 &<< braces) &- 1))
        guard word & ((0x100 &<< braces) &- 1) == between, (word &>> (braces &+ 8)) & 0xff > 0x20 else { return nil }
        return end &+ Syntax.braces &+ 1
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

    /// Reads an attribute from a value on that is no text; false, with the cursor anywhere, if it is not as it was.
    @inline(never)
    private func readOther(
        _ key: Sink.Key?, _ shape: JSONAttribute.Shape, _ cursor: inout JSONCursor, _ bytes: RawSpan,
        into sink: inout Sink
    ) throws(JSONFailure) -> Bool {
        if shape == .text { return false }
        let value: JSONCursor.Scalar
        if let integer = cursor.shortInteger(bytes) {
            value = .integer(integer)
        } else {
            value = try cursor.scalar(bytes)
        }
        guard Self.close(&cursor, bytes) else { return false }
        if let key { sink.set(key, Syntax.converted(value, shape, bytes), bytes) }
        return true
    }

    /// Passes the braces that close an attribute, if they stand here.
    @inline(__always)
    private static func close(_ cursor: inout JSONCursor, _ bytes: RawSpan) -> Bool {
        let end = cursor.position
        guard end &+ 2 <= bytes.byteCount, Syntax.braces < 1 || bytes.byte(end) == 0x7d,
            Syntax.braces < 2 || bytes.byte(end &+ 1) == 0x7d
        else { return false }
        cursor.position = end &+ Syntax.braces
        return true
    }
}
