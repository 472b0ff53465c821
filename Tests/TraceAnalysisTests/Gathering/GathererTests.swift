import SpanModel
import Testing

@testable import TraceAnalysis

@Suite struct GathererTests {
    /// What gathering must find, by the plainest means.
    private func expected(_ spans: [DrawnSpan], settings: AnalysisSettings = AnalysisSettings()) -> [TraceID: Int] {
        var counts: [TraceID: Int] = [:]
        for span in spans { counts[span.trace, default: 0] += 1 }
        return counts
    }

    @Test("every record reaches the trace it belongs to, sorted by span id")
    func allRecords() throws {
        let spans = drawSpans(traces: 500, seed: 1)
        try withScratchDirectory { scratch in
            let division = Division(dealers: 3)
            let gatherer = try Gatherer(
                try deal(spans, division, scratch: scratch), settings: AnalysisSettings(),
                budget: MemoryBudget(bytes: division.bytes, workers: 3, shards: division.shards))
            var found: [TraceID: Int] = [:]
            var links = 0
            for shard in 0..<gatherer.shardCount {
                try gatherer.gather(shard: shard) { trace in
                    if !trace.records.isEmpty { #expect(found[trace.id] == nil) }
                    found[trace.id, default: 0] += trace.records.count
                    links += trace.links.count
                    #expect(zip(trace.records, trace.records.dropFirst()).allSatisfy { $0.spanID <= $1.spanID })
                }
            }
            #expect(found.filter { $0.value > 0 } == expected(spans))
            #expect(links == spans.reduce(0) { $0 + $1.links.count })
        }
    }

    @Test("links reach the rule set even where their target has no spans")
    func danglingLinks() throws {
        var span = DrawnSpan(trace: TraceID(high: 0, low: 1), span: 1)
        span.links = [.init(trace: TraceID(high: 7, low: 8), span: 3)]
        try withScratchDirectory { scratch in
            let found = try gatheredLines([span], Division(), scratch: scratch)
            #expect(found.count == 2)
            #expect(found[1] == "\(TraceID(high: 7, low: 8).hex) {3<\(span.trace.hex)/1 api }")
        }
    }

    @Test(
        "traces are the same for any number of shards, dealers and passes, any order and any memory",
        arguments: [
            Division(shards: 1), Division(shards: 512), Division(shards: 4096, dealers: 2),
            Division(shards: 7, dealers: 4, batch: 1), Division(shards: 64, dealers: 2, shuffle: 5),
            Division(shards: 4096, dealers: 40, bytes: 0), Division(shards: 1, dealers: 1, bytes: 0, shuffle: 9),
        ])
    func anyDivision(_ division: Division) throws {
        let spans = drawSpans(traces: 3000, seed: 2)
        try withScratchDirectory { scratch in
            let plain = try gatheredLines(spans, Division(), scratch: scratch)
            #expect(plain.count > 3000)
            #expect(!plain.contains { $0.contains("WRONG") })
            let divided = try gatheredLines(spans, division, scratch: scratch)
            #expect(divided == plain)
        }
    }

    @Test("spans that do not fit are set aside and come back", arguments: [1, 16, 512])
    func spilling(shards: Int) throws {
        let spans = drawSpans(traces: 30_000, seed: 3)
        try withScratchDirectory { scratch in
            let plain = try gatheredLines(spans, Division(), scratch: scratch)
            let small = Division(shards: shards, dealers: 2, bytes: 16 << 20, shuffle: 3)
            let dealt = try deal(spans, small, scratch: scratch)
            #expect(dealt.allSatisfy { $0.scratchBytes > 0 })
            #expect(dealt.reduce(0) { $0 + $1.spanCount } == UInt64(spans.count))
            let budget = MemoryBudget(bytes: small.bytes, workers: 2, shards: shards)
            let gatherer = try Gatherer(dealt, settings: AnalysisSettings(), budget: budget)
            #expect(try lines(gatherer) == plain)
        }
    }

    @Test("ids that match by their low halves make one trace under the greatest high half")
    func lowHalves() throws {
        var settings = AnalysisSettings()
        settings.matchesLow64 = true
        let low = UInt64(77)
        var spans: [DrawnSpan] = []
        for (index, high) in [UInt64(0), 9, 4, 0].enumerated() {
            var span = DrawnSpan(trace: TraceID(high: high, low: low), span: UInt64(10 - index))
            if index == 1 { span.links = [.init(trace: TraceID(high: 3, low: low), span: 7)] }
            spans.append(span)
        }
        try withScratchDirectory { scratch in
            let found = try gatheredLines(spans, Division(dealers: 2), settings: settings, scratch: scratch)
            #expect(found.count == 1)
            #expect(found[0].hasPrefix(TraceID(high: 9, low: low).hex + " [7<"))
            #expect(!found[0].contains("WRONG"))
            #expect(try gatheredLines(spans, Division(), scratch: scratch).count == 4)
            let many = drawSpans(traces: 2000, seed: 8)
            let plain = try gatheredLines(many, Division(), settings: settings, scratch: scratch)
            let divided = Division(shards: 1, dealers: 3, bytes: 0, shuffle: 1)
            #expect(try gatheredLines(many, divided, settings: settings, scratch: scratch) == plain)
        }
    }

    @Test("a trace of too many spans keeps its lowest ones, however it is divided", arguments: [false, true])
    func cut(matchesLow64: Bool) throws {
        var settings = AnalysisSettings()
        settings.maximumTraceSpans = 1000
        settings.matchesLow64 = matchesLow64
        var spans = drawSpans(traces: 300, seed: 4)
        var random = SplitMix(4)
        let giant = TraceID(high: 3, low: 5)
        for _ in 0..<60_000 {
            var span = DrawnSpan(trace: giant, span: random.next() % 40_000 + 1, record: random.next() % 2)
            span.links = span.span % 16 == 0 ? [.init(trace: giant, span: span.span % 5000)] : []
            spans.append(span)
        }
        try withScratchDirectory { scratch in
            let plain = try gatheredLines(spans, Division(), settings: settings, scratch: scratch)
            let cut = plain.filter { $0.contains(" cut ") }
            #expect(cut.count == 1 && cut[0].hasPrefix(giant.hex))
            let distinct = Set(spans.filter { $0.trace == giant }.map { [$0.span, $0.record] })
            let kept = distinct.sorted { $0.lexicographicallyPrecedes($1) }.prefix(1000)
            #expect(cut[0].contains(" [\(kept[999][0])<0 0+\(kept[999][1]) "))
            #expect(!cut[0].contains(" [\(kept[999][0] + 2)<"))
            for division in [
                Division(shards: 1, dealers: 3, bytes: 0, shuffle: 1), Division(shards: 100, bytes: 0, shuffle: 2),
            ] {
                #expect(try gatheredLines(spans, division, settings: settings, scratch: scratch) == plain)
            }
        }
    }

    @Test("loading in small pieces cuts and counts as loading at once")
    func compaction() throws {
        var settings = AnalysisSettings()
        settings.maximumTraceSpans = 50
        var spans = drawSpans(traces: 2000, seed: 5)
        for index in 0..<20_000 {
            spans.append(DrawnSpan(trace: TraceID(high: UInt64(index % 3), low: 5), span: UInt64(index % 7000 + 1)))
        }
        try withScratchDirectory { scratch in
            let dealt = try deal(spans, Division(shards: 1, dealers: 2), scratch: scratch)
            var results: [[String]] = []
            for limit in [1 << 30, 100_000, 3_000] {
                let final = try FinalNames(dealt.flatMap(\.storage.tables), settings: settings)
                let sources = ShardSources(dealt.map(\.storage), final, settings)
                var found: [(TraceID, String)] = []
                var gathering = ShardGathering()
                try gathering.gather(0, from: sources, limitBytes: limit) {
                    found.append(($0.id, line($0, final.table)))
                }
                results.append(found.sorted { $0.0 < $1.0 }.map(\.1))
            }
            #expect(results[0] == results[1])
            #expect(results[0] == results[2])
            #expect(results[0].count { $0.contains(" cut ") } == 3)
        }
    }
}
