internal import SpanModel

/// The order of a shard's records by (trace, span, content), without moving them.
///
/// Records fall into buckets by bits of the trace id, multiplied, about a trace each, and in those by bits of the span id.
/// What is left to do for the few of a trace is sorted by comparison: of keys, and of records where keys are equal.
struct TraceSorter<Record: ShardRecord>: Sendable {
    struct Entry: Sendable {
        /// A bijection of the low half of the trace id; of ids that nobody chose uniform from the top bit down.
        var trace: UInt64
        var span: UInt64
        var index: UInt32
    }

    /// Where a record falls first: by bits of its trace's key, then of its span's id.
    private struct Buckets {
        static var spanBits: UInt64 { 3 }

        let traceBits: UInt64

        var count: Int { 1 << Int(traceBits + Self.spanBits) }

        @inline(__always)
        func place(_ trace: UInt64, _ span: UInt64) -> Int {
            Int(truncatingIfNeeded: (trace &>> (64 &- traceBits)) &<< Self.spanBits | span &>> (64 &- Self.spanBits))
        }
    }

    private(set) var entries: [Entry] = []
    private var starts: [UInt32] = []
    /// Entries before this are also sorted by the high halves of their trace ids.
    private var sortedByHighUntil = 0

    /// Bytes that sorting takes for each record, besides the record: an entry, and up to four buckets.
    static var bytesPerRecord: Int { MemoryLayout<Entry>.stride + 16 }

    /// More of a trace, or of traces that share a bucket, are not sorted by insertion.
    private static var longestInsertion: Int { 40 }

    /// The key of a trace: equal for equal low halves.
    @inline(__always)
    static func key(_ id: TraceID) -> UInt64 {
        // The shard took bits of the id mixed otherwise. Ids chosen to share a bucket are sorted by comparison.
        id.low &* 0x9e37_79b9_7f4a_7c15
    }

    /// Sorts; at most 2³² records.
    mutating func sort(_ records: [Record]) {
        sortedByHighUntil = 0
        // A quarter as many traces as records, or up to half: as most have several, few share a bucket.
        let bits = max(1, min(18, Int.bitWidth - records.count.leadingZeroBitCount - 2))
        scatter(records, Buckets(traceBits: UInt64(bits)))
        var start = 0
        for next in 1...(1 << bits) {
            // After scattering, a bucket's cursor stands at its end.
            let end = Int(starts[next << Int(Buckets.spanBits) - 1])
            if end - start > Self.longestInsertion {
                entries[start..<end].sort { Self.precedes($0, $1, records) }
            } else if end - start > 1 {
                Self.insertionSort(&entries, start..<end, records)
            }
            start = end
        }
    }

    private mutating func scatter(_ records: [Record], _ buckets: Buckets) {
        // Storage of just the size: growing would take twice what is needed, or more.
        if starts.capacity <= buckets.count {
            starts = []
            starts.reserveCapacity(buckets.count + 1)
        }
        starts.removeAll(keepingCapacity: true)
        starts.append(contentsOf: repeatElement(0, count: buckets.count + 1))
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
        Self.scatter(records, into: &entries, &starts, buckets)
    }

    private static func scatter(
        _ records: [Record], into entries: inout [Entry], _ starts: inout [UInt32], _ buckets: Buckets
    ) {
        var entries = entries.mutableSpan
        var starts = starts.mutableSpan
        for index in records.indices {
            starts[buckets.place(key(records[index].gatheringTrace), records[index].gatheringSpan) + 1] &+= 1
        }
        var end: UInt32 = 0
        for bucket in 1..<starts.count {
            end &+= starts[bucket]
            starts[bucket] = end
        }
        for index in records.indices {
            let (trace, span) = (key(records[index].gatheringTrace), records[index].gatheringSpan)
            let bucket = buckets.place(trace, span)
            let place = starts[bucket]
            starts[bucket] = place &+ 1
            entries[Int(place)] = Entry(trace: trace, span: span, index: UInt32(truncatingIfNeeded: index))
        }
    }

    private static func insertionSort(_ entries: inout [Entry], _ range: Range<Int>, _ records: [Record]) {
        var entries = entries.mutableSpan
        for place in range.lowerBound + 1..<range.upperBound {
            let entry = entries[place]
            // As it is for most, where buckets are narrow.
            guard precedes(entry, entries[place &- 1], records) else { continue }
            var hole = place
            repeat {
                entries[hole] = entries[hole &- 1]
                hole &-= 1
            } while hole > range.lowerBound && precedes(entry, entries[hole &- 1], records)
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
