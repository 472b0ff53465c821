import SpanModel

/// Reads one `ResourceSpans` message after another; its storage is reused.
struct OTLPResourceReader {
    private var identity: ServiceIdentity
    private var span = OTLPSpanReader()

    /// What was not a span.
    struct Counts {
        /// Spans without valid ids.
        var invalid: UInt64 = 0
        /// Items that have neither ids nor times of spans: metrics or log records.
        var other: UInt64 = 0
    }

    init(_ settings: ReadingSettings) {
        identity = ServiceIdentity(settings)
    }

    /// Appends the spans of a resource.
    mutating func read(
        _ message: ProtobufCursor, _ bytes: RawSpan, into batch: inout SpanBatch
    ) throws(ProtobufError) -> Counts {
        // The resource may follow its spans: it is found first, which costs a step over each scope.
        let service = try readService(message, bytes, &batch.names)
        var counts = Counts()
        var cursor = message
        while let tag = try cursor.tag(bytes) {
            switch tag {
            case 0x12, 0x1f42:
                // 1000 held the same under an older name.
                try readScope(try cursor.message(bytes), bytes, service: service, &counts, into: &batch)
            default: try cursor.skip(tag, bytes)
            }
        }
        return counts
    }

    private mutating func readScope(
        _ scope: ProtobufCursor, _ bytes: RawSpan, service: UInt32, _ counts: inout Counts, into batch: inout SpanBatch
    ) throws(ProtobufError) {
        var cursor = scope
        while let tag = try cursor.tag(bytes) {
            guard tag == 0x12 else {
                try cursor.skip(tag, bytes)
                continue
            }
            let item = try cursor.message(bytes)
            do throws(ProtobufError) {
                switch try span.read(item, bytes, service: service, into: &batch) {
                case .span: break
                case .invalid: counts.invalid &+= 1
                case .other: counts.other &+= 1
                }
            } catch {
                // A log record has its trace id where a span has an attribute.
                guard OTLPSpanReader.isOther(item, bytes) else { throw error }
                counts.other &+= 1
            }
        }
    }

    private mutating func readService(
        _ message: ProtobufCursor, _ bytes: RawSpan, _ names: inout NameTable
    ) throws(ProtobufError) -> UInt32 {
        identity.reset()
        var cursor = message
        while let tag = try cursor.tag(bytes) {
            guard tag == 0x0a else {
                try cursor.skip(tag, bytes)
                continue
            }
            var resource = try cursor.message(bytes)
            identity.readPlain(&resource, bytes)
            while let tag = try resource.tag(bytes) {
                guard tag == 0x0a else {
                    try resource.skip(tag, bytes)
                    continue
                }
                let attribute = try resource.message(bytes)
                let key = try OTLPKeyValue.key(attribute, bytes)
                guard let place = identity.place(bytes, key.offset, key.end) else { continue }
                try OTLPKeyValue.forEachText(attribute, bytes) { identity.set(place, $0.offset, $0.end) }
            }
        }
        return identity.name(bytes, &names)
    }
}

/// The two-field message of all attributes.
enum OTLPKeyValue {
    /// The key, which may stand before or behind the value; the last one counts.
    @inline(__always)
    static func key(_ attribute: ProtobufCursor, _ bytes: RawSpan) throws(ProtobufError) -> ProtobufCursor {
        if let key = attribute.shortText(bytes, followedBy: 0x12) { return key }
        return try anyKey(attribute, bytes)
    }

    @inline(never)
    private static func anyKey(_ attribute: ProtobufCursor, _ bytes: RawSpan) throws(ProtobufError) -> ProtobufCursor {
        var cursor = attribute
        var key = ProtobufCursor(offset: attribute.offset, end: attribute.offset)
        while let tag = try cursor.tag(bytes) {
            if tag == 0x0a {
                key = try cursor.message(bytes)
            } else {
                try cursor.skip(tag, bytes)
            }
        }
        return key
    }

    /// Walks the fields of the value; a repeated value merges, so that its fields read as of one message.
    ///
    /// - Parameter body: told each field's tag, with a cursor that stands at its content and must be moved behind it.
    static func forEachField(
        _ attribute: ProtobufCursor, _ bytes: RawSpan,
        _ body: (UInt32, inout ProtobufCursor) throws(ProtobufError) -> Void
    ) throws(ProtobufError) {
        var cursor = attribute
        while let tag = try cursor.tag(bytes) {
            guard tag == 0x12 else {
                try cursor.skip(tag, bytes)
                continue
            }
            var value = try cursor.message(bytes)
            while let tag = try value.tag(bytes) { try body(tag, &value) }
        }
    }

    /// Tells the value wherever it is a text.
    static func forEachText(
        _ attribute: ProtobufCursor, _ bytes: RawSpan, _ body: (ProtobufCursor) -> Void
    ) throws(ProtobufError) {
        try forEachField(attribute, bytes) { tag, value throws(ProtobufError) in
            if tag == 0x0a { body(try value.message(bytes)) } else { try value.skip(tag, bytes) }
        }
    }
}
