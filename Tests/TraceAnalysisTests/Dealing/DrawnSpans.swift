import SpanModel
import TraceAnalysis

/// Numbers that look random and are the same in every run.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return mix64(state)
    }
}

/// A span with its names as text, before any table knows them.
struct DrawnSpan: Hashable {
    var record: UInt64
    var trace: TraceID
    var span: UInt64
    var parent: UInt64 = 0
    var start: UInt64 = 0
    var service = "api"
    var name = "get"
    var peer = ""
    var destination = ""
    /// Traces and spans that it links to.
    var links: [Target] = []

    struct Target: Hashable {
        var trace: TraceID
        var span: UInt64
    }

    init(trace: TraceID, span: UInt64, record: UInt64 = 0) {
        (self.trace, self.span, self.record) = (trace, span, record)
    }

    func append(to batch: inout SpanBatch) {
        var span = SpanRecord(traceID: trace, spanID: self.span)
        span.parentID = parent
        span.startNanoseconds = start
        span.durationNanoseconds = record
        span.kind = SpanKind(rawValue: UInt8(start % 6)) ?? .unset
        span.flags.evidence = .tag
        span.peerSource = peer.isEmpty ? .none : .peerService
        let service = batch.names.string(self.service)
        span.operation = batch.names.operation(service: service, name: batch.names.string(name))
        span.peer = batch.names.string(peer)
        span.destination = batch.names.string(destination)
        batch.spans.append(span)
        for link in links { batch.links.append(LinkRecord(of: span, to: link.trace, link.span)) }
    }
}

/// Traces of all shapes: repeats, pieces, shared low halves, links into nowhere.
func drawSpans(traces: Int, seed: UInt64) -> [DrawnSpan] {
    var random = SplitMix(seed)
    var spans: [DrawnSpan] = []
    var ids: [TraceID] = []
    for number in 0..<traces {
        var id = TraceID(high: random.next(), low: random.next())
        if number % 7 == 0 { id.high = 0 }
        if number % 11 == 10, let known = ids.last { id = TraceID(high: known.high ^ 1, low: known.low) }
        ids.append(id)
        for count in 0..<Int.random(in: 1...12, using: &random) {
            var span = DrawnSpan(trace: id, span: UInt64(count / 2 + 1), record: UInt64(count))
            span.start = UInt64.random(in: 0..<100, using: &random)
            span.service = "service-\(random.next() % 9)"
            span.name = "operation-\(random.next() % 40)"
            if random.next() % 3 == 0 { span.peer = "peer-\(random.next() % 20)" }
            if random.next() % 5 == 0 { span.destination = "topic-\(random.next() % 6)" }
            if random.next() % 6 == 0, let target = ids.randomElement(using: &random) {
                let nowhere = TraceID(high: 9, low: target.low ^ 5)
                span.links = [.init(trace: target, span: 1), .init(trace: nowhere, span: 2)]
            }
            spans.append(span)
            if random.next() % 8 == 0 { spans.append(span) }
        }
    }
    return spans
}

/// How spans are divided and how much memory there is: nothing of it may show in a result.
struct Division {
    var shards = 64
    var dealers = 1
    var bytes = 512 << 20
    var batch = 100
    /// Order of the spans; zero keeps it.
    var shuffle: UInt64 = 0
}

func deal(_ spans: [DrawnSpan], _ division: Division, scratch: String) throws -> [DealtSpans] {
    var spans = spans
    var random = SplitMix(division.shuffle)
    if division.shuffle != 0 { spans.shuffle(using: &random) }
    let budget = MemoryBudget(bytes: division.bytes, workers: division.dealers, shards: division.shards)
    let pool = ChunkPool(budget)
    var dealt: [DealtSpans] = []
    for worker in 0..<division.dealers {
        var dealer = Dealer(pool: pool, scratchDirectory: scratch)
        var batch = SpanBatch()
        let own = spans.indices.filter { $0 % division.dealers == worker }
        for start in stride(from: 0, to: own.count, by: division.batch) {
            for index in own[start..<min(start + division.batch, own.count)] { spans[index].append(to: &batch) }
            try dealer.deal(&batch)
        }
        dealt.append(try dealer.finish(names: batch.names))
    }
    return dealt
}

/// All traces as lines of text, in the order of their ids.
func lines(_ gatherer: Gatherer) throws -> [String] {
    var found: [(TraceID, String)] = []
    for shard in 0..<gatherer.shardCount {
        try gatherer.gather(shard: shard) { found.append(($0.id, line($0, gatherer.names))) }
    }
    return found.sorted { $0.0 < $1.0 }.map(\.1)
}

func line(_ trace: borrowing TraceRecords, _ names: NameTable) -> String {
    var text = trace.id.hex + (trace.isCut ? " cut" : "")
    for (record, service) in zip(trace.records, trace.services) {
        let operation = names.operations[Int(record.operation)]
        let isConsistent = record.traceID == trace.id && service == operation.service
        text += " [\(record.spanID)<\(record.parentID) \(record.startNanoseconds)+\(record.durationNanoseconds)"
        text += " \(record.kind) \(record.flags.rawValue) \(isConsistent ? "" : "WRONG ")\(names.text(service))"
        text += "/\(names.text(operation.name)) \(names.text(record.peer)) \(names.text(record.destination))]"
    }
    for (link, service) in zip(trace.links, trace.linkServices) {
        let isConsistent = link.targetTraceID == trace.id
        text += " {\(link.targetSpanID)<\(link.traceID.hex)/\(link.spanID) \(isConsistent ? "" : "WRONG ")"
        text += "\(names.text(service)) \(names.text(link.destination))}"
    }
    return text
}

func gatheredLines(
    _ spans: [DrawnSpan], _ division: Division, settings: AnalysisSettings = AnalysisSettings(), scratch: String
) throws -> [String] {
    let budget = MemoryBudget(bytes: division.bytes, workers: division.dealers, shards: division.shards)
    let dealt = try deal(spans, division, scratch: scratch)
    return try lines(try Gatherer(dealt, settings: settings, budget: budget))
}
