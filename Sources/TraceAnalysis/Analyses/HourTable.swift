/// From an owner and an hour to the place of their cell, and to the owner's home.
///
/// Like `IndexTable`, which see; what goes with a place lies beside it, so that one look finds both.
struct HourTable: Sendable {
    /// A cell, and where its owner keeps what it has once for all hours.
    struct Place: Sendable {
        var cell: UInt32
        var home: UInt32
    }

    private struct Entry {
        /// Owner above hour.
        var key: UInt64 = 0
        /// Plus one; zero: empty.
        var cell: UInt32 = 0
        var home: UInt32 = 0
    }

    private var entries = [Entry](repeating: Entry(), count: 16)
    private var count = 0
    private let hash = SecretHash()

    var memoryBytes: Int { entries.count * MemoryLayout<Entry>.stride }

    @inline(__always)
    func find(_ owner: UInt32, _ hour: UInt32) -> Place? {
        let key = UInt64(owner) &<< 32 | UInt64(hour)
        let entries = entries.span
        let mask = entries.count &- 1
        var slot = hash(key) & mask
        while true {
            let entry = entries[slot]
            if entry.cell == 0 { return nil }
            if entry.key == key { return Place(cell: entry.cell &- 1, home: entry.home) }
            slot = (slot &+ 1) & mask
        }
    }

    /// Adds what `find` did not.
    mutating func insert(_ owner: UInt32, _ hour: UInt32, _ place: Place) {
        let key = UInt64(owner) << 32 | UInt64(hour)
        put(Entry(key: key, cell: place.cell &+ 1, home: place.home))
        count += 1
        guard count * 2 > entries.count else { return }
        let known = entries
        entries = Array(repeating: Entry(), count: known.count * 2)
        for entry in known where entry.cell != 0 { put(entry) }
    }

    private mutating func put(_ entry: Entry) {
        let mask = entries.count - 1
        var slot = hash(entry.key) & mask
        while entries[slot].cell != 0 { slot = (slot + 1) & mask }
        entries[slot] = entry
    }
}
