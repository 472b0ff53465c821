import SpanModel

/// Reads one `Span` message after another; its storage is reused.
struct OTLPSpanReader {
    private var attributes = SpanAttributes(dialect: .otlp)
    private var links = SpanLinks()

    enum Outcome {
        case span
        /// Without a valid trace or span id.
        case invalid
        /// Not shaped like a span at all.
        case other
    }

    /// Fields that can be settled only when all have been seen, as they may stand in any order.
    private struct Fields {
        var traceID = TraceID(high: 0, low: 0)
        var spanID: UInt64 = 0
        var parentID: UInt64 = 0
        var name = ProtobufCursor(offset: 0, end: 0)
        var kind: UInt64 = 0
        var start: UInt64 = 0
        var end: UInt64 = 0
        var status: UInt64 = 0
        var hasTime = false
    }

    /// Appends the span and its links.
    mutating func read(
        _ message: ProtobufCursor, _ bytes: RawSpan, service: UInt32, into batch: inout SpanBatch
    ) throws(ProtobufError) -> Outcome {
        attributes.reset()
        links.reset()
        // Nearly all spans begin as usual, and many have nothing but attributes behind that.
        var (fields, cursor) = (Fields(), message)
        Self.readUsualStart(&cursor, bytes, &fields)
        attributes.readPlain(&cursor, bytes)
        if !cursor.isAtEnd { fields = try walk(cursor, bytes, behind: fields) }
        guard !fields.traceID.isZero, fields.spanID != 0 else { return fields.hasTime ? .invalid : .other }
        // A metric's name and description may be as long as ids.
        guard fields.hasTime || !Self.isText(fields.traceID) else { return .other }

        var record = SpanRecord(traceID: fields.traceID, spanID: fields.spanID)
        record.parentID = fields.parentID
        record.startNanoseconds = fields.start
        if fields.end >= fields.start {
            record.durationNanoseconds = fields.end &- fields.start
        } else {
            record.flags.insert(.reversedTimes)
        }
        if fields.status == 2 { record.flags.insert(.error) }
        record.kind = SpanKind(rawValue: UInt8(exactly: fields.kind) ?? 0) ?? .unset
        let name = batch.names.string(bytes.extracting(fields.name.offset..<fields.name.end))
        record.operation = batch.names.operation(service: service, name: name)
        record.archiveBytes = UInt32(clamping: message.count)
        attributes.finish(bytes, into: &record, names: &batch.names)
        links.finish(into: &record, &batch.links)
        batch.spans.append(record)
        return .span
    }

    /// Reads the fields that follow, whatever their order.
    ///
    /// - Parameter fields: those before.
    @inline(never)
    private mutating func walk(
        _ message: ProtobufCursor, _ bytes: RawSpan, behind fields: Fields
    ) throws(ProtobufError) -> Fields {
        var (fields, cursor) = (fields, message)
        while let tag = try cursor.tag(bytes) {
            switch tag {
            case 0x4a:
                var plain = ProtobufCursor(offset: cursor.offset &- 1, end: cursor.end)
                attributes.readPlain(&plain, bytes)
                if plain.offset > cursor.offset {
                    cursor = plain
                } else {
                    try readAttribute(try cursor.message(bytes), bytes)
                }
            case 0x0a: fields.traceID = Self.traceID(try cursor.message(bytes), bytes)
            case 0x12: fields.spanID = Self.spanID(try cursor.message(bytes), bytes)
            case 0x22: fields.parentID = Self.spanID(try cursor.message(bytes), bytes)
            case 0x2a: fields.name = try cursor.message(bytes)
            case 0x30: fields.kind = try cursor.varint(bytes)
            case 0x39:
                fields.start = try cursor.fixed64(bytes)
                fields.hasTime = true
            case 0x41:
                fields.end = try cursor.fixed64(bytes)
                fields.hasTime = true
            case 0x1a:
                let state = try cursor.message(bytes)
                if state.count > 0 { attributes.set(.traceState, text: state.offset, state.end) }
            case 0x6a: try readLink(try cursor.message(bytes), bytes)
            case 0x7a: fields.status = try status(try cursor.message(bytes), bytes, before: fields.status)
            default: try cursor.skip(tag, bytes)
            }
        }
        return fields
    }

    /// Reads the fields that spans begin with, if they stand there in order and have their lengths: ids, then name, kind
    /// and times. Stops in front of whatever is otherwise.
    @inline(__always)
    private static func readUsualStart(_ cursor: inout ProtobufCursor, _ bytes: RawSpan, _ fields: inout Fields) {
        let start = cursor.offset
        let end = min(cursor.end, bytes.byteCount)
        guard start >= 0, start &+ 38 <= end, bytes.uncheckedTwo(start) == 0x100a,
            bytes.uncheckedTwo(start &+ 18) == 0x0812
        else { return }
        fields.traceID.high = bytes.uncheckedWord(start &+ 2).byteSwapped
        fields.traceID.low = bytes.uncheckedWord(start &+ 10).byteSwapped
        fields.spanID = bytes.uncheckedWord(start &+ 20).byteSwapped
        var next = start &+ 28
        if bytes.uncheckedTwo(next) == 0x0822 {
            fields.parentID = bytes.uncheckedWord(start &+ 30).byteSwapped
            next = start &+ 38
        }
        readUsualMiddle(from: &next, end, bytes, &fields)
        cursor = ProtobufCursor(offset: next, end: cursor.end)
    }

