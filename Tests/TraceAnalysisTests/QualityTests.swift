import SpanModel
import Testing

@testable import TraceAnalysis

@Suite struct QualityTests {
    private let world = AggregateWorld()

    @Test("findings add up by reason and service and keep the three least traces")
    func findings() {
        let all = [9, 4, 7, 2, 8].map { id in
            world.drawn(trace: id) {
                $0.span("api", "GET /", .server, at: 0, for: 1, .root)
                $0.finding(.spansOrphan, "api", 2)
                if id > 5 { $0.finding(.cycles, "cart") }
                $0.finding(.unnamed, "")
            }
        }
        let report = world.report(all)
        let ids = { (lows: [UInt64]) in lows.map { TraceID(high: 0, low: $0) } }
        #expect(
            report.findings == [
                Finding(reason: .cycles, service: "cart", count: 3, exemplars: ids([7, 8, 9])),
                Finding(reason: .spansOrphan, service: "api", count: 10, exemplars: ids([2, 4, 7])),
                Finding(reason: .spansUnweighted, service: "api", count: 5, exemplars: ids([2, 4, 7])),
                Finding(reason: .unnamed, service: "", count: 5, exemplars: ids([2, 4, 7])),
            ])
        #expect(report.quality.counters == [.cycles: 3, .spansOrphan: 10, .spansUnweighted: 5, .unnamed: 5])
        #expect((report.quality.spans, report.quality.traces) == (5, 5))
    }

    @Test("spans without a weight are counted for each service, however many services there are")
    func unweighted() {
        let names = (0..<600).map { "service-\($0)" }
        let many = AggregateWorld(services: names)
        var random = SeededTraces(7)
        var counts: [String: UInt64] = [:]
        let all = (UInt64(1)...300).map { id in
            many.drawn(trace: id) { trace in
                for _ in 0..<Int.random(in: 1...20, using: &random) {
                    let service = names.randomElement(using: &random) ?? ""
                    trace.span(service, "GET /", .server, at: 0, for: 1, .root)
                    counts[service, default: 0] += 1
                }
            }
        }
        let found = many.report(all).findings.filter { $0.reason == .spansUnweighted }
        #expect(Dictionary(uniqueKeysWithValues: found.map { ($0.service, $0.count) }) == counts)
    }

    @Test("what is known of archives stays, what traces tell is added")
    func base() {
        var aggregate = Aggregate()
        var complete = world.drawn(trace: 1) { $0.span("api", "GET /", .server, at: 0, for: 1, .root) }
        complete.trace.isComplete = true
        aggregate.observe(complete)
        aggregate.observe(world.drawn(trace: 2) { $0.span("api", "GET /", .server, at: 0, for: 1, .orphan) })
        var base = Quality()
        base.archives = 3
        base[.linksUnresolved] = 2
        let report = aggregate.report(
            names: world.names, settings: AnalysisSettings(), window: .always, quality: base)
        #expect((report.quality.archives, report.quality.traces, report.quality.tracesComplete) == (3, 2, 1))
        #expect(report.quality[.linksUnresolved] == 2)
        #expect(report.rules == "otlp")
        #expect(report.window == .always)
    }

    @Test("the three least traces are the same in any order, each once")
    func leastTraces() {
        var random = SeededTraces(2)
        let ids = (0..<40).map { TraceID(high: $0 % 3, low: $0 % 7) }
        for _ in 0..<20 {
            var least = LeastTraces()
            for id in ids.shuffled(using: &random) { least.insert(id) }
            #expect(least.traces == Array(Set(ids).sorted().prefix(3)))
        }
    }
}
