import Glibc
import SpanModel
import Testing

@testable import TraceAnalysis

@Suite struct ThroughputTests {
    private let world = AggregateWorld()

    @Test("every root counts, and the first of a trace takes its spans and bytes")
    func roots() throws {
        let report = world.report([
            world.drawn(trace: 1, weight: Weight(units: 4 << 20), evidence: .tag) {
                $0.span("api", "GET /", .server, at: 100, for: 8, .root)
                $0.span("cart", "run", .internal, at: 200, for: 5)
                $0.span("mail", "consume", .consumer, at: 300, for: 5, .root, flags: .error)
            },
            world.drawn(trace: 2, weight: Weight(units: 0), evidence: .ledger) {
                $0.span("api", "GET /", .server, at: 50, for: 2, .root)
            },
        ])
        #expect(report.roots.map(\.service) == ["api", "mail"])
        let api = try #require(report.roots.first)
        let start = AggregateDrawing.firstHour * Nanoseconds.hour
        #expect(api.hour == UInt32(AggregateDrawing.firstHour))
        #expect((api.roots, api.uncounted, api.unweighted, api.errors) == (2, 1, 0, 0))
        #expect((api.spans, api.bytes) == (4, 400))
        #expect(api.evidence == .tag)
        #expect(api.estimated.estimate == 4)
        #expect(api.estimated.variance == 12)
        #expect((api.firstSeenNanoseconds, api.lastSeenNanoseconds) == (start + 50, start + 100))
        // Durations 8 and 2: logarithms 3 and 1.
        #expect((api.durations, api.logSum, api.logSquareSum) == (2, 4 << 16, 10 << 32))
        #expect(api.latency.count == 2)
        let mail = try #require(report.roots.last)
        #expect((mail.roots, mail.errors, mail.unweighted, mail.spans, mail.bytes) == (1, 1, 0, 0, 0))
        #expect(mail.evidence == .tag, "a second root weighs what its trace weighs")
    }

    @Test("the evidence of a root's own flags comes before the trace's")
    func evidence() {
        var flags = SpanFlags()
        flags.evidence = .threshold
        let report = world.report([
            world.drawn(trace: 1, evidence: .inferred) {
                $0.span("api", "GET /", .server, at: 0, for: 8, .root, flags: flags)
            }
        ])
        #expect(report.roots.map(\.evidence) == [.threshold])
    }

    @Test("a trace without a root is nobody's throughput")
    func rootless() {
        let report = world.report([world.drawn(trace: 1) { $0.span("api", "GET /", .server, at: 0, for: 8, .orphan) }])
        #expect(report.roots.isEmpty)
        #expect(report.operations.count == 1)
    }

    @Test("the logarithm is right to its last bit, by integers only")
    func logarithm() {
        var random = SeededTraces(1)
        #expect(FixedPoint.binaryLogarithm(0) == 0)
        #expect(FixedPoint.binaryLogarithm(1) == 0)
        for exponent in UInt64(0)..<64 { #expect(FixedPoint.binaryLogarithm(1 << exponent) == exponent << 16) }
        for _ in 0..<20_000 {
            let number = random.next() >> UInt64.random(in: 0..<64, using: &random)
            guard number > 0 else { continue }
            let exact = log2(Double(number)) * 65_536
            #expect(abs(Double(FixedPoint.binaryLogarithm(number)) - (exact - 0.5)) <= 0.51)
        }
    }
}
