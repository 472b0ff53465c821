/// An attribute in its usual form: short, the key first, then the value, and nothing else.
///
/// Nearly all are; what is not says nothing about the message, and is read field by field.
struct PlainAttribute {
    /// Of the attribute's tag.
    private let start: Int
    /// Bytes of the key, fewer than 128.
    let keyBytes: Int
    /// Its length and, above it, its first four bytes.
    private let keyHead: UInt64
    /// Behind the attribute.
    let end: Int

    /// Where the key is.
    var key: Int { start &+ 4 }
    /// Where the value's message is.
    var value: Int { start &+ 6 &+ keyBytes }

    /// What is loaded before it is compared: the head, a key as long as its length can say, the head of the value.
    private static let room = 4 + 127 + 2

    /// The last place in a message at which an attribute is recognised, so that all that is loaded is there.
    @inline(__always)
    static func lastStart(_ bytes: RawSpan, before limit: Int) -> Int { min(limit &- 1, bytes.byteCount &- room) }

    /// The attribute at a place; nil where none stands, or none in its usual form.
    ///
    /// It ends within 129 bytes, but the message may end before.
    ///
    /// - Parameters:
    ///   - start: of the attribute's tag; not negative, not behind `lastStart`.
    ///   - tag: of attributes in the message: 0x0a in a resource, 0x4a in a span.
    @inline(__always)
    init?(_ bytes: RawSpan, at start: Int, tag: UInt8) {
        // Tag, length, tag of the key, its length, its first bytes; both lengths below 128.
        let head = bytes.uncheckedWord(start)
        guard head & 0x80ff_80ff == 0x000a_0000 | UInt64(tag) else { return nil }
        let count = Int(truncatingIfNeeded: head &>> 8 & 0xff)
        self.start = start
        end = start &+ count &+ 2
        keyHead = head &>> 24
        keyBytes = Int(truncatingIfNeeded: keyHead & 0xff)
        // Tag and length of the value, to which all bytes but four belong that are not the key's; a negative length
        // equals nothing that is loaded.
        let usual = (count &- keyBytes &- 4) &<< 8 &+ 0x12
        guard Int(bytes.uncheckedTwo(start &+ keyBytes &+ 4)) == usual else { return nil }
    }

    /// What the key means; nil where nobody wants it.
    @inline(__always)
    func wanted(_ bytes: RawSpan, _ keys: KeyTable<AttributeKey>) -> AttributeKey? {
        guard keyBytes >= 8 else { return keys.key(bytes, key, key &+ keyBytes) }
        // Within the attribute.
        let (first, last) = (bytes.uncheckedWord(start &+ 4), bytes.uncheckedWord(start &+ keyBytes &- 4))
        return keys.key(ends: .init(head: keyHead, first: first, last: last), bytes, key, keyBytes)
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
    /// - Parameter cursor: before the first attribute; moved behind the last one read.
    mutating func readPlain(_ cursor: inout ProtobufCursor, _ bytes: RawSpan) {
        Self.readPlain(&cursor, bytes, keys, into: &values, &present)
    }

    @inline(never)
    private static func readPlain(
        _ cursor: inout ProtobufCursor, _ bytes: RawSpan, _ keys: KeyTable<AttributeKey>, into values: inout [Value],
        _ present: inout UInt64
    ) {
        let last = PlainAttribute.lastStart(bytes, before: cursor.end)
        let start = cursor.offset
        guard start >= 0 else { return }
        var (next, before) = (start, start)
        var values = values.mutableSpan
        while next <= last, let attribute = PlainAttribute(bytes, at: next, tag: 0x4a) {
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
            (before, next) = (next, attribute.end)
        }
        // One that is longer than the message is left to be found so.
        cursor = ProtobufCursor(offset: next > cursor.end ? before : next, end: cursor.end)
    }
}

extension ServiceIdentity {
    /// Reads plain attributes of a resource, as many as follow one another; those that count only where they are texts.
    ///
    /// Stops in front of any other form, of which this says nothing.
    ///
    /// - Parameter cursor: before the first attribute; moved behind the last one read.
    mutating func readPlain(_ cursor: inout ProtobufCursor, _ bytes: RawSpan) {
        let last = PlainAttribute.lastStart(bytes, before: cursor.end)
        let start = cursor.offset
        guard start >= 0 else { return }
        var (next, before) = (start, start)
        while next <= last, let attribute = PlainAttribute(bytes, at: next, tag: 0x0a) {
            if let place = place(bytes, attribute.key, attribute.key &+ attribute.keyBytes) {
                guard let text = attribute.text(bytes) else { break }
                set(place, text.lowerBound, text.upperBound)
            }
            (before, next) = (next, attribute.end)
        }
        // One that is longer than the message is left to be found so.
        cursor = ProtobufCursor(offset: next > cursor.end ? before : next, end: cursor.end)
    }
}
