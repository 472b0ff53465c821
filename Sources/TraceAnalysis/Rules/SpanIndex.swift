import SpanModel

/// Finds spans by id: a directory over the sorted ids, about as wide as they are many. Storage is reused from trace to
/// trace.
///
/// Ids that lie together in memory stay so, unlike in a hash table: a long trace is not read all over for each span. Ids are
/// as good as random, and a place of the directory holds one or two; where somebody crowds them into one, it is halved.
struct SpanIndex {
    /// Index + 1 of the first span in each place, zero where there is none.
    private var directory: [Int32] = []
    /// Span ids in the order of the spans.
    private(set) var ids: [UInt64] = []
    private(set) var hasRepeats = false
    /// Of the ids: the least, and the distance to the greatest.
    private var least: UInt64 = 0
    private var extent: UInt64 = 0
    private var shift: UInt64 = 0

    /// Indexes spans that are sorted by id.
    mutating func build(_ spans: [TraceSpan]) {
        ids.resize(to: spans.count, with: 0)
        Self.copyIDs(of: spans, into: &ids)
        least = ids.first ?? 0
        extent = (ids.last ?? 0) &- least
        var bits = 4
        while 1 << bits < 2 * spans.count { bits += 1 }
        shift = UInt64(max(0, UInt64.bitWidth - extent.leadingZeroBitCount - bits))
        directory.clear(to: 0, count: 1 << bits)
        hasRepeats = Self.enter(ids, into: &directory, least: least, shift: shift)
    }

    private static func copyIDs(of spans: [TraceSpan], into ids: inout [UInt64]) {
        var ids = ids.mutableSpan
        for index in spans.indices { ids[index] = spans[index].spanID }
    }

    /// - Returns: whether an id comes twice.
    private static func enter(_ ids: [UInt64], into directory: inout [Int32], least: UInt64, shift: UInt64) -> Bool {
        var directory = directory.mutableSpan
        var hasRepeats = false
        var after: UInt64?
        // The first of each place comes last, and stays.
        for index in ids.indices.reversed() {
            let id = ids[index]
            if id == after { hasRepeats = true }
            after = id
            directory[Int(truncatingIfNeeded: (id &- least) &>> shift)] = Int32(truncatingIfNeeded: index &+ 1)
        }
        return hasRepeats
    }

    /// Index of the first span with this id; nil when nobody holds it.
    func first(_ id: UInt64) -> Int? {
        let offset = id &- least
        guard offset <= extent, !ids.isEmpty else { return nil }
        let first = Int(directory[Int(truncatingIfNeeded: offset &>> shift)]) - 1
        guard first >= 0 else { return nil }
        let found = ids[first] < id ? search(id, after: first) : first
        return found < ids.count && ids[found] == id ? found : nil
    }

    /// The first index from which ids are not below this one.
    private func search(_ id: UInt64, after first: Int) -> Int {
        var (low, step) = (first, 1)
        while low + step < ids.count, ids[low + step] < id {
            low += step
            step *= 2
        }
        var high = min(low + step, ids.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle } else { high = middle }
        }
        return high
    }

    /// Whether another span follows on the same id.
    func isShared(_ index: Int) -> Bool { index + 1 < ids.count && ids[index + 1] == ids[index] }

    /// Index of the span with this id and side: that of a service, or with the least service where it is zero.
    func find(_ id: UInt64, _ side: SpanSide, _ service: UInt32, in spans: [TraceSpan]) -> Int? {
        guard let first = first(id) else { return nil }
        let key = Self.key(side, service)
        var (low, high) = (first, first + 1)
        // Runs are short but for hostile ones: double, then halve.
        var step = 1
        while high < ids.count, ids[high] == id {
            step *= 2
            high = min(first + step, ids.count)
        }
        while low < high {
            let middle = (low + high) / 2
            let isBefore = ids[middle] == id && Self.key(spans[middle].kind.side, spans[middle].service) < key
            if isBefore { low = middle + 1 } else { high = middle }
        }
        guard low < ids.count, ids[low] == id, spans[low].kind.side == side else { return nil }
        return service == 0 || spans[low].service == service ? low : nil
    }

    private static func key(_ side: SpanSide, _ service: UInt32) -> UInt64 {
        UInt64(side.rawValue) << 32 | UInt64(service)
    }
}

extension Array {
    /// Becomes `count` times `value`, in the storage it has.
    mutating func fill(with value: Element, count newCount: Int) {
        removeAll(keepingCapacity: true)
        append(contentsOf: repeatElement(value, count: newCount))
    }

    /// Removes all elements, keeping storage; quicker than `removeAll` where there are none.
    @inline(__always)
    mutating func empty() {
        if !isEmpty { removeAll(keepingCapacity: true) }
    }

    /// Has so many elements, of which the first are as before: quicker than to remove all and append.
    mutating func resize(to newCount: Int, with value: Element) {
        if count > newCount {
            replaceSubrange(newCount..., with: EmptyCollection())
        } else if count < newCount {
            append(contentsOf: repeatElement(value, count: newCount - count))
        }
    }

    /// Sets the first `count` elements, growing where there are fewer: cheaper than `fill` for short traces.
    mutating func clear(to value: Element, count: Int) {
        if self.count < count { append(contentsOf: repeatElement(value, count: count - self.count)) }
        var elements = mutableSpan
        for index in 0..<count { elements[index] = value }
    }
}
