import SpanModel

/// Reads one OTLP span object after another; its storage is reused.
struct OTLPJSONSpanReader {
    private let fields = OTLPJSONField.table
    private var memo = MemberMemo(OTLPJSONField.table)
    private var attributeList = JSONAttributeList<OTLPJSONAttributes, SpanAttributes>()
    private var attributes = SpanAttributes(dialect: .otlp)
    private var links = SpanLinks()
    private var scratch: [UInt8] = []

    /// Appends the span and its links; false, with nothing appended, if its ids are not valid.
    mutating func read(
        _ cursor: inout JSONCursor, _ bytes: RawSpan, service: UInt32, into batch: inout SpanBatch
    ) throws(JSONFailure) -> Bool {
        attributes.reset()
        links.reset()
        var record = SpanRecord(traceID: TraceID(high: 0, low: 0), spanID: 0)
        var end: UInt64 = 0
        var name: JSONText?
        let start = cursor.position
        var place = 0
        while let member = try memo.next(&cursor, bytes, &place) {
            switch member.key {
            case .attributes: try attributeList.read(&cursor, bytes, into: &attributes)
            case .traceID: record.traceID = try traceID(&cursor, bytes)
            case .spanID: record.spanID = try spanID(&cursor, bytes)
            case .parentSpanID: record.parentID = try spanID(&cursor, bytes)
            case .name: name = try cursor.text(bytes)
            case .kind: record.kind = try kind(&cursor, bytes)
            case .startTime: record.startNanoseconds = try cursor.unsigned(bytes) ?? 0
            case .endTime: end = try cursor.unsigned(bytes) ?? 0
            case .status:
                if try hasFailed(&cursor, bytes) { record.flags.insert(.error) } else { record.flags.remove(.error) }
            case .traceState:
                if let text = try cursor.text(bytes) { attributes.set(.traceState, .text(text), bytes) }
            case .links: try readLinks(&cursor, bytes)
            // Flags, mostly.
            default: if cursor.shortInteger(bytes) == nil { try cursor.skipValue(bytes) }
            }
        }
        guard !record.traceID.isZero, record.spanID != 0 else { return false }

        if end >= record.startNanoseconds {
            record.durationNanoseconds = end &- record.startNanoseconds
        } else {
            record.flags.insert(.reversedTimes)
        }
        record.archiveBytes = UInt32(clamping: cursor.position - start)
        record.operation = operation(service: service, name, bytes, &batch.names)
        attributes.finish(bytes, into: &record, names: &batch.names)
        links.finish(into: &record, &batch.links)
        batch.spans.append(record)
        return true
    }

    private mutating func operation(
        service: UInt32, _ name: JSONText?, _ bytes: RawSpan, _ names: inout NameTable
    ) -> UInt32 {
        guard let name else { return names.operation(service: service, name: 0) }
        guard name.hasEscape else {
            let id = names.string(bytes.extracting(name.start..<name.end))
            return names.operation(service: service, name: id)
        }
        scratch.removeAll(keepingCapacity: true)
        name.append(to: &scratch, bytes)
        return names.operation(service: service, name: names.string(scratch.span.bytes))
    }

    @inline(__always)
    private mutating func traceID(_ cursor: inout JSONCursor, _ bytes: RawSpan) throws(JSONFailure) -> TraceID {
        if let id = JSONIDs.quotedTraceID(&cursor, bytes) { return id }
        return try anyTraceID(&cursor, bytes)
    }

    @inline(never)
    private mutating func anyTraceID(_ cursor: inout JSONCursor, _ bytes: RawSpan) throws(JSONFailure) -> TraceID {
        guard let text = try cursor.text(bytes) else { return TraceID(high: 0, low: 0) }
        guard text.hasEscape else { return JSONIDs.traceID(bytes, text.start, text.end) }
        // Some writers escape the "/" and "=" of base64.
        scratch.removeAll(keepingCapacity: true)
        text.append(to: &scratch, bytes)
        return JSONIDs.traceID(scratch.span.bytes, 0, scratch.count)
    }

