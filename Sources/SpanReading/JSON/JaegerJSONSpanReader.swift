import SpanModel

/// Reads one span object of a Jaeger trace after another; its storage is reused.
struct JaegerJSONSpanReader {
    private var memo = MemberMemo(JaegerJSONField.table)
    private var referenceMemo = MemberMemo(JaegerJSONField.table)
    private var tags = JSONAttributeList<JaegerJSONTags, SpanAttributes>()
    private var attributes = SpanAttributes(dialect: .jaeger)
    private var links = SpanLinks()
    private var references: [Reference] = []
    private var scratch: [UInt8] = []
    /// Process of each span, and of each link, appended since the trace began.
    private(set) var processes: [UInt32] = []
    private(set) var linkProcesses: [UInt32] = []

    private struct Reference {
        /// Nil where the reference does not say: the span's own trace.
        var traceID: TraceID?
        var spanID: UInt64 = 0
        var isChildOf = true
    }

    mutating func startTrace() {
        processes.removeAll(keepingCapacity: true)
        linkProcesses.removeAll(keepingCapacity: true)
    }

    /// Appends the span and its links, with the id of the span's name in place of an operation; false, with
    /// nothing appended, if its ids are not valid.
    mutating func read(
        _ cursor: inout JSONCursor, _ bytes: RawSpan, _ processIDs: inout NameTable, into batch: inout SpanBatch
    ) throws(JSONFailure) -> Bool {
        attributes.reset()
        links.reset()
        references.removeAll(keepingCapacity: true)
        var record = SpanRecord(traceID: TraceID(high: 0, low: 0), spanID: 0)
        record.flags = .noDuration
        var process: UInt32 = 0
        let start = cursor.position
        var place = 0
        while let member = try memo.next(&cursor, bytes, &place) {
            switch member.key {
            case .tags: try tags.read(&cursor, bytes, into: &attributes)
            case .traceID: record.traceID = try JSONIDs.traceID(&cursor, bytes) ?? TraceID(high: 0, low: 0)
            case .spanID: record.spanID = try JSONIDs.spanID(&cursor, bytes)
            case .parentSpanID: record.parentID = try JSONIDs.spanID(&cursor, bytes)
            case .operationName:
                if let text = try cursor.text(bytes) { record.operation = string(text, bytes, &batch.names) }
            case .startTime: record.setStart(microseconds: try cursor.unsigned(bytes))
            case .duration: record.setDuration(microseconds: try cursor.unsigned(bytes))
            case .references: try readReferences(&cursor, bytes)
            case .flags:
                if (try cursor.unsigned(bytes) ?? 0) & 2 != 0 { record.flags.insert(.debug) }
            case .processID:
                if let text = try cursor.text(bytes) { process = string(text, bytes, &processIDs) }
            default: try cursor.skipValue(bytes)
            }
        }
        guard !record.traceID.isZero, record.spanID != 0 else { return false }

        settleReferences(&record)
        record.archiveBytes = UInt32(clamping: cursor.position - start)
        attributes.finish(bytes, into: &record, names: &batch.names)
        let firstLink = batch.links.count
        links.finish(into: &record, &batch.links)
        batch.spans.append(record)
        processes.append(process)
        for _ in firstLink..<batch.links.count { linkProcesses.append(process) }
        return true
    }

    /// The id of a text in a table.
    mutating func string(_ text: JSONText, _ bytes: RawSpan, _ names: inout NameTable) -> UInt32 {
        guard text.hasEscape else { return names.string(bytes.extracting(text.start..<text.end)) }
        scratch.removeAll(keepingCapacity: true)
        text.append(to: &scratch, bytes)
        return names.string(scratch.span.bytes)
    }

    /// The parent is the first CHILD_OF of the trace, else its first reference at all; the others are links.
    private mutating func settleReferences(_ record: inout SpanRecord) {
        guard !references.isEmpty else { return }
        let traceID = record.traceID
        let isOwn = { (reference: Reference) in
            (reference.traceID ?? traceID) == traceID && reference.spanID != 0
        }
        let parent = references.firstIndex { $0.isChildOf && isOwn($0) } ?? references.firstIndex(where: isOwn)
        if let parent { record.parentID = references[parent].spanID }
        for (index, reference) in references.enumerated() where index != parent {
            links.append(reference.traceID ?? traceID, reference.spanID)
        }
    }

    private mutating func readReferences(_ cursor: inout JSONCursor, _ bytes: RawSpan) throws(JSONFailure) {
        guard try cursor.enterArray(bytes) else { return }
        repeat {
            var reference = Reference()
            var place = 0
            while let member = try referenceMemo.next(&cursor, bytes, &place) {
                switch member.key {
                case .traceID: reference.traceID = try JSONIDs.traceID(&cursor, bytes) ?? TraceID(high: 0, low: 0)
                case .spanID: reference.spanID = try JSONIDs.spanID(&cursor, bytes)
                case .refType:
                    if let text = try cursor.text(bytes) {
                        reference.isChildOf = !bytes.extracting(text.start..<text.end).equals("FOLLOWS_FROM")
                    }
                default: try cursor.skipValue(bytes)
                }
            }
            if place > 0 { references.append(reference) }
        } while try cursor.continueArray(bytes)
    }
}

extension SpanRecord {
    /// Sets the start, or leaves it unknown where it is absent or beyond 2⁶⁴ ns.
    mutating func setStart(microseconds: UInt64?) {
        let (nanoseconds, overflows) = (microseconds ?? 0).multipliedReportingOverflow(by: 1000)
        startNanoseconds = overflows ? 0 : nanoseconds
    }

    /// Sets the duration, or marks it as missing where it is absent or beyond 2⁶⁴ ns.
    mutating func setDuration(microseconds: UInt64?) {
        let (nanoseconds, overflows) = (microseconds ?? 0).multipliedReportingOverflow(by: 1000)
        if microseconds == nil || overflows {
            flags.insert(.noDuration)
            durationNanoseconds = 0
        } else {
            flags.remove(.noDuration)
            durationNanoseconds = nanoseconds
        }
    }
}
