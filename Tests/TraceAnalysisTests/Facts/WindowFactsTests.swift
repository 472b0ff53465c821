import SpanModel
import Testing

@testable import TraceAnalysis

private let midnight: UInt64 = 1_760_000_400 / 86400 * 86400 * 1_000_000_000
private let day = Window(startNanoseconds: midnight, endNanoseconds: midnight + Nanoseconds.day)

/// Roots that a ratio sampler of the low 64 bits kept, each with one child.
private struct Traffic {
    struct Operation {
        var name: String
        var probability: Double
        var traces: Int
        var service = "shop"
    }

    var records: [(record: SpanRecord, service: String, name: String)] = []
    private var random: SplitMix

    init(_ operations: [Operation], seed: UInt64 = 1) {
        random = SplitMix(seed)
        for operation in operations {
            for index in 0..<operation.traces { add(operation, midnight + UInt64(index % 24) * Nanoseconds.hour + 5) }
        }
    }

    mutating func add(_ operation: Operation, _ start: UInt64, evidence: WeightEvidence = .none) {
        var id = TraceID(high: random.next(), low: random.next())
        while Double(id.low) * 0x1p-64 >= operation.probability { id.low = random.next() }
        var root = SpanRecord(traceID: id, spanID: 1)
        root.startNanoseconds = start
        root.durationNanoseconds = 1000
        root.kind = .server
        root.flags.evidence = evidence
        var child = root
        (child.spanID, child.parentID, child.kind) = (2, 1, .internal)
        records.append((root, operation.service, operation.name))
        records.append((child, operation.service, "within"))
    }

    /// The report, whatever the division.
    func report(
        _ division: Division = Division(), ledger: LedgerExcerpt = LedgerExcerpt(), window: Window = day,
        throughFrames: Bool = false
    ) throws -> (report: Report, bytes: [UInt8]) {
        try withScratchDirectory { scratch in
            var settings = AnalysisSettings()
            settings.window = window
            let budget = MemoryBudget(bytes: division.bytes, workers: division.dealers, shards: division.shards)
            var dealt = try deal(division, budget, window, scratch)
            if throughFrames { dealt = try Self.sent(dealt, division.shards, settings, scratch) }
            let gatherer = try Gatherer(dealt, settings: settings, budget: budget)
            let facts = try gatherer.facts(ledger: ledger)
            var rules = OTLPRules(settings: settings, facts: facts)
            var (aggregate, observation) = (Aggregate(settings: settings), TraceObservation())
            for shard in 0..<gatherer.shardCount {
                try gatherer.gather(shard: shard) { records in
                    rules.observe(records, into: &observation)
                    aggregate.observe(observation)
                }
            }
            let report = aggregate.report(
                names: gatherer.names, settings: settings, window: window,
                inferred: Dictionary(uniqueKeysWithValues: facts.inferred))
            return (report, aggregate.encode())
        }
    }

    func deal(
        _ division: Division, _ budget: MemoryBudget, _ window: Window, _ scratch: String
    ) throws -> [DealtSpans] {
        var random = SplitMix(division.shuffle)
        let records = division.shuffle == 0 ? records : records.shuffled(using: &random)
        let pool = ChunkPool(budget)
        var dealt: [DealtSpans] = []
        for worker in 0..<division.dealers {
            var dealer = Dealer(pool: pool, scratchDirectory: scratch, window: window)
            var batch = SpanBatch()
            for (index, entry) in records.enumerated() where index % division.dealers == worker {
                var record = entry.record
                let service = batch.names.string(entry.service)
                record.operation = batch.names.operation(service: service, name: batch.names.string(entry.name))
                batch.spans.append(record)
                if batch.spans.count >= division.batch { try dealer.deal(&batch) }
            }
            try dealer.deal(&batch)
            dealt.append(try dealer.finish(names: batch.names))
        }
        return dealt
    }

    private static func sent(
        _ dealt: [DealtSpans], _ shards: Int, _ settings: AnalysisSettings, _ scratch: String
    ) throws -> [DealtSpans] {
        let header = FrameHeader(stage: .map, shards: shards, settingsDigest: settings.digest)
        let file = try TemporaryFile(directory: scratch)
        for part in dealt {
            var writer = try FrameWriter(fileDescriptor: file.descriptor, header: header)
            try writer.write(part)
            try writer.finish()
        }
        let copy = try TemporaryFile(directory: scratch, try file.bytes())
        return try FrameReader(fileDescriptor: copy.descriptor, expecting: header, scratchDirectory: scratch).read()
            .dealt
    }
}

@Suite("Probabilities that are known only when all spans have been dealt")
struct WindowFactsTests {
    private func evidence(_ report: Report, _ operation: String) throws -> RootEvidence {
        try #require(report.evidence.first { $0.operation == operation })
    }

    private func estimate(_ report: Report, _ operation: String) -> Double {
        report.roots.filter { $0.operation == operation }.reduce(0) { $0 + $1.estimated.estimate }
    }

