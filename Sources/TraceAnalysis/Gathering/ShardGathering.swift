internal import SpanModel

/// Loads one shard, sorts it and gives out its traces; keeps its buffers from shard to shard.
struct ShardGathering: ~Copyable {
    var spans = GatheredLane<SpanRecord>()
    var links = GatheredLane<LinkRecord>()
    private var blocks = BlockReader()
    private var trace = TraceRecords()
    private let seed = UInt64.random(in: 0...(.max))

    init() {}

    /// Gathers in as many passes as the limit asks for.
    ///
    /// A pass takes the traces whose id, hashed with a seed of this value, lies in a range of its own. The first
    /// width is a guess by counts; a pass that overflows is begun anew with half the width.
    mutating func gather(
        _ shard: Int, from sources: ShardSources, limitBytes: Int, _ body: (borrowing TraceRecords) -> Void
    ) throws(ScratchError) {
        let counts = (sources.count(.spans, shard: shard), sources.count(.links, shard: shard))
        let bytes = Double(counts.0) * Double(spans.bytesPerRecord) + Double(counts.1) * Double(links.bytesPerRecord)
        guard bytes > 0 else { return }
        var pass = GatheringPass(seed: seed, matchesLow64: sources.matchesLow64)
        if bytes > Double(limitBytes) { pass.narrow(to: Double(limitBytes) * 0.8 / bytes) }
        while true {
            guard try load(shard, sources, pass, limitBytes) else {
                pass.halve()
                continue
            }
            let used = spans.usedBytes + links.usedBytes
            yieldTraces(sources, body)
            guard pass.advance() else { return }
            if used < limitBytes / 4 { pass.widen() }
        }
    }

    /// Loads the traces of a pass; false when they are too many.
    private mutating func load(
        _ shard: Int, _ sources: ShardSources, _ pass: GatheringPass, _ limitBytes: Int
    ) throws(ScratchError) -> Bool {
        spans.begin(capacity: sources.capacity(.spans, bytesPerRecord: spans.bytesPerRecord, limitBytes))
        links.begin(capacity: sources.capacity(.links, bytesPerRecord: links.bytesPerRecord, limitBytes))
        var limit = limitBytes
        for part in sources.parts.indices {
            let spansFit = try spans.load(
                part, shard: shard, sources, pass, otherBytes: links.usedBytes, limit: &limit, &blocks)
            guard spansFit else { return false }
            let linksFit = try links.load(
                part, shard: shard, sources, pass, otherBytes: spans.usedBytes, limit: &limit, &blocks)
            guard linksFit else { return false }
        }
        return true
    }

    /// Walks over both lanes side by side, trace by trace.
    private mutating func yieldTraces(_ sources: ShardSources, _ body: (borrowing TraceRecords) -> Void) {
        spans.sorter.sort(spans.records)
        links.sorter.sort(links.records)
        let isLow = sources.matchesLow64
        var (spanGroup, linkGroup) = (0..<0, 0..<0)
        while true {
            if spanGroup.isEmpty { spanGroup = spans.nextGroup(after: spanGroup, matchesLow64: isLow) }
            if linkGroup.isEmpty { linkGroup = links.nextGroup(after: linkGroup, matchesLow64: isLow) }
            if spanGroup.isEmpty, linkGroup.isEmpty { return }
            let order = compareGroups(spanGroup, linkGroup, matchesLow64: isLow)
            fill(order <= 0 ? spanGroup : nil, order >= 0 ? linkGroup : nil, sources)
            body(trace)
            if order <= 0 { spanGroup = spanGroup.upperBound..<spanGroup.upperBound }
            if order >= 0 { linkGroup = linkGroup.upperBound..<linkGroup.upperBound }
        }
    }

    /// Which group's trace comes first; the same one's: zero.
    private func compareGroups(_ spanGroup: Range<Int>, _ linkGroup: Range<Int>, matchesLow64: Bool) -> Int {
        guard !linkGroup.isEmpty else { return -1 }
        guard !spanGroup.isEmpty else { return 1 }
        let (a, b) = (spans.sorter.entries[spanGroup.lowerBound], links.sorter.entries[linkGroup.lowerBound])
        if a.trace != b.trace { return a.trace < b.trace ? -1 : 1 }
        if matchesLow64 { return 0 }
        let highA = spans.records[Int(a.index)].traceID.high
        let highB = links.records[Int(b.index)].targetTraceID.high
        return highA == highB ? 0 : highA < highB ? -1 : 1
    }

    /// - Parameter records: not changed; what is lent for writing is not held a second time.
    private static func append(
        servicesOf records: inout [SpanRecord], _ known: [UInt32], to services: inout [UInt32]
    ) {
        let (records, known) = (records.span, known.span)
        services.append(addingCapacity: records.count) { output in
            for index in records.indices { output.append(known[Int(records[index].operation)]) }
        }
    }

    private mutating func fill(_ spanGroup: Range<Int>?, _ linkGroup: Range<Int>?, _ sources: ShardSources) {
        trace.records.empty()
        trace.services.empty()
        trace.links.empty()
        trace.linkServices.empty()
        trace.isCut = false
        let (isLow, limit) = (sources.matchesLow64, sources.maximumTraceSpans)
        if let linkGroup {
            let (id, key) = links.identify(linkGroup, matchesLow64: isLow)
            trace.id = id
            trace.isCut = links.wasCut(key)
        }
        if let spanGroup {
            let (id, key) = spans.identify(spanGroup, matchesLow64: isLow)
            trace.id = id
            trace.isCut = trace.isCut || spans.wasCut(key)
            let isCut = spans.appendKept(spanGroup, limit: limit, to: &trace.records)
            trace.isCut = trace.isCut || isCut
            if isLow { for index in trace.records.indices { trace.records[index].traceID = id } }
            Self.append(servicesOf: &trace.records, sources.services, to: &trace.services)
        }
        guard let linkGroup else { return }
        let isCut = links.appendKept(linkGroup, limit: limit, to: &trace.links)
        trace.isCut = trace.isCut || isCut
        for index in trace.links.indices { trace.links[index].targetTraceID = trace.id }
        for link in trace.links { trace.linkServices.append(sources.services[Int(link.operation)]) }
    }
}
