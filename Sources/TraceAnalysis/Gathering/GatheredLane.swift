internal import SpanModel

/// The spans, or the links, of a shard or a part of it, and their order by trace.
struct GatheredLane<Record: ShardRecord>: Sendable {
    private(set) var records: [Record] = []
    var sorter = TraceSorter<Record>()
    /// Traces of which something was left out while loading.
    private var cutTraces: Set<TraceID> = []

    var bytesPerRecord: Int { MemoryLayout<Record>.stride + TraceSorter<Record>.bytesPerRecord }
    var usedBytes: Int { records.count * bytesPerRecord }

    /// Forgets all records, and has storage for as many as a pass holds: growing would take twice what is needed, or more.
    mutating func begin(capacity: Int) {
        records.removeAll(keepingCapacity: true)
        if records.capacity < capacity {
            records = []
            records.reserveCapacity(capacity)
        }
        cutTraces.removeAll(keepingCapacity: true)
    }

    /// Adds a part's records of a shard that are in the pass.
    ///
    /// - Parameters:
    ///   - otherBytes: what else counts towards the limit.
    ///   - limit: raised where a single trace, already cut, asks for it.
    /// - Returns: false when the pass holds more than the limit allows.
    mutating func load(
        _ part: Int, shard: Int, _ sources: ShardSources, _ pass: GatheringPass, otherBytes: Int,
        limit: inout Int, _ blocks: inout BlockReader
    ) throws(ScratchError) -> Bool {
        let (storage, mappings) = sources.parts[part]
        guard storage.lists(Record.lane).shards[shard].recordCount > 0 else { return true }
        var fits = true
        try blocks.forEach(Record.lane, of: storage, shard: shard) { (rows, count, table) throws(ScratchError) in
            guard mappings.indices.contains(mappings.startIndex + table),
                append(rows, count, mappings[mappings.startIndex + table], pass)
            else { throw .corrupt(storage.scratch?.directory ?? "memory", "a block holds impossible records") }
            if usedBytes + otherBytes > limit {
                fits = makeRoom(sources, otherBytes: otherBytes, limit: &limit, canSplit: pass.canHalve)
            }
            return fits
        }
        return fits
    }

    /// Adds what a pass takes of so many rows; false where they are not what was written.
    private mutating func append(
        _ rows: RawSpan, _ count: Int, _ mapping: FinalNames.Mapping, _ pass: GatheringPass
    ) -> Bool {
        let takesAll = pass.isWhole
        var isSound = true
        records.append(addingCapacity: count) { output in
            var (offset, before) = (0, RowContext())
            for _ in 0..<count {
                guard var record = Record(rows, at: &offset, after: &before) else {
                    isSound = false
                    return
                }
                guard takesAll || pass.contains(record.gatheringTrace) else { continue }
                isSound = record.rename(mapping) && isSound
                output.append(record)
            }
            isSound = isSound && offset == rows.byteCount
        }
        return isSound
    }

    /// Cuts what must be cut in the end; false when that leaves too much and fewer traces would help.
    private mutating func makeRoom(_ sources: ShardSources, otherBytes: Int, limit: inout Int, canSplit: Bool) -> Bool {
        let largest = compact(sources)
        let used = usedBytes + otherBytes
        guard used > limit / 4 * 3 else { return true }
        if canSplit, largest < records.count / 2 { return false }
        limit = used * 2
        return true
    }

    /// Leaves out what the cut leaves out, trace by trace; the size of the largest one after that.
    private mutating func compact(_ sources: ShardSources) -> Int {
        sorter.sort(records)
        var stays = [Bool](repeating: false, count: records.count)
        var (start, largest) = (0, 0)
        while start < sorter.entries.count {
            let range = sorter.group(from: start, records, matchesLow64: sources.matchesLow64)
            let id = identify(range, matchesLow64: sources.matchesLow64)
            var kept = 0
            let isCut = forEachKept(range, limit: sources.maximumTraceSpans) { index in
                stays[index] = true
                kept += 1
            }
            if isCut { cutTraces.insert(id.cutKey) }
            if sources.matchesLow64 {
                for place in range { records[Int(sorter.entries[place].index)].gatheringTrace = id.id }
            }
            largest = max(largest, kept)
            start = range.upperBound
        }
        var next = 0
        for index in records.indices where stays[index] {
            records[next] = records[index]
            next += 1
        }
        records.removeLast(records.count - next)
        return largest
    }

    /// The group of entries that follows, empty at the end.
    mutating func nextGroup(after group: Range<Int>, matchesLow64: Bool) -> Range<Int> {
        guard group.upperBound < sorter.entries.count else { return group.upperBound..<group.upperBound }
        return sorter.group(from: group.upperBound, records, matchesLow64: matchesLow64)
    }

    /// The id of a group of entries, and how it is remembered as cut.
    ///
    /// Where ids match by their low halves, the greatest high half wins: 128 bits over 64.
    func identify(_ range: Range<Int>, matchesLow64: Bool) -> (id: TraceID, cutKey: TraceID) {
        var id = records[Int(sorter.entries[range.lowerBound].index)].gatheringTrace
        guard matchesLow64 else { return (id, id) }
        for place in range { id.high = max(id.high, records[Int(sorter.entries[place].index)].gatheringTrace.high) }
        return (id, TraceID(high: 0, low: id.low))
    }

    func wasCut(_ cutKey: TraceID) -> Bool { !cutTraces.isEmpty && cutTraces.contains(cutKey) }

    /// Appends a group's records that stay, in order; whether any distinct one does not.
    func appendKept(_ range: Range<Int>, limit: Int, to kept: inout [Record]) -> Bool {
        guard range.count <= limit else {
            return forEachKept(range, limit: limit) { kept.append(records[$0]) }
        }
        let (all, entries) = (records.span, sorter.entries.span)
        kept.append(addingCapacity: range.count) { output in
            for place in range { output.append(all[Int(entries[place].index)]) }
        }
        return false
    }

    /// Calls `body` with the indices of a group's records that stay, in order; whether any distinct one does not.
    func forEachKept(_ range: Range<Int>, limit: Int, _ body: (Int) -> Void) -> Bool {
        var cut = TraceCut(limit: limit)
        var previous: Int?
        for place in range {
            let index = Int(sorter.entries[place].index)
            var isRepeat = false
            if let previous, records[previous].gatheringSpan == records[index].gatheringSpan {
                isRepeat = Record.order(records[previous], records[index]) == 0
            }
            if cut.keeps(isRepeat: isRepeat) { body(index) }
            previous = index
        }
        return cut.isCut
    }
}
