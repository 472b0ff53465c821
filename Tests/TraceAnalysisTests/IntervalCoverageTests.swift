import SpanModel
import Testing

@testable import TraceAnalysis

/// From recorded spans to the interval in the report: rules, weights, tallies and sums together.
@Suite struct IntervalCoverageTests {
    private static let weight: UInt64 = 20

    /// Traces in which `web` calls `api` so many times, and `api` its database for each second call.
    private static func observations(calls: [Int]) throws -> (traces: [TraceObservation], names: NameTable) {
        let drawings = try calls.enumerated().map { index, calls in
            let parts = (0..<calls).map { $0 % 2 == 0 ? "C web > S api > C api \"db\" [db]" : "C web > S api" }
            let children = parts.isEmpty ? "" : " > (\(parts.joined(separator: ", ")))"
            return try Drawing("S web [weight=\(weight) evidence=tag]\(children)", trace: UInt64(index + 1))
        }
        var rules = OTLPRules(settings: AnalysisSettings())
        let archive = DrawnArchive(drawings)
        let traces = archive.traces.map { records in
            var observation = TraceObservation()
            rules.observe(records, into: &observation)
            return observation
        }
        var names = NameTable(seed: 1)
        for text in archive.names { _ = names.string(text) }
        for (service, name) in [("", ""), ("api", "C"), ("api", "S"), ("web", "C"), ("web", "S")] {
            _ = names.operation(service: names.string(service), name: names.string(name))
        }
        return (traces, names)
    }

    @Test("several calls of an edge in a trace: the interval holds the true number of calls 93 % of the time")
    func clusteredEdges() throws {
        var random = SeededTraces(4)
        // A day of 1,000 traces by how often they make the call: few do so at all, some very often.
        let kinds = [(0, 400), (1, 250), (2, 150), (3, 100), (5, 60), (10, 30), (30, 10)]
        let (traces, names) = try Self.observations(calls: kinds.map(\.0))
        let webCalls = kinds.reduce(0) { $0 + $1.0 * $1.1 }
        let queries = kinds.reduce(0) { $0 + ($1.0 + 1) / 2 * $1.1 }
        let truths = ["api": Double(webCalls), "db": Double(queries), "web": 1000]
        var hits: [String: Int] = [:]
        let days = 1500
        for _ in 0..<days {
            var aggregate = Aggregate(settings: AnalysisSettings())
            for (kind, trace) in zip(kinds, traces) {
                for _ in 0..<kind.1 where UInt64.random(in: 0..<Self.weight, using: &random) == 0 {
                    aggregate.observe(trace)
                }
            }
            let window = Window(startNanoseconds: 0, endNanoseconds: Nanoseconds.hour)
            let report = aggregate.report(names: names, settings: AnalysisSettings(), window: window)
            for edge in report.edges {
                guard let interval = edge.estimated?.interval(counted: edge.calls), let truth = truths[edge.callee],
                    interval.low <= truth, truth <= interval.high
                else { continue }
                hits[edge.callee, default: 0] += 1
            }
            guard let roots = report.roots.first, report.roots.count == 1,
                let interval = roots.estimated.interval(counted: roots.roots), interval.low <= 1000,
                interval.high >= 1000
            else { continue }
            hits["web", default: 0] += 1
        }
        for name in truths.keys.sorted() { #expect(Double(hits[name] ?? 0) / Double(days) >= 0.93, "calls of \(name)") }
        #expect(Double(hits["web"] ?? 0) / Double(days) <= 0.97, "each trace has one root")
    }
}