    @Test("ids that show a probability give weights; ids that show none leave all as it was")
    func inferred() throws {
        let traffic = Traffic([
            .init(name: "buy", probability: 0.02, traces: 400), .init(name: "rare", probability: 0.3, traces: 4),
            .init(name: "all", probability: 1, traces: 400, service: "unsampled"),
        ])
        let report = try traffic.report().report
        let buy = try evidence(report, "buy")
        #expect(buy.traces[.inferred] == 400 && buy.traces.total == 400)
        #expect(abs(try #require(buy.inferred).probability / 0.02 - 1) < 0.02)
        #expect(abs(estimate(report, "buy") / 20_000 - 1) < 0.02)
        #expect(try evidence(report, "rare").traces[.none] == 4)
        #expect(estimate(report, "rare") == 4)
        let all = try evidence(report, "all")
        #expect(all.traces[.none] == 400 && estimate(report, "all") == 400)
        #expect(all.inferred?.isUnsampled == true)
        #expect(report.quality.evidence[.inferred] == 400 && report.quality.evidence[.none] == 404)
        #expect(report.quality[.spansUnweighted] == 808)
        #expect(report.operations.first { $0.operation == "within" && $0.service == "shop" }?.count == 404)
    }

    @Test("a service whose sampler is known: probabilities near one, and rare operations together")
    func service() throws {
        var operations: [Traffic.Operation] = [
            .init(name: "buy", probability: 0.02, traces: 400), .init(name: "near", probability: 0.9, traces: 60),
        ]
        for index in 0..<40 { operations.append(.init(name: "page \(index)", probability: 0.05, traces: 3)) }
        let report = try Traffic(operations).report().report
        #expect(try evidence(report, "near").traces[.inferred] == 60)
        #expect(abs(estimate(report, "near") / (60 / 0.9) - 1) < 0.06)
        let pages = (0..<40).reduce(0) { $0 + estimate(report, "page \($1)") }
        #expect(abs(pages / (120 / 0.05) - 1) < 0.05)
        #expect(try evidence(report, "page 7").inferred == nil, "of its own ids there are too few")
    }

    @Test("what archives say comes first, then the ledger, unless the ids refute it")
    func order() throws {
        var traffic = Traffic([
            .init(name: "obeys", probability: 0.02, traces: 300), .init(name: "renamed", probability: 0.3, traces: 300),
            .init(name: "rare", probability: 0.1, traces: 5),
        ])
        for _ in 0..<10 {
            traffic.add(.init(name: "tagged", probability: 1, traces: 1), midnight + 9, evidence: .tag)
        }
        let published = midnight - Nanoseconds.hour
        let ledger = LedgerExcerpt(
            [("obeys", 0.02), (nil, 0.001), ("rare", 0.1), ("tagged", 0.5)].map {
                .init(service: "shop", operation: $0.0, publishedNanoseconds: published, probability: $0.1)
            })
        let report = try traffic.report(ledger: ledger).report
        let obeys = try evidence(report, "obeys")
        #expect(obeys.traces[.ledger] == 300 && estimate(report, "obeys") == 15_000)
        #expect(abs(try #require(obeys.observed).probability / 0.02 - 1) < 0.02)
        #expect(try evidence(report, "renamed").traces[.inferred] == 300)
        #expect(abs(estimate(report, "renamed") / 1000 - 1) < 0.02)
        #expect(estimate(report, "rare") == 50)
        let tagged = try evidence(report, "tagged")
        #expect(tagged.traces[.tag] == 10 && tagged.told == 1)
    }

    @Test("tracers that keep everything never asked: their ids refute the ledger, for rare operations together")
    func keepsEverything() throws {
        var operations: [Traffic.Operation] = [.init(name: "all", probability: 1, traces: 400, service: "deaf")]
        for index in 0..<12 {
            operations.append(.init(name: "page \(index)", probability: 1, traces: 2, service: "deaf"))
        }
        operations.append(.init(name: "few", probability: 0.3, traces: 10, service: "obeys"))
        let ledger = LedgerExcerpt([
            .init(service: nil, operation: nil, publishedNanoseconds: 0, probability: 0.001),
            .init(service: "obeys", operation: nil, publishedNanoseconds: 0, probability: 0.3),
        ])
        let report = try Traffic(operations).report(ledger: ledger).report
        #expect(estimate(report, "all") == 400)
        #expect(try evidence(report, "all").traces[.none] == 400)
        #expect(estimate(report, "page 5") == 2)
        #expect(try evidence(report, "few").traces[.ledger] == 10, "ten ids refute little")
    }

