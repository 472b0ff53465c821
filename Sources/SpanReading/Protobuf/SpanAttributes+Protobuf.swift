extension SpanAttributes {
    /// Reads attributes in their usual form, as many as follow one another: short, the key first, then the value, and
    /// nothing else; wanted ones with a text or an integer. Stops in front of any other form, of which this says nothing.
    ///
    /// - Parameter cursor: behind the tag of the first attribute; moved behind the last one read.
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
        // Two words are loaded before the attribute's end is known.
        while start &+ 16 <= end {
            // Tag, length, tag of the key, its length, its first four bytes; both lengths below 128.
            let head = bytes.uncheckedWord(start)
            guard head & 0x80ff_80ff == 0x000a_004a else { break }
            let next = start &+ 2 &+ Int(head &>> 8 & 0x7f)
            let key = start &+ 4
            let count = Int(head &>> 24 & 0x7f)
            let value = key &+ count
            let valueCount = next &- value &- 2
            guard count >= 4, valueCount >= 0, next <= end,
                bytes.uncheckedTwo(value) == 0x12 | UInt16(truncatingIfNeeded: valueCount) &<< 8
            else { break }
            let ends = head &>> 32 | UInt64(bytes.uncheckedFour(value &- 4)) &<< 32
            if let wanted = keys.key(ends: ends, bytes, key, count) {
                guard let plain = plainValue(value &+ 2, next, bytes) else { break }
                present |= wanted.bit
                values[Int(wanted.rawValue)] = plain
            }
            start = next
        }
        if start > cursor.offset { cursor = ProtobufCursor(offset: start, end: cursor.end) }
    }

    /// The value in its usual form, which is a text or an integer nearly always; nil for any other form.
    @inline(__always)
    private static func plainValue(_ start: Int, _ end: Int, _ bytes: RawSpan) -> Value? {
        let text = start &+ 2
        let count = end &- text
        guard count >= 0 else { return nil }
        let head = bytes.uncheckedTwo(start)
        if head == 0x0a | UInt16(truncatingIfNeeded: count) &<< 8 {
            return Value(shape: .window, first: text, end: end)
        }
        guard head & 0xff == 0x18 else { return nil }
        var varint = ProtobufCursor(offset: start &+ 1, end: end)
        guard let integer = try? varint.varint(bytes), varint.isAtEnd else { return nil }
        return Value(shape: .integer, first: Int(Int64(bitPattern: integer)), end: 0)
    }
}
