internal import SpanModel

/// What is kept for each hour of an owner.
protocol HourValue: Sendable {
    init()
    mutating func merge(_ other: Self)
    func encode(into writer: inout VarintWriter)
    init(decoding reader: inout VarintReader) throws(VarintReader.Failure)
    /// Bytes beyond the value itself, about.
    var memoryBytes: Int { get }
}

/// Values by owner and hour, the hours limited.
struct HourCells<Value: HourValue>: Sendable {
    struct Cell: Sendable {
        var owner: UInt32
        /// Hours since the Unix epoch, or `HourLimit.none`.
        var hour: UInt32
        /// Where the owner keeps what it has once for all hours; `unset` in a new cell.
        var home = HourCells.unset
        var value = Value()
    }

    static var unset: UInt32 { .max }

    /// By place; callers change homes and values only.
    var cells: [Cell] = []
    private var table = IndexTable()
    private var limit = HourLimit()
    private var isFull = false
    private let keepsHours: Bool

    init(keepsHours: Bool) { self.keepsHours = keepsHours }

    /// The place of an owner's hour, valid until the next `trimIfFull`, `merge` or `decode`.
    ///
    /// - Parameter nanoseconds: zero: no hour is known.
    @inline(__always)
    mutating func place(_ owner: UInt32, at nanoseconds: UInt64) -> Int {
        place(owner, hour: keepsHours && nanoseconds > 0 ? limit.hour(nanoseconds) : HourLimit.none)
    }

    @inline(__always)
    private mutating func place(_ owner: UInt32, hour: UInt32) -> Int {
        let place = table.place(UInt64(owner) << 32 | UInt64(hour), orInsert: cells.count)
        if place == cells.count { append(owner, hour) }
        return place
    }

    @inline(never)
    private mutating func append(_ owner: UInt32, _ hour: UInt32) {
        cells.append(Cell(owner: owner, hour: hour))
        if limit.insert(hour) { isFull = true }
    }

    /// Forgets the latest hours where there are too many in memory; between traces.
    @inline(__always)
    mutating func trimIfFull() {
        if isFull { trim() }
    }

    /// Adds another value's cells of one owner after the other.
    ///
    /// - Parameters:
    ///   - owners: what the other's owners are called here.
    ///   - homes: where they are at home here.
    mutating func merge(_ other: HourCells, owners: (Cell) -> UInt32, homes: (Cell) -> UInt32) {
        for cell in other.cells {
            add(cell.value, owner: owners(cell), hour: cell.hour, home: homes(cell))
        }
        trimIfFull()
    }

    private mutating func add(_ value: Value, owner: UInt32, hour: UInt32, home: UInt32) {
        let isKept = keepsHours && hour <= limit.last
        let place = place(owner, hour: isKept ? hour : HourLimit.none)
        cells[place].home = home
        cells[place].value.merge(value)
    }

    /// The same with no more hours than are kept in the end.
    func trimmed() -> HourCells {
        var copy = self
        if limit.needsTrim { copy.trim() }
        return copy
    }

    @inline(never)
    private mutating func trim() {
        limit.trim()
        isFull = false
        let all = cells
        cells = []
        table = IndexTable()
        for cell in all { add(cell.value, owner: cell.owner, hour: cell.hour, home: cell.home) }
    }

    /// Cells sorted by owner and hour, those without an hour last.
    func sorted() -> SortedHourCells<Value> {
        SortedHourCells(cells: cells.sorted { ($0.owner, $0.hour) < ($1.owner, $1.hour) })
    }

    /// Reads what `SortedHourCells.encode` wrote for one owner.
    mutating func decode(
        from reader: inout VarintReader, owner: UInt32, home: UInt32
    ) throws(VarintReader.Failure) {
        var before: UInt32?
        for _ in 0..<(try reader.count()) {
            let hour = try reader.number32()
            if let before, hour <= before { throw reader.failure("hours are out of order") }
            before = hour
            add(try Value(decoding: &reader), owner: owner, hour: hour, home: home)
        }
        trimIfFull()
    }

    var memoryBytes: Int {
        let values = cells.reduce(0) { $0 + $1.value.memoryBytes }
        return table.memoryBytes + cells.capacity * MemoryLayout<Cell>.stride + values
    }
}

/// Cells in the order of output.
struct SortedHourCells<Value: HourValue> {
    let cells: [HourCells<Value>.Cell]

    /// Each once.
    var owners: [UInt32] {
        var owners: [UInt32] = []
        for cell in cells where owners.last != cell.owner { owners.append(cell.owner) }
        return owners
    }

    /// The hours of one owner.
    subscript(owner: UInt32) -> ArraySlice<HourCells<Value>.Cell> {
        var (lower, upper) = (0, cells.count)
        while lower < upper {
            let middle = (lower + upper) / 2
            if cells[middle].owner < owner { lower = middle + 1 } else { upper = middle }
        }
        return cells[lower...].prefix { $0.owner == owner }
    }

    func encode(_ owner: UInt32, into writer: inout VarintWriter) {
        let hours = self[owner]
        writer.append(hours.count)
        for cell in hours {
            writer.append(cell.hour)
            cell.value.encode(into: &writer)
        }
    }
}
