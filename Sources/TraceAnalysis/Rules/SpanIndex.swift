import SpanModel

/// Finds spans by id in constant time: open addressing over storage that is reused from trace to trace.
struct SpanIndex {
    /// Index of the first span of an id + 1, zero where free.
    private var slots: [Int32] = []
    /// Span ids in the order of the spans.
    private(set) var ids: [UInt64] = []
    private(set) var hasRepeats = false
    /// Hostile ids cannot aim for collisions; nothing depends on the order inside.
    private let seed = UInt64.random(in: 0...(.max))

    private var mask = 0

    /// Indexes spans that are sorted by id.
    mutating func build(_ spans: [TraceSpan]) {
        ids.empty()
        ids.append(addingCapacity: spans.count) { output in
            for index in spans.indices { output.append(spans[index].spanID) }
        }
        var capacity = 16
        while capacity < 2 * spans.count { capacity *= 2 }
        slots.clear(to: 0, count: capacity)
        mask = capacity - 1
        hasRepeats = Self.insert(ids, into: &slots, mask: mask, seed: seed)
    }

    /// The halves of one wide product hold every bit of an id.
    @inline(__always)
    private static func slot(_ id: UInt64, _ seed: UInt64) -> Int {
        let product = (id ^ seed).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
        return Int(truncatingIfNeeded: product.high ^ product.low)
    }

    /// - Returns: whether an id comes twice.
    private static func insert(_ ids: [UInt64], into slots: inout [Int32], mask: Int, seed: UInt64) -> Bool {
        var slots = slots.mutableSpan
        var hasRepeats = false
        var last: UInt64 = 0
        for index in ids.indices {
            let id = ids[index]
            if id == last {
                hasRepeats = true
                continue
            }
            last = id
            var slot = Self.slot(id, seed) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = Int32(truncatingIfNeeded: index + 1)
        }
        return hasRepeats
    }

    /// Index of the first span with this id; nil when nobody holds it.
    func first(_ id: UInt64) -> Int? {
        guard mask > 0 else { return nil }
        var slot = Self.slot(id, seed) & mask
        while slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            if ids[index] == id { return index }
            slot = (slot + 1) & mask
        }
        return nil
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

    /// Sets the first `count` elements, growing where there are fewer: cheaper than `fill` for short traces.
    mutating func clear(to value: Element, count: Int) {
        if self.count < count { append(contentsOf: repeatElement(value, count: count - self.count)) }
        var elements = mutableSpan
        for index in 0..<count { elements[index] = value }
    }
}
