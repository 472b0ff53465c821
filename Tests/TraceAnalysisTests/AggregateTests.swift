import SpanModel
import Testing

@testable import TraceAnalysis

@Suite struct AggregateTests {
    private let world = AggregateWorld()

    private func aggregate(_ observations: some Sequence<TraceObservation>) -> Aggregate {
        var aggregate = Aggregate()
        for observation in observations { aggregate.observe(observation) }
        return aggregate
    }

    private func observations(_ count: Int, _ random: inout SeededTraces) -> [TraceObservation] {
        (0..<count).map { _ in world.random(&random) }
    }

    @Test("any order and any partition of the same traces gives equal bytes and an equal report")
    func order() throws {
        var random = SeededTraces(1)
        let all = observations(400, &random)
        let whole = aggregate(all)
        let bytes = whole.encode()
        let settings = AnalysisSettings()
        let window = try #require(whole.enclosingHours)
        let report = whole.report(names: world.names, settings: settings, window: window)
        for _ in 0..<6 {
            let shuffled = all.shuffled(using: &random)
            #expect(aggregate(shuffled).encode() == bytes)
            let cuts = (0..<4).map { _ in Int.random(in: 0...all.count, using: &random) }.sorted()
            let bounds = zip([0] + cuts, cuts + [all.count])
            var parts = bounds.map { aggregate(shuffled[$0..<$1]) }
            parts.shuffle(using: &random)
            var left = Aggregate()
            for part in parts { left.merge(part) }
            #expect(left.encode() == bytes)
            var right = Aggregate()
            for part in parts.reversed() {
                var next = part
                next.merge(right)
                right = next
            }
            #expect(right.encode() == bytes)
            #expect(right.report(names: world.names, settings: settings, window: window) == report)
        }
    }

    @Test("parts that travelled as bytes merge like those that did not")
    func roundTrip() throws {
        var random = SeededTraces(2)
        let all = observations(300, &random)
        let bytes = aggregate(all).encode()
        #expect(try Aggregate(decoding: bytes).encode() == bytes)
        var merged = try Aggregate(decoding: aggregate(all[..<100]).encode())
        for observation in all[100..<200] { merged.observe(observation) }
        merged.merge(try Aggregate(decoding: aggregate(all[200...]).encode()))
        #expect(merged.encode() == bytes)
        #expect(try Aggregate(decoding: Aggregate().encode()).enclosingHours == nil)
    }

    @Test("an aggregate merged twice counts twice")
    func twice() {
        var random = SeededTraces(3)
        let all = observations(50, &random)
        var doubled = aggregate(all)
        doubled.merge(doubled)
        #expect(doubled.encode() == aggregate(all + all).encode())
    }

    @Test("without hours the whole window is the same, and no hour is kept")
    func withoutHours() {
        var random = SeededTraces(4)
        let all = observations(200, &random)
        var settings = AnalysisSettings()
        let full = world.report(all, settings: settings)
        settings.keepsHours = false
        var bare = full
        for index in bare.edges.indices { bare.edges[index].hours = [] }
        for index in bare.operations.indices { bare.operations[index].hours = [] }
        #expect(world.report(all, settings: settings) == bare)
    }

