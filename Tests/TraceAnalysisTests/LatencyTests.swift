import SpanModel
import Testing

@testable import TraceAnalysis

@Suite struct LatencyTests {
    private let world = AggregateWorld()

    @Test("spans are counted by operation and kind, and by hour")
    func counts() throws {
        let report = world.report([
            world.drawn(trace: 1) {
                $0.span("api", "GET /", .server, at: 0, for: 100, .root)
                $0.span("api", "GET /", .client, at: 10, for: 50)
                $0.span("api", "GET /", .server, at: Nanoseconds.hour, for: 300, flags: .error)
            },
            world.drawn(trace: 2) { $0.span("api", "GET /", .server, at: 5, for: 200, .root) },
        ])
        #expect(report.operations.map(\.kind) == [.server, .client])
        let server = try #require(report.operations.first)
        #expect((server.service, server.operation) == ("api", "GET /"))
        #expect((server.count, server.errors, server.roots) == (3, 1, 2))
        #expect((server.latency.count, server.latency.sumNanoseconds) == (3, 600))
        #expect(server.latency.percentile(0.5) == LatencySketch.representative(LatencySketch.bin(200)))
        let first = UInt32(AggregateDrawing.firstHour)
        #expect(server.hours.map(\.hour) == [first, first + 1])
        #expect(server.hours.map(\.count) == [2, 1])
        #expect(server.hours.map(\.errors) == [0, 1])
    }

    @Test("a span without a duration, or with reversed times, counts but has no latency")
    func withoutDuration() throws {
        let report = world.report([
            world.drawn(trace: 1) {
                $0.span("api", "GET /", .server, at: 0, for: 0, .root, flags: .noDuration)
                $0.span("api", "GET /", .server, at: 0, for: 0, flags: .reversedTimes)
                $0.span("api", "GET /", .server, at: 0, for: 0)
            }
        ])
        let row = try #require(report.operations.first)
        #expect(row.count == 3)
        #expect((row.latency.count, row.latency.maximumNanoseconds) == (1, 0))
        #expect(row.hours.first?.latency.count == 1)
        #expect(report.roots.first?.durations == 0)
    }

    @Test("durations of any length and weights of any number are all there, settled or not")
    func samplesOfAllSizes() throws {
        let weights: [UInt64] = [1 << 20, 3 << 20, 0, .max]
        let observations = (0..<45).map { number in
            world.drawn(trace: UInt64(number + 1)) {
                let duration = number % 9 == 0 ? 80 * 60 * Nanoseconds.second : UInt64(number) * 1000
                let flags: SpanFlags = number % 4 == 0 ? .error : []
                let weight = Weight(units: weights[number % weights.count])
                $0.span("api", "GET /", .server, at: 0, for: duration, .root, flags: flags, weight: weight)
            }
        }
        var expected = LatencySketch()
        for observation in observations {
            let span = observation.trace.spans[0]
            expected.add(span.durationNanoseconds, weight: span.weight)
        }
        let row = try #require(world.report(observations).operations.first)
        #expect((row.count, row.errors) == (45, 12))
        #expect(row.latency == expected)
        var (waiting, settled) = (Aggregate(), Aggregate())
        for observation in observations {
            waiting.observe(observation)
            settled.observe(observation)
            settled.settle()
        }
        #expect(waiting.encode() == settled.encode())
    }

    @Test("a span without a start keeps its duration but has no hour")
    func withoutStart() throws {
        var observation = world.drawn(trace: 1) { $0.span("api", "GET /", .server, at: 0, for: 7, .root) }
        observation.trace.spans[0].startNanoseconds = 0
        observation.trace.spans[0].endNanoseconds = 7
        observation.trace.startNanoseconds = 0
        let report = world.report([observation])
        let row = try #require(report.operations.first)
        #expect((row.count, row.latency.maximumNanoseconds) == (1, 7))
        #expect(row.hours.isEmpty)
        #expect(report.roots.map(\.hour) == [0])
        #expect(report.roots.map(\.firstSeenNanoseconds) == [0])
    }

    @Test("the trace is the sampling unit, and spans that weigh nothing add nothing")
    func estimates() throws {
        let report = world.report([
            world.drawn(trace: 1, weight: Weight(units: 10 << 20)) {
                $0.span("api", "GET /", .server, at: 0, for: 1, .root)
                $0.span("api", "GET /", .server, at: 0, for: 2, flags: .error)
                $0.span("api", "GET /", .server, at: 0, for: 3, weight: Weight(units: 0))
            },
            world.drawn(trace: 2) { $0.span("api", "GET /", .server, at: 0, for: 4, .root) },
        ])
        let row = try #require(report.operations.first)
        #expect(row.count == 4)
        #expect(row.estimated.estimate == 21)
        #expect(row.estimated.variance == 90 * 4)
        #expect(row.estimatedErrors.estimate == 10)
        #expect(row.estimatedErrors.variance == 90)
        #expect(row.latency.weightedPercentile(0.5) == 2)
        #expect(row.latency.percentile(1) == 4)
    }

    @Test("exemplars are traces of the percentile's octave, the same in any order")
    func exemplars() throws {
        var random = SeededTraces(1)
        // 90 fast traces, 10 slow ones, the slow ones failing.
        let all = (1...100).map { id in
            world.drawn(trace: UInt64(id)) {
                $0.span(
                    "api", "GET /", .server, at: 0, for: id <= 90 ? 1000 : 1_000_000, .root,
                    flags: id <= 90 ? [] : .error)
            }
        }
        let exemplars = try #require(world.report(all).operations.first?.exemplars)
        let least = { (ids: ClosedRange<UInt64>) in ids.min { mix64($0) < mix64($1) } }
        #expect(exemplars.p50?.low == least(1...90))
        #expect(exemplars.p95?.low == least(91...100))
        #expect(exemplars.p99 == exemplars.p95)
        #expect(exemplars.error?.low == 91)
        #expect(world.report(all.shuffled(using: &random)).operations.first?.exemplars == exemplars)
    }
}
