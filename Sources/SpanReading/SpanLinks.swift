import SpanModel

/// The links of one span on their way to records; shared by all readers. Storage is reused.
struct SpanLinks {
    private var targets: [(traceID: TraceID, spanID: UInt64)] = []

    /// Forgets the last span.
    @inline(__always)
    mutating func reset() {
        if !targets.isEmpty { targets.removeAll(keepingCapacity: true) }
    }

    /// A link as written; ids that are missing or malformed are zero.
    mutating func append(_ traceID: TraceID, _ spanID: UInt64) {
        targets.append((traceID, spanID))
    }

    /// Marks the span and emits what `LinkRecord` promises; to be called when the record is complete but for `.links`.
    @inline(__always)
    mutating func finish(into record: inout SpanRecord, _ records: inout [LinkRecord]) {
        if !targets.isEmpty { finishSome(into: &record, &records) }
    }

    @inline(never)
    private mutating func finishSome(into record: inout SpanRecord, _ records: inout [LinkRecord]) {
        let (traceID, spanID, parentID) = (record.traceID, record.spanID, record.parentID)
        // A link that merely repeats the span or its parent would count one call twice.
        targets.removeAll { $0.traceID == traceID && ($0.spanID == spanID || $0.spanID == parentID && parentID != 0) }
        guard !targets.isEmpty else { return }
        record.flags.insert(.links)
        guard record.kind == .consumer || record.kind == .unset || record.kind.isExit else { return }
        for target in targets where !target.traceID.isZero && target.spanID != 0 {
            if record.kind.isExit, target.traceID != traceID { continue }
            records.append(LinkRecord(of: record, to: target.traceID, target.spanID))
        }
    }
}