    @inline(__always)
    private mutating func spanID(_ cursor: inout JSONCursor, _ bytes: RawSpan) throws(JSONFailure) -> UInt64 {
        if let id = JSONIDs.quotedSpanID(&cursor, bytes) { return id }
        return try anySpanID(&cursor, bytes)
    }

    @inline(never)
    private mutating func anySpanID(_ cursor: inout JSONCursor, _ bytes: RawSpan) throws(JSONFailure) -> UInt64 {
        guard let text = try cursor.text(bytes) else { return 0 }
        guard text.hasEscape else { return JSONIDs.spanID(bytes, text.start, text.end) }
        scratch.removeAll(keepingCapacity: true)
        text.append(to: &scratch, bytes)
        return JSONIDs.spanID(scratch.span.bytes, 0, scratch.count)
    }

    /// A number, or the name of one.
    @inline(__always)
    private func kind(_ cursor: inout JSONCursor, _ bytes: RawSpan) throws(JSONFailure) -> SpanKind {
        // One digit, nearly always.
        let digit = try cursor.peek(bytes) &- 0x30
        if digit <= 5, cursor.position &+ 1 < bytes.byteCount, bytes.byte(cursor.position &+ 1) == 0x2c {
            cursor.position &+= 1
            return SpanKind(rawValue: digit) ?? .unset
        }
        switch try cursor.scalar(bytes) {
        case .integer(let number): return SpanKind(rawValue: UInt8(exactly: number) ?? 0) ?? .unset
        case .text(let text):
            let word = bytes.extracting(text.start..<text.end)
            if let number = DecimalText.integer(word) {
                return SpanKind(rawValue: UInt8(exactly: number) ?? 0) ?? .unset
            }
            if word.equals("SPAN_KIND_SERVER") { return .server }
            if word.equals("SPAN_KIND_CLIENT") { return .client }
            if word.equals("SPAN_KIND_INTERNAL") { return .internal }
            if word.equals("SPAN_KIND_PRODUCER") { return .producer }
            return word.equals("SPAN_KIND_CONSUMER") ? .consumer : .unset
        default: return .unset
        }
    }

    /// Whether a status says so; most are empty.
    @inline(__always)
    private mutating func hasFailed(_ cursor: inout JSONCursor, _ bytes: RawSpan) throws(JSONFailure) -> Bool {
        let start = cursor.position
        if start >= 0, start &+ 2 <= bytes.byteCount, bytes.uncheckedTwo(start) == 0x7d7b {
            cursor.position = start &+ 2
            return false
        }
        return try walkStatus(&cursor, bytes)
    }

    @inline(never)
    private mutating func walkStatus(_ cursor: inout JSONCursor, _ bytes: RawSpan) throws(JSONFailure) -> Bool {
        var failed = false
        guard try cursor.enterObject(bytes) else { return false }
        repeat {
            guard fields.key(bytes, try cursor.memberName(bytes)) == .code else {
                try cursor.skipValue(bytes)
                continue
            }
            switch try cursor.scalar(bytes) {
            case .integer(let code): failed = code == 2
            case .text(let text):
                let word = bytes.extracting(text.start..<text.end)
                failed = word.equals("STATUS_CODE_ERROR") || word.equals("2")
            default: failed = false
            }
        } while try cursor.continueObject(bytes)
        return failed
    }

    private mutating func readLinks(_ cursor: inout JSONCursor, _ bytes: RawSpan) throws(JSONFailure) {
        guard try cursor.enterArray(bytes) else { return }
        repeat {
            guard try cursor.enterObject(bytes) else { continue }
            var target = TraceID(high: 0, low: 0)
            var targetSpanID: UInt64 = 0
            repeat {
                switch fields.key(bytes, try cursor.memberName(bytes)) {
                case .traceID: target = try traceID(&cursor, bytes)
                case .spanID: targetSpanID = try spanID(&cursor, bytes)
                default: try cursor.skipValue(bytes)
                }
            } while try cursor.continueObject(bytes)
            links.append(target, targetSpanID)
        } while try cursor.continueArray(bytes)
    }
}
