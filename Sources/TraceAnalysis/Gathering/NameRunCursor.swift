/// Reads the entries of one name run in order, a piece at a time, believing nothing.
struct NameRunCursor {
    /// Number of the table among all tables that are merged.
    let table: Int
    private(set) var id: UInt32 = 0
    private(set) var count: UInt64 = 0
    private(set) var role: UInt8 = 0
    private(set) var first: [UInt8] = []
    private(set) var second: [UInt8] = []
    private(set) var isAtEnd = false

    private var buffer: [UInt8]
    private var offset = 0
    private let file: ScratchFile?
    private var extents: [ScratchFile.Extent]
    private var isFirst = true

    private let pieceBytes: Int
    /// As `NameTable.maximumNameBytes`: longer names would be cut, and ranks shift.
    private static let longestName = 4096

    /// A cursor before the first entry.
    ///
    /// - Parameter pieceBytes: read from a file at a time.
    init(table: Int, _ place: NameTableRuns.Place, pieceBytes: Int) {
        self.table = table
        self.pieceBytes = pieceBytes
        switch place {
        case .memory(let bytes):
            buffer = bytes
            file = nil
            extents = []
        case .scratch(let file, let extents):
            buffer = []
            self.file = file
            self.extents = extents.reversed()
        }
    }

    /// Moves to the next entry, or sets `isAtEnd`.
    mutating func advance() throws(ScratchError) {
        try fill(NameRun.headBytes)
        guard buffer.count - offset > 0 else {
            isAtEnd = true
            return
        }
        guard buffer.count - offset >= NameRun.headBytes else { throw corrupt() }
        let (firstCount, secondCount): (Int, Int)
        (id, count, role, firstCount, secondCount) = Self.head(buffer, at: offset)
        offset += NameRun.headBytes
        try fill(firstCount + secondCount)
        guard max(firstCount, secondCount) <= Self.longestName, id > 0, id < UInt32(NameRun.idLimit),
            buffer.count - offset >= firstCount + secondCount
        else { throw corrupt() }
        try take(firstCount, secondCount)
    }

    private static func head(_ buffer: [UInt8], at offset: Int) -> (UInt32, UInt64, UInt8, Int, Int) {
        let head = buffer.span.bytes.extracting(offset..<offset + NameRun.headBytes)
        return (head.half(0), head.word(4), head.byte(12), Int(head.quarter(13)), Int(head.quarter(15)))
    }

    /// Whether this entry's texts come before another's.
    func precedes(_ other: NameRunCursor) -> Bool {
        if first == other.first { return second.lexicographicallyPrecedes(other.second) }
        return first.lexicographicallyPrecedes(other.first)
    }

    func equals(_ other: NameRunCursor) -> Bool { first == other.first && second == other.second }

    private mutating func take(_ firstCount: Int, _ secondCount: Int) throws(ScratchError) {
        let middle = offset + firstCount
        let (newFirst, newSecond) = (buffer[offset..<middle], buffer[middle..<middle + secondCount])
        let ascends =
            first.elementsEqual(newFirst)
            ? second.lexicographicallyPrecedes(newSecond) : first.lexicographicallyPrecedes(newFirst)
        guard isFirst ? firstCount + secondCount > 0 : ascends else { throw corrupt() }
        isFirst = false
        first.removeAll(keepingCapacity: true)
        first.append(contentsOf: newFirst)
        second.removeAll(keepingCapacity: true)
        second.append(contentsOf: newSecond)
        offset = middle + secondCount
    }

    /// Reads on until `needed` bytes are there or nothing is left.
    private mutating func fill(_ needed: Int) throws(ScratchError) {
        while buffer.count - offset < needed, let file, var extent = extents.popLast() {
            let piece = extent.split(pieceBytes)
            if extent.count > 0 { extents.append(extent) }
            var read: [UInt8] = []
            try file.read(piece, into: &read)
            buffer.removeSubrange(..<offset)
            offset = 0
            buffer.append(contentsOf: read)
        }
    }

    private func corrupt() -> ScratchError {
        .corrupt(file?.directory ?? "memory", "the names are damaged")
    }
}

/// Several runs as one: equal entries come together, in byte order.
struct NameRunMerge {
    private var cursors: [NameRunCursor]
    /// Cursors that stand on later entries, a binary heap with the least one first.
    private var waiting: [Int] = []
    /// Indices of the cursors that stand on the current entry.
    private(set) var current: [Int]

    /// For all cursors together, as long as each has a few kilobytes.
    private static let bufferBytes = 2 << 20

    init(_ places: [NameTableRuns.Place]) {
        let pieceBytes = min(64 << 10, max(4 << 10, Self.bufferBytes / max(places.count, 1)))
        cursors = places.indices.map { NameRunCursor(table: $0, places[$0], pieceBytes: pieceBytes) }
        current = Array(cursors.indices)
    }

    /// Finds the least entry; false when there is none.
    mutating func next() throws(ScratchError) -> Bool {
        for index in current {
            try cursors[index].advance()
            if !cursors[index].isAtEnd { push(index) }
        }
        current.removeAll(keepingCapacity: true)
        while let least = waiting.first, current.isEmpty || cursors[least].equals(cursors[current[0]]) {
            current.append(least)
            popLeast()
        }
        return !current.isEmpty
    }

    private mutating func push(_ index: Int) {
        waiting.append(index)
        var place = waiting.count - 1
        while place > 0, cursors[waiting[place]].precedes(cursors[waiting[(place - 1) / 2]]) {
            waiting.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    private mutating func popLeast() {
        let last = waiting.removeLast()
        guard !waiting.isEmpty else { return }
        waiting[0] = last
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2]
            where child < waiting.count && cursors[waiting[child]].precedes(cursors[waiting[least]]) {
                least = child
            }
            guard least != place else { return }
            waiting.swapAt(place, least)
            place = least
        }
    }

    var first: [UInt8] { current.first.map { cursors[$0].first } ?? [] }
    var second: [UInt8] { current.first.map { cursors[$0].second } ?? [] }
    var count: UInt64 { current.reduce(0) { $0.addingSaturating(cursors[$1].count) } }
    var role: UInt8 { current.reduce(0) { max($0, cursors[$1].role) } }
    /// (table, id in that table) of everyone who has this entry.
    func forEachHolder(_ body: (Int, UInt32) -> Void) {
        for index in current { body(cursors[index].table, cursors[index].id) }
    }
}
