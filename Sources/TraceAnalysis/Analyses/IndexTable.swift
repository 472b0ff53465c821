internal import SpanModel

/// From a key of 96 bits to a place in an array that the owner keeps.
///
/// Hashing is seeded at random per process, so that hostile ids cannot aim for collisions; nothing may depend on the
/// order inside. Keys are never removed.
struct IndexTable: Sendable {
    private struct Entry {
        var key: UInt64 = 0
        var tag: UInt32 = 0
        /// Plus one; zero: empty.
        var place: UInt32 = 0
    }

    private var entries: [Entry]
    private var count = 0
    private let hash = SecretHash()

    init() { entries = Array(repeating: Entry(), count: 16) }

    var memoryBytes: Int { entries.count * MemoryLayout<Entry>.stride }

    /// The place of a key; nil: it is new.
    @inline(__always)
    func find(_ key: UInt64, _ tag: UInt32 = 0) -> Int? {
        let entries = entries.span
        let mask = entries.count &- 1
        var slot = hash(Self.united(key, tag)) & mask
        while true {
            let entry = entries[slot]
            if entry.place == 0 { return nil }
            if entry.key == key, entry.tag == tag { return Int(entry.place &- 1) }
            slot = (slot &+ 1) & mask
        }
    }

    /// The place of a key; `next`, and from now on there, if the key is new.
    @inline(__always)
    mutating func place(_ key: UInt64, _ tag: UInt32 = 0, orInsert next: Int) -> Int {
        if let known = find(key, tag) { return known }
        insert(Entry(key: key, tag: tag, place: UInt32(truncatingIfNeeded: next &+ 1)))
        return next
    }

    @inline(__always)
    private static func united(_ key: UInt64, _ tag: UInt32) -> UInt64 {
        key ^ UInt64(tag) &* 0x9e37_79b9_7f4a_7c15
    }

    @inline(never)
    private mutating func insert(_ entry: Entry) {
        put(entry)
        count += 1
        guard count * 2 > entries.count else { return }
        let known = entries
        entries = Array(repeating: Entry(), count: known.count * 2)
        for entry in known where entry.place != 0 { put(entry) }
    }

    private mutating func put(_ entry: Entry) {
        let mask = entries.count - 1
        var slot = hash(Self.united(entry.key, entry.tag)) & mask
        while entries[slot].place != 0 { slot = (slot + 1) & mask }
        entries[slot] = entry
    }
}

/// A hash of numbers: the folded product with a number that nobody else knows, its high bits over the low ones. Without
/// these, owners of one hour would lie in steps of one length, which for some numbers crowds them.
struct SecretHash: Sendable {
    private static let secret = UInt64.random(in: 0...(.max)) | 1

    private let secret = Self.secret

    @inline(__always)
    func callAsFunction(_ key: UInt64) -> Int {
        let folded = foldedProduct(key ^ ~secret, secret)
        return Int(truncatingIfNeeded: folded ^ folded &>> 29)
    }
}
