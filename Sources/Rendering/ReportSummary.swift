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
    private let kinds: [Node.Kind: UInt64]

    init(_ report: Report) {
        calls = report.edges.reduce(0) { $0 &+ $1.calls }
        errors = report.edges.reduce(0) { $0 &+ $1.errors }
        kinds = report.nodes.reduce(into: [:]) { $0[$1.kind, default: 0] += 1 }
        let many = report.edges.filter { $0.calls >= Self.fewCalls }
        let judged = many.isEmpty ? report.edges : many
        slowest =
            judged.filter { !$0.shownLatency.isEmpty }
            .map { ($0, $0.shownLatency.percentile(0.95) ?? 0) }.max { $0.1 < $1.1 }?.0
        mostFailing = judged.filter { $0.errors > 0 }.max { $0.errorShare < $1.errorShare }
    }

    func count(of kind: Node.Kind) -> UInt64 { kinds[kind] ?? 0 }

    /// `37 services, 2 databases, 1 queue`; kinds that do not occur are left off.
    var nodesText: String {
        let words: [(Node.Kind, String, String)] = [
            (.service, "service", "services"), (.database, "database", "databases"), (.messaging, "queue", "queues"),
            (.external, "external", "externals"),
        ]
        let parts = words.compactMap { kind, singular, plural in
            count(of: kind) > 0 ? Quantity.count(count(of: kind), singular, plural) : nil
        }
        return parts.isEmpty ? "no services" : parts.joined(separator: ", ")
    }
}

extension Edge {
    /// As the callee saw it; as the caller saw it where no callee was seen.
    var shownLatency: LatencySketch { server.isEmpty ? client : server }

    var errorShare: Double { calls == 0 ? 0 : Double(errors) / Double(calls) }

    /// Whether the message, not the caller, is what arrives.
    var isAsynchronous: Bool { kind == .message || kind == .link }
}

extension WeightedSums {
    /// Whether the estimate says anything that the count does not.
    func differs(from counted: UInt64) -> Bool { abs(estimate - Double(counted)) >= 0.5 }
}
