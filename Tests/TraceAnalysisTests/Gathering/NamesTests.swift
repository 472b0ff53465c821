import SpanModel
import Testing

@testable import TraceAnalysis

@Suite struct NamesTests {
    private func gatherer(_ spans: [DrawnSpan], _ division: Division, _ settings: AnalysisSettings) throws -> Gatherer {
        try withScratchDirectory { scratch in
            let budget = MemoryBudget(bytes: division.bytes, workers: division.dealers, shards: division.shards)
            return try Gatherer(try deal(spans, division, scratch: scratch), settings: settings, budget: budget)
        }
    }

    private func operations(_ gatherer: Gatherer) -> [String] {
        gatherer.names.operations.dropFirst().map {
            "\(gatherer.names.text($0.service))/\(gatherer.names.text($0.name))"
        }
    }

    /// `service/name` as often as it says.
    private func spans(_ counts: [(String, Int)]) -> [DrawnSpan] {
        var spans: [DrawnSpan] = []
        for (text, count) in counts {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            for number in 0..<count {
                var span = DrawnSpan(trace: TraceID(high: 1, low: UInt64(spans.count)), span: UInt64(number + 1))
                (span.service, span.name) = (parts[0], parts[1])
                spans.append(span)
            }
        }
        return spans
    }

    @Test("ids are ranks in byte order")
    func ranks() throws {
        let drawn = drawSpans(traces: 300, seed: 1) + spans([("b", 1), ("ä", 1), ("Z", 1)].map { ("\($0.0)/é", $0.1) })
        let gatherer = try gatherer(drawn, Division(dealers: 3), AnalysisSettings())
        let names = gatherer.names
        let texts = (0..<names.stringCount).map { Array(names.bytes(UInt32($0))) }
        #expect(texts[0].isEmpty)
        #expect(zip(texts, texts.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
        let pairs = names.operations.map { [$0.service, $0.name] }
        #expect(zip(pairs, pairs.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
        #expect(Set(drawn.map { "\($0.service)/\($0.name)" }) == Set(operations(gatherer)))
    }

    @Test("a service keeps its most frequent operations, ties by bytes, and the rest become other")
    func operationLimit() throws {
        let counts = [("a/x", 3), ("a/y", 2), ("a/w", 2), ("a/q", 1), ("b/x", 1), ("b/", 1)]
        var settings = AnalysisSettings()
        settings.operationsPerService = 2
        for dealers in [1, 2, 5] {
            let division = Division(dealers: dealers, shuffle: UInt64(dealers))
            let gatherer = try gatherer(spans(counts), division, settings)
            #expect(operations(gatherer) == ["a/other", "a/w", "a/x", "b/", "b/x"])
            #expect(gatherer.operationsFolded == 2)
        }
    }

    @Test("services are kept before mere peers, by frequency, and what is folded is counted")
    func serviceLimit() throws {
        var drawn = spans([("a/x", 5), ("b/x", 1), ("c/y", 3), ("c/z", 1)])
        for index in drawn.indices { drawn[index].peer = "p" }
        var settings = AnalysisSettings()
        settings.services = 2
        let gatherer = try gatherer(drawn, Division(dealers: 2), settings)
        #expect(operations(gatherer) == ["a/x", "c/y", "c/z", "other/other"])
        #expect(gatherer.namesFolded == 2)
        #expect(gatherer.operationsFolded == 1)
        settings.services = 4
        #expect(try self.gatherer(drawn, Division(), settings).namesFolded == 0)
        settings.services = 0
        #expect(operations(try self.gatherer(drawn, Division(), settings)) == ["other/other"])
    }

    @Test("templates fold variants into one name before the limits, each counted with what it became")
    func templates() throws {
        let counts = [
            ("shop/GET cart:1", 1), ("shop/GET cart:22", 1), ("shop/GET cart:{id}", 1), ("shop/GET", 2),
            ("shop/put a-b", 1), ("pay/GET cart:1", 1),
        ]
        var settings = AnalysisSettings()
        settings.operationsPerService = 2
        settings.nameTemplates = [
            NameTemplate(service: Glob("sh*"), match: "cart:[0-9]+", replacement: "cart:{id}"),
            NameTemplate(service: Glob("sh*"), match: "(a)-(b)", replacement: "$2$1$$$0$7"),
        ]
        for dealers in [1, 3] {
            let gatherer = try gatherer(spans(counts), Division(dealers: dealers), settings)
            // Three spans of the cart, two of the front page; what is left over is other.
            #expect(operations(gatherer) == ["pay/GET cart:1", "shop/GET", "shop/GET cart:{id}", "shop/other"])
            #expect(gatherer.operationsFolded == 1)
        }
        settings.operationsPerService = 3
        #expect(operations(try gatherer(spans(counts), Division(), settings)).contains("shop/put ba$a-b"))
    }

