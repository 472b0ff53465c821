import SpanModel

/// What all spans of one place in the shop have in common: everything but ids, times, and whether they failed.
struct SpanShape: Hashable, Sendable {
    /// Index of the service in the plan.
    var service: Int
    var name: String
    var kind: SpanKind
    var peer: Peer
    var isRoot = false
    /// Of a root whose tracer writes `sampler.param`.
    var samplerParameter: Double?

    /// What the attributes say about the other side.
    enum Peer: Hashable, Sendable {
        case none
        case http
        case host(String, port: Int)
        case database(system: String, name: String, verb: String)
        case topic(String)
    }
}

/// One generated span, before a writer gives it a dialect; plain memory, for there are many.
struct WorkloadSpan {
    var traceID: TraceID
    var spanID: UInt64
    var parentID: UInt64
    var startNanoseconds: UInt64
    var endNanoseconds: UInt64
    /// Index of its shape in the plan.
    var shape: Int32
    /// Index of its service, that of the shape.
    var service: Int32
    /// Index of its trace's sampling in the plan.
    var sampling: Int32
    /// Number of the instance that made it.
    var instance: Int32 = 0
    /// Number of its links where it waits for export; zero: none.
    var links: UInt32 = 0
    var isError: Bool
}

/// A span that a consumer's span links to.
struct WorkloadLink {
    var traceID: TraceID
    var spanID: UInt64
}
