import SpanModel

/// What a report says in a few figures.
struct ReportSummary {
    /// Edges with fewer calls are not called slow or failing: two calls prove nothing.
    static let fewCalls: UInt64 = 20

    let calls: UInt64
    let errors: UInt64
    /// Of the edges with enough calls, the one with the greatest 95th percentile.
    let slowest: Edge?
    /// Of the edges with enough calls, the one with the greatest share of errors; nil without any error.
    let mostFailing: Edge?
    let nodes: NodeCounts

    init(_ report: Report) {
        nodes = NodeCounts(report.nodes)
        calls = report.edges.reduce(0) { $0 &+ $1.calls }
        errors = report.edges.reduce(0) { $0 &+ $1.errors }
        let many = report.edges.indices.filter { report.edges[$0].calls >= Self.fewCalls }
        let judged = many.isEmpty ? Array(report.edges.indices) : many
        let percentiles = judged.compactMap { index in report.edges[index].shownFigures[.p95].map { (index, $0) } }
        slowest = percentiles.max { $0.1 < $1.1 }.map { report.edges[$0.0] }
        let failing = judged.filter { report.edges[$0].errors > 0 }
        mostFailing = failing.max { report.edges[$0].errorShare < report.edges[$1].errorShare }
            .map { report.edges[$0] }
    }
}

/// How many nodes there are of each kind.
struct NodeCounts {
    private let kinds: [Node.Kind: UInt64]

    init(_ nodes: [Node]) { kinds = nodes.reduce(into: [:]) { $0[$1.kind, default: 0] += 1 } }

    subscript(kind: Node.Kind) -> UInt64 { kinds[kind] ?? 0 }

    /// `37 services, 2 databases, 1 queue`; kinds that do not occur are left off.
    var text: String {
        let words: [(Node.Kind, String, String)] = [
            (.service, "service", "services"), (.database, "database", "databases"), (.messaging, "queue", "queues"),
            (.external, "external", "externals"),
        ]
        let parts = words.compactMap { kind, singular, plural in
            self[kind] > 0 ? Quantity.count(self[kind], singular, plural) : nil
        }
        return parts.isEmpty ? "no services" : parts.joined(separator: ", ")
    }
}

extension Edge {
    /// As the callee saw it; as the caller saw it where no callee was seen.
    var shownFigures: LatencyFigures { isMeasuredByServer ? serverFigures : clientFigures }

    var errorShare: Double { calls == 0 ? 0 : Double(errors) / Double(calls) }

    /// Whether the estimate says anything that the count does not.
    var isEstimatedOtherwise: Bool { estimated?.differs(from: calls) ?? false }

    /// Whether the message, not the caller, is what arrives.
    var isAsynchronous: Bool { kind == .message || kind == .link }
}

extension WeightedSums {
    /// Whether the estimate says anything that the count does not.
    func differs(from counted: UInt64) -> Bool { abs(estimate - Double(counted)) >= 0.5 }
}
