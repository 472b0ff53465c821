import SpanModel

/// Zipkin's trace tree: a headless trace gets a nameless root, spans whose parent is missing hang below the root.
///
/// Several spans may claim one key; the last one holds it and the others drop out, as do cycles: nothing leads there.
struct ZipkinTree {
    /// What identifies a node: an id, or for the server half of a shared id also its endpoint.
    private struct Key: Equatable {
        var id: UInt64
        var endpoint = ZipkinEndpoint.unknown
        var isShared = false
    }

    /// What is known under a key: who holds it, and its holder's parent.
    private struct Entry {
        var key: Key
        var node = -1
        var parent: Key?
        var isPlaced = false
    }

    /// Index of the root; −1: a nameless one.
    private(set) var root = -1
    /// Nodes that the root leads to, parents before children.
    private(set) var order: [Int] = []
    /// Of each node the nearest ancestor with a kind; −1: none.
    private(set) var remoteAncestors: [Int] = []
    private(set) var childCounts: [Int] = []

    private var entries: [Entry] = []
    /// Open addressing: index of an entry + 1, zero where free.
    private var slots: [Int32] = []
    private let seed = UInt64.random(in: 0...(.max))
    private var parents: [Int] = []
    private var children: [Int] = []
    private var firstChild: [Int] = []

    mutating func build(_ spans: [ZipkinSpan]) {
        reset(count: spans.count)
        for span in spans {
            let shared = Key(id: span.id, endpoint: span.endpoint, isShared: true)
            let entry = entry(span.isShared ? shared : Key(id: span.id))
            entries[entry].isPlaced = true
            let parentID = span.isShared ? span.id : span.parentID
            entries[entry].parent = parentID == 0 ? nil : Key(id: parentID)
        }
        for index in spans.indices { place(index, spans[index]) }
        hang()
        traverse(spans)
    }

    /// Decides whose node a span's key leads to, and prefers the server half on its own endpoint as its parent.
    private mutating func place(_ index: Int, _ span: ZipkinSpan) {
        if span.isShared {
            let own = entry(Key(id: span.id, endpoint: span.endpoint, isShared: true))
            entries[own].node = index
            // Also without the endpoint, for intermediate spans that lack theirs.
            let bare = entry(Key(id: span.id, isShared: true))
            entries[bare].node = index
            return
        }
        let own = entry(Key(id: span.id))
        if span.parentID != 0 {
            let server = Key(id: span.parentID, endpoint: span.endpoint, isShared: true)
            if let known = find(server), entries[known].isPlaced {
                entries[own].parent = server
                entries[own].isPlaced = true
            }
        } else if root < 0 {
            root = index
            entries[own].isPlaced = false
            return
        }
        entries[own].node = index
    }

    private mutating func hang() {
        for entry in entries where entry.isPlaced && entry.node >= 0 {
            var parent = root
            if let key = entry.parent, let known = find(key), entries[known].node >= 0 { parent = entries[known].node }
            // −2, below the nameless root, is no node but placed.
            parents[entry.node] = parent >= 0 ? parent : -2
        }
        for index in parents.indices where parents[index] >= 0 { childCounts[parents[index]] += 1 }
    }

    /// Breadth first from the root; what it does not lead to is never visited.
    private mutating func traverse(_ spans: [ZipkinSpan]) {
        var next = 0
        for index in parents.indices {
            firstChild[index] = next
            next += childCounts[index]
        }
        children.fill(with: 0, count: next)
        if root >= 0 { order.append(root) }
        for index in parents.indices {
            if parents[index] >= 0 {
                children[firstChild[parents[index]]] = index
                firstChild[parents[index]] += 1
            } else if parents[index] == -2 {
                order.append(index)
            }
        }
        var position = 0
        while position < order.count {
            let node = order[position]
            position += 1
            for child in children[(firstChild[node] - childCounts[node])..<firstChild[node]] {
                remoteAncestors[child] = spans[node].kind == .unset ? remoteAncestors[node] : node
                order.append(child)
            }
        }
    }

    private mutating func reset(count: Int) {
        root = -1
        order.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        remoteAncestors.fill(with: -1, count: count)
        parents.fill(with: -1, count: count)
        childCounts.fill(with: 0, count: count)
        firstChild.fill(with: 0, count: count)
        // At most two keys a span, half of the slots free.
        var capacity = 16
        while capacity < 4 * count { capacity *= 2 }
        slots.fill(with: 0, count: capacity)
    }

    private func slot(_ key: Key) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: mix64(mix64(key.id ^ seed) ^ key.endpoint.key ^ (key.isShared ? 1 : 0)))
        while true {
            slot &= mask
            if slots[slot] == 0 || entries[Int(slots[slot]) - 1].key == key { return slot }
            slot += 1
        }
    }

    private func find(_ key: Key) -> Int? {
        let found = Int(slots[slot(key)]) - 1
        return found < 0 ? nil : found
    }

    private mutating func entry(_ key: Key) -> Int {
        let slot = slot(key)
        if slots[slot] == 0 {
            entries.append(Entry(key: key))
            slots[slot] = Int32(truncatingIfNeeded: entries.count)
        }
        return Int(slots[slot]) - 1
    }
}
