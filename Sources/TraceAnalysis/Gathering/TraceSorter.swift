internal import SpanModel

/// The order of a shard's records by (trace, span, content), without moving them.
///
/// Records fall into buckets by bits of the trace id, multiplied, about a trace each, and only the small buckets are
/// sorted by comparison: of keys, and of records where keys are equal.
struct TraceSorter<Record: ShardRecord>: Sendable {
    struct Entry: Sendable {
        /// A bijection of the low half of the trace id; of ids that nobody chose uniform from the top bit down.
        var trace: UInt64
        var span: UInt64
        var index: UInt32
    }

    private(set) var entries: [Entry] = []
    private var starts: [UInt32] = []
    /// Entries before this are also sorted by the high halves of their trace ids.
    private var sortedByHighUntil = 0

    /// Bytes that sorting takes for each record, besides the record: an entry, and up to a bucket.
    static var bytesPerRecord: Int { MemoryLayout<Entry>.stride + 4 }

    /// The key of a trace: equal for equal low halves.
    @inline(__always)
    static func key(_ id: TraceID) -> UInt64 {
        // The shard took bits of the id mixed otherwise. Ids chosen to share a bucket are sorted by comparison.
        id.low &* 0x9e37_79b9_7f4a_7c15
    }

    /// Sorts; at most 2³² records.
    mutating func sort(_ records: [Record]) {
        sortedByHighUntil = 0
        // Half as many buckets as records, or up to as many: as most traces have several, few share one.
        let bits = max(1, min(20, Int.bitWidth - records.count.leadingZeroBitCount - 1))
        scatter(records, shift: UInt64(64 - bits), buckets: 1 << bits)
        var start = 0
        for bucket in 0..<(1 << bits) {
            // After scattering, a bucket's cursor stands at its end.
            let end = Int(starts[bucket])
            if end - start > 40 {
                entries[start..<end].sort { Self.precedes($0, $1, records) }
            } else if end - start > 1 {
                Self.insertionSort(&entries, start..<end, records)
            }
            start = end
        }
    }

    private mutating func scatter(_ records: [Record], shift: UInt64, buckets: Int) {
        // Storage of just the size: growing would take twice what is needed, or more.
        if starts.capacity <= buckets {
            starts = []
            starts.reserveCapacity(buckets + 1)
        }
        starts.removeAll(keepingCapacity: true)
        starts.append(contentsOf: repeatElement(0, count: buckets + 1))
        if entries.capacity < records.count {
            entries = []
            entries.reserveCapacity(records.capacity)
        }
        if entries.count > records.count {
            entries.removeLast(entries.count - records.count)
        } else {
            let missing = records.count - entries.count
            entries.append(contentsOf: repeatElement(Entry(trace: 0, span: 0, index: 0), count: missing))
        }
        Self.scatter(records, into: &entries, &starts, shift: shift)
    }

    private static func scatter(
        _ records: [Record], into entries: inout [Entry], _ starts: inout [UInt32], shift: UInt64
    ) {
        var entries = entries.mutableSpan
        var starts = starts.mutableSpan
        for index in records.indices { starts[Int(key(records[index].gatheringTrace) >> shift) + 1] += 1 }
        for bucket in 1..<starts.count { starts[bucket] += starts[bucket - 1] }
        for index in records.indices {
            let trace = key(records[index].gatheringTrace)
            let bucket = Int(trace >> shift)
            let place = starts[bucket]
            starts[bucket] = place + 1
            entries[Int(place)] = Entry(
                trace: trace, span: records[index].gatheringSpan, index: UInt32(truncatingIfNeeded: index))
        }
    }

    private static func insertionSort(_ entries: inout [Entry], _ range: Range<Int>, _ records: [Record]) {
        var entries = entries.mutableSpan
        for place in range.lowerBound + 1..<range.upperBound {
            let entry = entries[place]
            var hole = place
            while hole > range.lowerBound, precedes(entry, entries[hole - 1], records) {
                entries[hole] = entries[hole - 1]
                hole -= 1
            }
            entries[hole] = entry
        }
    }

    @inline(__always)
    private static func precedes(_ a: Entry, _ b: Entry, _ records: [Record]) -> Bool {
        if a.trace != b.trace { return a.trace < b.trace }
        if a.span != b.span { return a.span < b.span }
        return Record.order(records[Int(a.index)], records[Int(b.index)]) < 0
    }

    /// The entries of one trace, which begin at `start`.
    ///
    /// Unless ids match by their low halves, those of different high halves are set apart.
    mutating func group(from start: Int, _ records: [Record], matchesLow64: Bool) -> Range<Int> {
        let trace = entries[start].trace
        let high = records[Int(entries[start].index)].gatheringTrace.high
        var end = start + 1
        var isMixed = false
        while end < entries.count, entries[end].trace == trace {
            if !matchesLow64, records[Int(entries[end].index)].gatheringTrace.high != high {
                isMixed = true
                if start < sortedByHighUntil { break }
            }
            end += 1
        }
        guard isMixed, start >= sortedByHighUntil else { return start..<end }
        entries[start..<end].sort {
            let (a, b) = (records[Int($0.index)].gatheringTrace.high, records[Int($1.index)].gatheringTrace.high)
            return a != b ? a < b : Self.precedes($0, $1, records)
        }
        sortedByHighUntil = end
        return group(from: start, records, matchesLow64: matchesLow64)
    }
}
