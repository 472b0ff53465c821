/// An attribute in its usual form: short, the key first, then the value, and nothing else.
///
/// Nearly all are; what is not says nothing about the message, and is read field by field.
struct PlainAttribute {
    /// Where the key is.
    let key: Int
    /// Bytes of the key, fewer than 128.
    let keyBytes: Int
    /// The key's first four bytes, or what stands there.
    private let keyStart: UInt32
    /// Where the value's message is.
    let value: Int
    /// Behind the attribute.
    let end: Int

    /// The attribute at a place; nil where none stands, or none in its usual form.
    ///
    /// - Parameters:
    ///   - start: of the attribute's tag, not negative.
    ///   - tag: of attributes in the message: 0x0a in a resource, 0x4a in a span.
    ///   - limit: end of the message, within the bytes.
    @inline(__always)
    init?(_ bytes: RawSpan, at start: Int, tag: UInt8, before limit: Int) {
        // The first eight bytes are loaded before the attribute's end is known.
        guard start &+ 8 <= bytes.byteCount else { return nil }
        // Tag, length, tag of the key, its length, its first bytes; both lengths below 128.
        let head = bytes.uncheckedWord(start)
        guard head & 0x80ff_80ff == 0x000a_0000 | UInt64(tag) else { return nil }
        end = start &+ 2 &+ Int(truncatingIfNeeded: head &>> 8 & 0x7f)
        key = start &+ 4
        keyBytes = Int(truncatingIfNeeded: head &>> 24 & 0x7f)
        keyStart = UInt32(truncatingIfNeeded: head &>> 32)
        let tagOfValue = key &+ keyBytes
        value = tagOfValue &+ 2
        let valueBytes = end &- value
        guard valueBytes >= 0, end <= limit,
            bytes.uncheckedTwo(tagOfValue) == 0x12 | UInt16(truncatingIfNeeded: valueBytes) &<< 8
        else { return nil }
    }

    /// What the key means; nil where nobody wants it.
    @inline(__always)
    func wanted(_ bytes: RawSpan, _ keys: KeyTable<AttributeKey>) -> AttributeKey? {
        guard keyBytes >= 4 else { return keys.key(bytes, key, key &+ keyBytes) }
        // Within the attribute, which was compared.
        let last = bytes.uncheckedFour(value &- 6)
        return keys.key(ends: KeyTable<AttributeKey>.ends(keyStart, last), bytes, key, keyBytes)
    }

    /// Where the value's text is; nil for any other value.
    @inline(__always)
    func text(_ bytes: RawSpan) -> Range<Int>? {
        let start = value &+ 2
        let count = end &- start
        guard count >= 0, bytes.uncheckedTwo(value) == 0x0a | UInt16(truncatingIfNeeded: count) &<< 8
        else { return nil }
        return Range(uncheckedBounds: (start, end))
    }

    /// The value's integer; nil for any other value.
    @inline(__always)
    func integer(_ bytes: RawSpan) -> Int64? {
        guard end &- value >= 2, bytes.byte(value) == 0x18 else { return nil }
        var varint = ProtobufCursor(offset: value &+ 1, end: end)
        guard let integer = try? varint.varint(bytes), varint.isAtEnd else { return nil }
        return Int64(bitPattern: integer)
    }
}

extension SpanAttributes {
    /// Reads plain attributes, as many as follow one another; wanted ones only where they are a text or an integer.
    ///
    /// Stops in front of any other form, of which this says nothing.
    ///
    /// - Parameter cursor: behind the tag of the first attribute; moved behind the last one read, not at all where the
    ///   first is none of these.
    mutating func readPlain(_ cursor: inout ProtobufCursor, _ bytes: RawSpan) {
        Self.readPlain(&cursor, bytes, keys, into: &values, &present)
    }

    @inline(never)
    private static func readPlain(
        _ cursor: inout ProtobufCursor, _ bytes: RawSpan, _ keys: KeyTable<AttributeKey>, into values: inout [Value],
        _ present: inout UInt64
    ) {
        let end = min(cursor.end, bytes.byteCount)
        var start = cursor.offset &- 1
        guard start >= 0 else { return }
        var values = values.mutableSpan
        while let attribute = PlainAttribute(bytes, at: start, tag: 0x4a, before: end) {
            if let key = attribute.wanted(bytes, keys) {
                if let text = attribute.text(bytes) {
                    values[Int(key.rawValue)] = Value(shape: .window, first: text.lowerBound, end: text.upperBound)
                } else if let integer = attribute.integer(bytes) {
                    values[Int(key.rawValue)] = Value(shape: .integer, first: Int(integer), end: 0)
                } else {
                    break
                }
                present |= key.bit
            }
            start = attribute.end
        }
        if start > cursor.offset { cursor = ProtobufCursor(offset: start, end: cursor.end) }
    }
}

extension ServiceIdentity {
    /// Reads plain attributes of a resource, as many as follow one another; those that count only where they are texts.
    ///
    /// Stops in front of any other form, of which this says nothing.
    ///
    /// - Parameter cursor: before the first attribute; moved behind the last one read.
    mutating func readPlain(_ cursor: inout ProtobufCursor, _ bytes: RawSpan) {
        let end = min(cursor.end, bytes.byteCount)
        var start = cursor.offset
        guard start >= 0 else { return }
        while let attribute = PlainAttribute(bytes, at: start, tag: 0x0a, before: end) {
            if let place = place(bytes, attribute.key, attribute.key &+ attribute.keyBytes) {
                guard let text = attribute.text(bytes) else { break }
                set(place, bytes, text.lowerBound, text.upperBound)
            }
            start = attribute.end
        }
        if start > cursor.offset { cursor = ProtobufCursor(offset: start, end: cursor.end) }
    }
}