    /// Reads name, kind, start and end, if they all stand at a place, the name being short; else nothing.
    @inline(__always)
    private static func readUsualMiddle(from next: inout Int, _ end: Int, _ bytes: RawSpan, _ fields: inout Fields) {
        guard next &+ 2 <= end else { return }
        let head = bytes.uncheckedTwo(next)
        let name = next &+ 2
        let kind = name &+ Int(head &>> 8)
        guard head & 0x80ff == 0x2a, kind &+ 20 <= end else { return }
        let tags = bytes.uncheckedFour(kind) & 0xff_80ff
        guard tags == 0x39_0030, bytes.uncheckedTwo(kind &+ 10) &>> 8 == 0x41 else { return }
        fields.name = ProtobufCursor(offset: name, end: kind)
        fields.kind = UInt64(bytes.uncheckedTwo(kind) &>> 8)
        fields.start = bytes.uncheckedWord(kind &+ 3)
        fields.end = bytes.uncheckedWord(kind &+ 12)
        fields.hasTime = true
        next = kind &+ 20
    }

    private mutating func readAttribute(_ attribute: ProtobufCursor, _ bytes: RawSpan) throws(ProtobufError) {
        let key = try OTLPKeyValue.key(attribute, bytes)
        guard let wanted = attributes.key(bytes, key.offset, key.end) else { return }
        try readValue(of: wanted, attribute, bytes)
    }

    private mutating func readValue(
        of key: AttributeKey, _ attribute: ProtobufCursor, _ bytes: RawSpan
    ) throws(ProtobufError) {
        attributes.setOther(key)
        try OTLPKeyValue.forEachField(attribute, bytes) { tag, value throws(ProtobufError) in
            switch tag {
            case 0x0a:
                let text = try value.message(bytes)
                attributes.set(key, text: text.offset, text.end)
            case 0x10: attributes.set(key, boolean: try value.varint(bytes) != 0)
            case 0x18: attributes.set(key, integer: Int64(bitPattern: try value.varint(bytes)))
            case 0x21: attributes.set(key, number: Double(bitPattern: try value.fixed64(bytes)))
            default:
                attributes.setOther(key)
                try value.skip(tag, bytes)
            }
        }
    }

    private mutating func readLink(_ link: ProtobufCursor, _ bytes: RawSpan) throws(ProtobufError) {
        var traceID = TraceID(high: 0, low: 0)
        var spanID: UInt64 = 0
        var cursor = link
        while let tag = try cursor.tag(bytes) {
            switch tag {
            case 0x0a: traceID = Self.traceID(try cursor.message(bytes), bytes)
            case 0x12: spanID = Self.spanID(try cursor.message(bytes), bytes)
            default: try cursor.skip(tag, bytes)
            }
        }
        links.append(traceID, spanID)
    }

    /// The code of a status message; what a message before it said where this one says nothing.
    private func status(
        _ status: ProtobufCursor, _ bytes: RawSpan, before: UInt64
    ) throws(ProtobufError) -> UInt64 {
        var (cursor, code) = (status, before)
        while let tag = try cursor.tag(bytes) {
            // Field 1 held an older set of codes.
            if tag == 0x18 { code = try cursor.varint(bytes) } else { try cursor.skip(tag, bytes) }
        }
        return code
    }

    /// Whether an item, walked no further than its own fields, has none of those that make a span.
    static func isOther(_ item: ProtobufCursor, _ bytes: RawSpan) -> Bool {
        var cursor = item
        while let tag = try? cursor.tag(bytes) {
            if tag == 0x39 || tag == 0x41 { return false }
            if (try? cursor.skip(tag, bytes)) == nil { return false }
        }
        return cursor.isAtEnd
    }

    private static func isText(_ id: TraceID) -> Bool {
        for shift: UInt64 in stride(from: 0, to: 64, by: 8) {
            for half in [id.high, id.low] where !(0x20...0x7e).contains(half >> shift & 0xff) { return false }
        }
        return true
    }

    /// Zero unless 16 bytes long.
    @inline(__always)
    private static func traceID(_ id: ProtobufCursor, _ bytes: RawSpan) -> TraceID {
        guard id.count == 16 else { return TraceID(high: 0, low: 0) }
        return TraceID(high: id.bigEndian64(bytes), low: id.bigEndian64(bytes, at: 8))
    }

    /// Zero unless 8 bytes long.
    @inline(__always)
    private static func spanID(_ id: ProtobufCursor, _ bytes: RawSpan) -> UInt64 {
        id.count == 8 ? id.bigEndian64(bytes) : 0
    }
}