    @Test("hours add up to the whole, except what has no hour")
    func hours() {
        var random = SeededTraces(5)
        let all = observations(300, &random).filter { $0.trace.startNanoseconds > 0 || $0.trace.spans.isEmpty }
        let report = world.report(all)
        for row in report.operations {
            #expect(row.hours.reduce(0) { $0 + $1.count } == row.count)
            var latency = LatencySketch()
            for hour in row.hours { latency.merge(hour.latency) }
            #expect(latency == row.latency)
            #expect(row.hours.map(\.hour) == row.hours.map(\.hour).sorted())
        }
        for edge in report.edges { #expect(edge.hours.reduce(0) { $0 + $1.calls } == edge.calls) }
    }

    @Test("more hours than are kept lose their hour, the latest first, in any order")
    func manyHours() throws {
        var random = SeededTraces(6)
        let start = AggregateDrawing.firstHour
        let all = (0..<3000).map { hour in
            world.drawn(trace: UInt64(hour + 1)) {
                $0.span("api", "GET /", .server, at: UInt64(hour) * Nanoseconds.hour, for: 10, .root)
                $0.call("web", "api", .call, server: 5, at: UInt64(hour) * Nanoseconds.hour)
            }
        }
        let bytes = aggregate(all).encode()
        #expect(aggregate(all.reversed()).encode() == bytes)
        #expect(aggregate(all.shuffled(using: &random)).encode() == bytes)
        var parts = aggregate(all[2000...])
        parts.merge(try Aggregate(decoding: aggregate(all[..<2000]).encode()))
        #expect(parts.encode() == bytes)
        let report = world.report(all)
        #expect(report.operations.map(\.count) == [3000])
        #expect(report.operations[0].hours.count == 1024)
        #expect(report.operations[0].hours.last?.hour == UInt32(start) + 1023)
        #expect(report.edges[0].hours.count == 1024)
        #expect(report.roots.count == 1025)
        #expect(report.roots.last?.roots == 3000 - 1024)
        #expect(report.roots.last?.hour == UInt32(start) + 1024)
    }

    @Test("damaged bytes are an error or another valid aggregate, never a trap")
    func damage() throws {
        var random = SeededTraces(7)
        let bytes = aggregate(observations(12, &random)).encode()
        for length in stride(from: 0, to: bytes.count, by: 7) {
            #expect(throws: AggregateError.self) { try Aggregate(decoding: Array(bytes[..<length])) }
        }
        #expect(throws: AggregateError.self) { try Aggregate(decoding: bytes + [0]) }
        var (valid, invalid) = (0, 0)
        for _ in 0..<4000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: damaged.indices, using: &random)
                damaged[place] = Bool.random(using: &random) ? .random(in: 0...255, using: &random) : 0xff
            }
            guard var odd = try? Aggregate(decoding: damaged) else {
                invalid += 1
                continue
            }
            valid += 1
            odd.merge(odd)
            odd.observe(world.random(&random))
            let window = odd.enclosingHours ?? Window(startNanoseconds: 0, endNanoseconds: 0)
            var quality = Quality()
            quality[.cycles] = .max
            _ = odd.report(names: world.names, settings: AnalysisSettings(), window: window, quality: quality)
            _ = try? Aggregate(decoding: odd.encode())
        }
        #expect(valid > 0 && invalid > 0)
    }

    @Test("arrays of a report are sorted as it promises")
    func sorted() {
        var random = SeededTraces(8)
        let report = world.report(observations(500, &random))
        #expect(isAscending(report.nodes) { [$0.name, $0.kind.rawValue] })
        #expect(isAscending(report.edges) { [$0.caller, $0.callee, $0.kind.rawValue] })
        #expect(isAscending(report.operations) { [$0.service, $0.operation, String($0.kind.rawValue)] })
        #expect(isAscending(report.roots) { [$0.service, $0.operation, String($0.hour)] })
        #expect(isAscending(report.findings) { [$0.reason.rawValue, $0.service] })
    }

    private func isAscending<Row>(_ rows: [Row], _ key: (Row) -> [String]) -> Bool {
        zip(rows, rows.dropFirst()).allSatisfy { key($0).lexicographicallyPrecedes(key($1)) }
    }

    @Test("the enclosing hours hold every start, and nothing has none")
    func enclosingHours() {
        #expect(Aggregate().enclosingHours == nil)
        let start = AggregateDrawing.firstHour * Nanoseconds.hour
        let one = aggregate([
            world.drawn(trace: 1) { $0.span("api", "GET /", .server, at: Nanoseconds.hour - 1, for: 9, .root) }
        ])
        let hour = Window(startNanoseconds: start, endNanoseconds: start + Nanoseconds.hour)
        #expect(one.enclosingHours == hour)
        var border = one
        border.observe(world.drawn(trace: 2) { $0.span("api", "GET /", .server, at: Nanoseconds.hour, for: 9) })
        #expect(border.enclosingHours == Window(startNanoseconds: start, endNanoseconds: start + 2 * Nanoseconds.hour))
    }
}
