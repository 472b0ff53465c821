/// Takes the few attributes it wants of many.
protocol JSONAttributeSink {
    associatedtype Key
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

/// Reads OTLP's lists of `{"key":"…","value":{"stringValue":"…"}}`.
///
/// Three quarters of an archive are these lists. A template as exporters write it is tried first, a few compares
/// for each attribute; whatever differs from it is read by the general walker from the start of the attribute,
/// so the template never decides what is right.
struct OTLPJSONAttributes {
    private let fields = OTLPJSONField.table

    func read(
        _ cursor: inout JSONCursor, _ bytes: RawSpan, into sink: inout some JSONAttributeSink
    ) throws(JSONFailure) {
        guard try cursor.enterArray(bytes) else { return }
        repeat {
            _ = try cursor.peek(bytes)
            let start = cursor.position
            if try readTemplate(&cursor, bytes, space: 0, into: &sink) { continue }
            cursor.position = start
            if try readTemplate(&cursor, bytes, space: 1, into: &sink) { continue }
            cursor.position = start
            try readAny(&cursor, bytes, into: &sink)
        } while try cursor.continueArray(bytes)
    }

    /// Reads an attribute written without any freedom; false, with the cursor anywhere, if it is not so.
    ///
    /// - Parameter space: 0 as Collectors write, 1 with a space behind colons and commas.
    @inline(__always)
    private func readTemplate(
        _ cursor: inout JSONCursor, _ bytes: RawSpan, space: Int, into sink: inout some JSONAttributeSink
    ) throws(JSONFailure) -> Bool {
        let start = cursor.position
        guard start &+ 8 <= bytes.byteCount,
            bytes.uncheckedWord(start) == (space == 0 ? eight("{\"key\":\"") : eight("{\"key\": "))
        else { return false }
        let keyStart = start &+ 8 &+ space
        let keyEnd = JSONCursor.nextSpecial(bytes, from: keyStart)
        guard keyEnd &+ 40 <= bytes.byteCount, space == 0 || bytes.byte(start &+ 8) == 0x22,
            bytes.uncheckedWord(keyEnd) == (space == 0 ? eight("\",\"value") : eight("\", \"valu")),
            bytes.uncheckedWord(keyEnd &+ (space == 0 ? 4 : 6))
                == (space == 0 ? eight("alue\":{\"") : eight("lue\": {\""))
        else { return false }
        let type = keyEnd &+ 12 &+ 2 &* space
        switch bytes.uncheckedWord(type) {
        case eight("stringVa"):
            guard bytes.uncheckedWord(type &+ 5) == eight("gValue\":"), space == 0 || bytes.byte(type &+ 13) == 0x20,
                bytes.byte(type &+ 13 &+ space) == 0x22
            else { return false }
            cursor.position = type &+ 13 &+ space
            let text = try cursor.string(bytes)
            if let key = sink.key(bytes, keyStart, keyEnd) { sink.set(key, .text(text), bytes) }
        case eight("intValue"):
            guard bytes.byte(type &+ 8) == 0x22, bytes.byte(type &+ 9) == 0x3a else { return false }
            cursor.position = type &+ 10 &+ space
            if let key = sink.key(bytes, keyStart, keyEnd) {
                sink.set(key, Self.integer(try cursor.scalar(bytes), bytes), bytes)
            } else {
                try cursor.skipValue(bytes)
            }
        case eight("boolValu"):
            guard bytes.uncheckedWord(type &+ 3) == eight("lValue\":") else { return false }
            cursor.position = type &+ 11 &+ space
            if let key = sink.key(bytes, keyStart, keyEnd) {
                sink.set(key, Self.boolean(try cursor.scalar(bytes)), bytes)
            } else {
                try cursor.skipValue(bytes)
            }
        default: return false
        }
        let end = cursor.position
        guard end &+ 2 <= bytes.byteCount, bytes.byte(end) == 0x7d, bytes.byte(end &+ 1) == 0x7d else { return false }
        cursor.position = end &+ 2
        return true
    }

    /// Reads an attribute with members in any order.
    @inline(never)
    private func readAny(
        _ cursor: inout JSONCursor, _ bytes: RawSpan, into sink: inout some JSONAttributeSink
    ) throws(JSONFailure) {
        guard try cursor.enterObject(bytes) else { return }
        var name: JSONText?
        var value: JSONCursor?
        repeat {
            switch fields.key(bytes, try cursor.memberName(bytes)) {
            case .key: name = try cursor.text(bytes)
            case .value:
                value = cursor
                try cursor.skipValue(bytes)
            default: try cursor.skipValue(bytes)
            }
        } while try cursor.continueObject(bytes)
        guard let name, let key = sink.key(bytes, name) else { return }
        // Only now is it known that the value is wanted.
        guard var value else { return sink.set(key, .other, bytes) }
        sink.set(key, try self.value(&value, bytes), bytes)
    }

    /// The scalar inside an `AnyValue`; the last one counts.
    private func value(_ cursor: inout JSONCursor, _ bytes: RawSpan) throws(JSONFailure) -> JSONCursor.Scalar {
        var value = JSONCursor.Scalar.other
        guard try cursor.enterObject(bytes) else { return value }
        repeat {
            switch fields.key(bytes, try cursor.memberName(bytes)) {
            case .stringValue:
                if let text = try cursor.text(bytes) { value = .text(text) }
            case .integerValue: value = Self.integer(try cursor.scalar(bytes), bytes)
            case .doubleValue: value = Self.number(try cursor.scalar(bytes), bytes)
            case .booleanValue: value = Self.boolean(try cursor.scalar(bytes))
            default: try cursor.skipValue(bytes)
            }
        } while try cursor.continueObject(bytes)
        return value
    }

    /// 64-bit integers are texts in protobuf's JSON.
    private static func integer(_ value: JSONCursor.Scalar, _ bytes: RawSpan) -> JSONCursor.Scalar {
        switch value {
        case .integer: value
        case .text(let text):
            DecimalText.integer(bytes.extracting(text.start..<text.end)).map { .integer($0) } ?? .other
        default: .other
        }
    }

    /// `"NaN"` and the like are texts.
    private static func number(_ value: JSONCursor.Scalar, _ bytes: RawSpan) -> JSONCursor.Scalar {
        switch value {
        case .number: value
        case .integer(let integer): .number(Double(integer))
        case .text(let text):
            DecimalText.number(bytes.extracting(text.start..<text.end)).map { .number($0) } ?? .other
        default: .other
        }
    }

    private static func boolean(_ value: JSONCursor.Scalar) -> JSONCursor.Scalar {
        if case .boolean = value { value } else { .other }
    }
}

/// Eight ASCII characters as the word they are loaded as; a constant once compiled.
@inline(__always)
func eight(_ text: StaticString) -> UInt64 {
    text.withUTF8Buffer {
        $0.count == 8 ? UInt64(littleEndian: UnsafeRawBufferPointer($0).loadUnaligned(as: UInt64.self)) : 0
    }
}