    @Test("Zipkin's rules fold the case of services and peers, whatever the format; span names stay")
    func caseFolding() throws {
        var drawn = spans([("Shop/GET", 2), ("shop/GET", 1), ("ÄPFEL/x", 1)])
        for index in drawn.indices { drawn[index].peer = "MySQL" }
        var settings = AnalysisSettings()
        #expect(operations(try gatherer(drawn, Division(), settings)) == ["Shop/GET", "shop/GET", "ÄPFEL/x"])
        settings.rules = "zipkin"
        let folded = try gatherer(drawn, Division(dealers: 2), settings)
        #expect(operations(folded) == ["shop/GET", "äpfel/x"])
        let texts = (0..<folded.names.stringCount).map { folded.names.text(UInt32($0)) }
        #expect(texts.contains("mysql") && !texts.contains("MySQL"))
    }

    @Test("folded traces are the same however they are divided")
    func foldedTraces() throws {
        let drawn = drawSpans(traces: 1000, seed: 6)
        var settings = AnalysisSettings()
        settings.operationsPerService = 11
        settings.services = 12
        try withScratchDirectory { scratch in
            let plain = try gatheredLines(drawn, Division(), settings: settings, scratch: scratch)
            #expect(plain.contains { $0.contains("/other ") })
            let divided = Division(shards: 9, dealers: 4, bytes: 0, batch: 3, shuffle: 8)
            #expect(try gatheredLines(drawn, divided, settings: settings, scratch: scratch) == plain)
        }
    }

    @Test("a table that grows too large is set aside, and its spans keep their names")
    func sealing() throws {
        var drawn: [DrawnSpan] = []
        for number in 0..<40_000 {
            var span = DrawnSpan(trace: TraceID(high: 1, low: UInt64(number / 4)), span: UInt64(number % 4 + 1))
            span.name = "GET /item/\(number % 30_000)"
            span.peer = "10.0.\(number % 3000 / 256).\(number % 256)"
            drawn.append(span)
        }
        let settings = AnalysisSettings()
        try withScratchDirectory { scratch in
            let small = Division(shards: 16, dealers: 2, bytes: 0)
            let dealt = try deal(drawn, small, scratch: scratch)
            #expect(dealt.allSatisfy { $0.storage.tables.count > 2 })
            let plain = try gatheredLines(drawn, Division(), settings: settings, scratch: scratch)
            #expect(try gatheredLines(drawn, small, settings: settings, scratch: scratch) == plain)
            #expect(plain.contains { $0.contains("/other ") })
        }
    }

    @Test("runs that are damaged are refused, at whatever byte")
    func damagedRuns() throws {
        var batch = SpanBatch()
        for span in drawSpans(traces: 3, seed: 2) { span.append(to: &batch) }
        var counts = NameCounts()
        counts.cover(batch.names)
        for span in batch.spans { counts.operations[Int(span.operation)] += 1 }
        let whole = NameRun.make(batch.names, counts)
        for index in whole.operations.indices {
            var operations = whole.operations
            operations[index] ^= 0xff
            let damaged = NameTableRuns(names: .memory(whole.names), operations: .memory(operations))
            // Some bytes are counts and letters: what counts is that nothing traps.
            _ = try? FinalNames([damaged, damaged], settings: AnalysisSettings())
            let cut = NameTableRuns(names: .memory(whole.names), operations: .memory(Array(whole.operations[..<index])))
            _ = try? FinalNames([cut], settings: AnalysisSettings())
        }
        let backwards = NameTableRuns(
            names: .memory(whole.names + whole.names), operations: .memory(whole.operations))
        #expect(throws: ScratchError.self) { try FinalNames([backwards], settings: AnalysisSettings()) }
    }
}
