internal import SpanModel

/// What sorting needs of a record: the trace it is gathered under, its place in it, its content.
protocol ShardRecord: DealtRecord {
    /// The trace that gathers the record.
    var gatheringTrace: TraceID { get set }
    /// First sort key inside a trace.
    var gatheringSpan: UInt64 { get }
    /// Rank by all other fields; equal records are exact repeats. Trace and span are equal already.
    static func order(_ a: Self, _ b: Self) -> Int
    /// Replaces ids of the table by final ones; false when an id is impossible.
    mutating func rename(_ mapping: borrowing FinalNames.Mapping) -> Bool
}

extension SpanRecord: ShardRecord {
    var gatheringTrace: TraceID {
        get { traceID }
        set { traceID = newValue }
    }
    var gatheringSpan: UInt64 { spanID }

    static func order(_ a: SpanRecord, _ b: SpanRecord) -> Int {
        if a.parentID != b.parentID { return a.parentID < b.parentID ? -1 : 1 }
        if a.startNanoseconds != b.startNanoseconds { return a.startNanoseconds < b.startNanoseconds ? -1 : 1 }
        if a.durationNanoseconds != b.durationNanoseconds {
            return a.durationNanoseconds < b.durationNanoseconds ? -1 : 1
        }
        if a.kind != b.kind { return a.kind.rawValue < b.kind.rawValue ? -1 : 1 }
        if a.operation != b.operation { return a.operation < b.operation ? -1 : 1 }
        if a.peer != b.peer { return a.peer < b.peer ? -1 : 1 }
        if a.destination != b.destination { return a.destination < b.destination ? -1 : 1 }
        if a.weight != b.weight { return a.weight < b.weight ? -1 : 1 }
        if a.flags != b.flags { return a.flags.rawValue < b.flags.rawValue ? -1 : 1 }
        if a.endpointHash != b.endpointHash { return a.endpointHash < b.endpointHash ? -1 : 1 }
        if a.archiveBytes != b.archiveBytes { return a.archiveBytes < b.archiveBytes ? -1 : 1 }
        if a.peerSource != b.peerSource { return a.peerSource.rawValue < b.peerSource.rawValue ? -1 : 1 }
        return 0
    }

    @inline(__always)
    mutating func rename(_ mapping: borrowing FinalNames.Mapping) -> Bool {
        guard Int(operation) < mapping.operations.count, Int(peer) < mapping.names.count,
            Int(destination) < mapping.names.count
        else { return false }
        operation = mapping.operations[Int(operation)]
        peer = mapping.names[Int(peer)]
        destination = mapping.names[Int(destination)]
        return max(operation, peer, destination) != FinalNames.Mapping.unknown
    }
}

extension LinkRecord: ShardRecord {
    var gatheringTrace: TraceID {
        get { targetTraceID }
        set { targetTraceID = newValue }
    }
    var gatheringSpan: UInt64 { targetSpanID }

    static func order(_ a: LinkRecord, _ b: LinkRecord) -> Int {
        if a.traceID != b.traceID { return a.traceID < b.traceID ? -1 : 1 }
        if a.spanID != b.spanID { return a.spanID < b.spanID ? -1 : 1 }
        if a.startNanoseconds != b.startNanoseconds { return a.startNanoseconds < b.startNanoseconds ? -1 : 1 }
        if a.operation != b.operation { return a.operation < b.operation ? -1 : 1 }
        if a.destination != b.destination { return a.destination < b.destination ? -1 : 1 }
        if a.flags != b.flags { return a.flags.rawValue < b.flags.rawValue ? -1 : 1 }
        if a.kind != b.kind { return a.kind.rawValue < b.kind.rawValue ? -1 : 1 }
        return 0
    }

    mutating func rename(_ mapping: borrowing FinalNames.Mapping) -> Bool {
        guard Int(operation) < mapping.operations.count, Int(destination) < mapping.names.count else { return false }
        operation = mapping.operations[Int(operation)]
        destination = mapping.names[Int(destination)]
        return max(operation, destination) != FinalNames.Mapping.unknown
    }
}
