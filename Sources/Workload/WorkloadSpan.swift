import SpanModel

/// One generated span, before a writer gives it a dialect.
struct WorkloadSpan {
    var traceID: TraceID
    var spanID: UInt64
    var parentID: UInt64
    var startNanoseconds: UInt64
    var endNanoseconds: UInt64
    /// Index of the service in the generator's list.
    var service: Int
    var name: String
    var kind: SpanKind
    var isError: Bool
    var peer: Peer
    var sampling: Shop.Sampling
    var isRoot: Bool
    /// Of a batch consumer: spans it links to.
    var links: [(traceID: TraceID, spanID: UInt64)] = []

    /// What the attributes say about the other side.
    enum Peer {
        case none
        case http(status: Int)
        case host(String, port: Int)
        case database(system: String, name: String, verb: String)
        case topic(String)
    }
}