    @Test("with the ledger, traces the sampler cannot have kept weigh nothing")
    func forced() throws {
        var traffic = Traffic([.init(name: "buy", probability: 0.02, traces: 400)])
        traffic.add(.init(name: "buy", probability: 1, traces: 1), midnight + 9)
        traffic.records[traffic.records.count - 1].record.traceID.low = 1 << 63
        traffic.records[traffic.records.count - 2].record.traceID.low = 1 << 63
        let lines = [
            LedgerExcerpt.Line(service: "shop", operation: "buy", publishedNanoseconds: 0, probability: 0.02)
        ]
        let report = try traffic.report(ledger: LedgerExcerpt(lines)).report
        #expect(estimate(report, "buy") == 20_000)
        #expect(report.roots.reduce(0) { $0 + $1.uncounted } == 1)
        #expect(try evidence(report, "buy").inferred?.forced == 1)
    }

    @Test("roots outside the window tell nothing about it")
    func window() throws {
        var traffic = Traffic([.init(name: "buy", probability: 0.02, traces: 200)])
        for _ in 0..<200 {
            traffic.add(.init(name: "buy", probability: 0.5, traces: 1), midnight + Nanoseconds.day + 7)
        }
        let buy = try evidence(try traffic.report().report, "buy")
        #expect(buy.traces.total == 200)
        #expect(abs(try #require(buy.inferred).probability / 0.02 - 1) < 0.03)
    }

    @Test("any number of dealers, shards and frames, any order and any memory give equal bytes")
    func equalBytes() throws {
        var operations: [Traffic.Operation] = []
        for index in 0..<30 {
            operations.append(
                .init(name: "op \(index)", probability: 0.3, traces: 20 * index, service: "service \(index % 5)"))
        }
        let traffic = Traffic(operations)
        let expected = try traffic.report()
        #expect(expected.report.evidence.contains { $0.traces[.inferred] > 100 })
        let divisions = [
            Division(shards: 1, dealers: 1, bytes: 0, batch: 50), Division(shards: 7, dealers: 3, shuffle: 5),
            Division(shards: 64, dealers: 2, bytes: 0, batch: 33, shuffle: 9),
        ]
        for division in divisions {
            for throughFrames in [false, true] {
                let found = try traffic.report(division, throughFrames: throughFrames)
                #expect(found.bytes == expected.bytes)
                #expect(found.report == expected.report)
            }
        }
    }

    @Test("what the samples of many names come to decides how often they are read, not how many they are")
    func passes() throws {
        // Of 12,000 names of a service three stay.
        let services = ["cart", "search"]
        let traffic = Traffic(
            (0..<24_000).map { .init(name: "op \($0)", probability: 0.5, traces: 1, service: services[$0 % 2]) })
        var settings = AnalysisSettings()
        settings.operationsPerService = 3
        try withScratchDirectory { scratch in
            let dealt = try traffic.deal(Division(bytes: 0), MemoryBudget(bytes: 0, workers: 1), day, scratch)
            func gatherer(sampleBytes: Int) throws -> Gatherer {
                let budgets = (0...).lazy.map { MemoryBudget(bytes: $0 << 20, workers: 1) }
                let budget = budgets.first { $0.sampleBytesPerWorker >= sampleBytes }
                return try Gatherer(dealt, settings: settings, budget: try #require(budget))
            }
            let one = try gatherer(sampleBytes: 0)
            #expect(one.sampleLimitBytes < TraceIDSample.memoryBytes(ofEncoded: .max / 2))
            let passes = try one.samplePasses()
            // Neither fits beside the other; names behind the last service ask for no reading.
            #expect(one.names.stringCount > 2 && Set(passes) == [0, 1])

            let both = try gatherer(sampleBytes: 3 * TraceIDSample.memoryBytes(ofEncoded: .max / 2))
            #expect(both.sampleBytes > both.sampleLimitBytes)
            #expect(try both.samplePasses().allSatisfy { $0 == 0 })

            let (apart, together) = (try one.facts().inferred, try both.facts().inferred)
            #expect(!apart.isEmpty && apart.map(\.operation) == together.map(\.operation))
            #expect(apart.map(\.probability) == together.map(\.probability))
        }
    }

    @Test("samples that were set aside are read back a piece at a time; damaged ones are errors")
    func cursor() throws {
        var samples = RootSamples(window: .always, limitBytes: 1 << 20)
        var random = SplitMix(3)
        var spans: [SpanRecord] = []
        for index in 0..<4000 {
            var span = SpanRecord(traceID: TraceID(high: random.next(), low: random.next()), spanID: 1)
            span.operation = UInt32(index % 3 == 0 ? 1 : index % 50)
            spans.append(span)
        }
        samples.add(spans)
        let bytes = samples.take()
        #expect(samples.take().isEmpty)
        func count(_ bytes: [UInt8]) throws(ScratchError) -> UInt64 {
            var cursor = RootSampleCursor(.memory(bytes))
            var count: UInt64 = 0
            while let (_, sample) = try cursor.next(where: { (_, _) throws(ScratchError) in true }) {
                count += sample.traces
            }
            return count
        }
        #expect(try count(bytes) == 4000)
        for end in stride(from: 1, to: bytes.count, by: 997) {
            _ = try? count(Array(bytes[..<end]))
        }
        #expect(throws: ScratchError.self) { try count(Array(bytes.dropLast())) }
    }
}
