import SpanModel
import Testing

@testable import TraceAnalysis

/// A small generator with a seed, so that failures can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return mix64(state)
    }
}

@Suite("Properties of the default rules")
struct OTLPRulesPropertyTests {
    /// Few ids, services and times, so that everything that can go wrong in a trace does.
    private func randomDrawing(_ generator: inout SeededGenerator, spans count: Int) -> Drawing {
        let services = ["", "a", "b", "c"]
        let ids = UInt64(max(2, count * 2 / 3))
        let spans = (0..<count).map { _ in
            var record = SpanRecord(traceID: TraceID(high: 0, low: 1), spanID: .random(in: 1...ids, using: &generator))
            record.parentID = .random(in: 0...(ids + 1), using: &generator)
            record.startNanoseconds = .random(in: 0...4, using: &generator)
            record.durationNanoseconds = .random(in: 0...4, using: &generator)
            record.kind = SpanKind(rawValue: .random(in: 0...5, using: &generator)) ?? .unset
            record.flags = SpanFlags(rawValue: .random(in: 0..<1024, using: &generator)).subtracting(.links)
            record.flags.evidence = WeightEvidence(rawValue: .random(in: 0...3, using: &generator)) ?? .none
            if record.flags.evidence != .none {
                record.weight = Weight(units: .random(in: 1...3, using: &generator) << 20)
            }
            var span = Drawing.DrawnSpan(record: record)
            span.service = services.randomElement(using: &generator) ?? ""
            span.name = ["", "x", "y"].randomElement(using: &generator) ?? ""
            if Bool.random(using: &generator) {
                span.peer = ["p", "q"].randomElement(using: &generator) ?? ""
                span.record.peerSource = [.peerService, .serverAddress].randomElement(using: &generator) ?? .none
            }
            if Int.random(in: 0..<4, using: &generator) == 0 {
                span.links = [(1, .random(in: 1...ids, using: &generator))]
                span.record.flags.insert(.links)
            }
            return span
        }
        return Drawing(traceID: 1, spans: spans)
    }

    /// All that is said of a trace but the bytes and the number of records.
    private func everything(_ records: TraceRecords, _ names: [String]) -> [String] {
        var rules = OTLPRules(settings: AnalysisSettings())
        var observation = TraceObservation()
        rules.observe(records, into: &observation)
        var outcome = Outcome()
        outcome.add(observation, names)
        var lines = outcome.lines
        for (index, var span) in observation.trace.spans.enumerated() {
            span.archiveBytes = 0
            lines.append("\(span) below \(observation.trace.parents[index])")
        }
        lines += observation.edges.map { "\($0)" }
        lines += observation.entryCalls.map { "entry call \($0)" }
        return lines
    }

    private func isDuplicateCount(_ line: String) -> Bool { line.hasPrefix("spans_duplicate") }

    @Test("the order of pieces of one span changes nothing", arguments: 0..<300)
    func ignoresOrder(_ seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(seed))
        let archive = DrawnArchive([randomDrawing(&generator, spans: .random(in: 1...14, using: &generator))])
        let records = try #require(archive.traces.first)
        var shuffled = records
        let order = records.records.indices.shuffled(using: &generator)
            .sorted { records.records[$0].spanID < records.records[$1].spanID }
        shuffled.records = order.map { records.records[$0] }
        shuffled.services = order.map { records.services[$0] }
        let links = records.links.indices.shuffled(using: &generator)
        shuffled.links = links.map { records.links[$0] }
        shuffled.linkServices = links.map { records.linkServices[$0] }
        #expect(everything(shuffled, archive.names) == everything(records, archive.names))
    }

    @Test("repeating any record changes nothing but the count of duplicates", arguments: 0..<300)
    func ignoresRepeats(_ seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(seed) &+ 1000)
        let drawing = randomDrawing(&generator, spans: .random(in: 1...14, using: &generator))
        var repeated = drawing
        for _ in 0..<3 {
            let span = try #require(drawing.spans.randomElement(using: &generator))
            repeated.spans.append(span)
        }
        let once = DrawnArchive([drawing])
        let often = DrawnArchive([repeated])
        let before = everything(try #require(once.traces.first), once.names).filter { !isDuplicateCount($0) }
        let after = everything(try #require(often.traces.first), often.names).filter { !isDuplicateCount($0) }
        #expect(before == after)
    }

    @Test("remembered walks end where walks step by step end", arguments: 0..<200)
    func walksLikeSteps(_ seed: Int) throws {
        var generator = SeededGenerator(state: UInt64(seed) &+ 2000)
        var drawing = randomDrawing(&generator, spans: 30)
        for index in drawing.spans.indices where Int.random(in: 0..<4, using: &generator) > 0 {
            drawing.spans[index].record.kind = .internal
        }
        var rules = OTLPRules(settings: AnalysisSettings())
        var observation = TraceObservation()
        rules.observe(try #require(DrawnArchive([drawing]).traces.first), into: &observation)
        let (spans, parents) = (observation.trace.spans, observation.trace.parents)
        var walk = LocalWalk()
        walk.begin(count: spans.count)
        for start in spans.indices.shuffled(using: &generator) {
            for service: UInt32 in [1, 2, 3] {
                var met = start
                var (top, topOfService) = (-1, -1)
                while met >= 0, spans[met].kind.isLocal, spans[met].service == 0 || spans[met].service == service {
                    top = met
                    if spans[met].service == service { topOfService = met }
                    met = Int(parents[met])
                }
                let stop = walk.walk(from: Int32(start), service: service, spans, parents)
                #expect(stop.met == met)
                #expect(stop.top == top)
                #expect(stop.topOfService == topOfService)
            }
        }
    }
}
