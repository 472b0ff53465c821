internal import SpanModel

/// What is kept for each hour of an owner.
protocol HourValue: SampledValue, Sendable {
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
        var value = Value()
    }

    static var unset: UInt32 { .max }

    /// By place; callers change values only.
    var cells: [Cell] = []
    /// By place: where the owner keeps what it has once for all hours.
    private var homes: [UInt32] = []
    private var pending = PendingSamples()
    private var table = HourTable()
    private var limit = HourLimit()
    private var isFull = false
    private let keepsHours: Bool

    init(keepsHours: Bool) { self.keepsHours = keepsHours }

    /// The hour of an instant, as far as hours are kept.
    ///
    /// - Parameter nanoseconds: zero: no hour is known.
    @inline(__always)
    func hour(_ nanoseconds: UInt64) -> UInt32 {
        keepsHours && nanoseconds > 0 ? limit.hour(nanoseconds) : HourLimit.none
    }

    /// The place of an owner's hour, valid until the next `trimIfFull`, `merge` or `decode`; nil: it has no cell yet.
    @inline(__always)
    func find(_ owner: UInt32, _ hour: UInt32) -> HourTable.Place? { table.find(owner, hour) }

    /// A new cell for what `find` did not.
    @inline(never)
    @discardableResult
    mutating func append(_ owner: UInt32, _ hour: UInt32, home: UInt32 = unset) -> HourTable.Place {
        let place = HourTable.Place(cell: UInt32(truncatingIfNeeded: cells.count), home: home)
        table.insert(owner, hour, place)
        cells.append(Cell(owner: owner, hour: hour))
        homes.append(home)
        if limit.insert(hour) { isFull = true }
        return place
    }

    /// The place of an owner's hour, there from now on.
    @inline(__always)
    mutating func place(_ owner: UInt32, at nanoseconds: UInt64) -> Int {
        let hour = hour(nanoseconds)
        return Int((find(owner, hour) ?? append(owner, hour)).cell)
    }

    /// Adds so many samples, each to the value at its place.
    @inline(__always)
    mutating func add(_ count: Int, _ sample: (Int) -> (place: Int, sample: Sample)) {
        pending.add(count, to: &cells, sample)
    }

    /// Brings all samples into the values, which lack some until then.
    mutating func settle() { pending.settle(&cells) }

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
    mutating func merge(_ other: HourCells, owners: (UInt32) -> UInt32, homes: (UInt32) -> UInt32) {
        for (index, cell) in other.cells.enumerated() {
            let place = add(cell.value, owner: owners(cell.owner), hour: cell.hour, home: homes(other.homes[index]))
            other.pending.add(at: index, to: &cells[place].value)
        }
        trimIfFull()
    }

    /// Adds to a cell; its place.
    @discardableResult
    private mutating func add(_ value: Value, owner: UInt32, hour: UInt32, home: UInt32) -> Int {
        let isKept = keepsHours && hour <= limit.last
        let keptHour = isKept ? hour : HourLimit.none
        let place = Int((find(owner, keptHour) ?? append(owner, keptHour, home: home)).cell)
        cells[place].value.merge(value)
        return place
    }

    /// The same settled, and with no more hours than are kept in the end.
    func final() -> HourCells {
        var copy = self
        copy.settle()
        if limit.needsTrim { copy.trim() }
        return copy
    }

    @inline(never)
    private mutating func trim() {
        settle()
        limit.trim()
        isFull = false
        let (allCells, allHomes) = (cells, homes)
        cells = []
        homes = []
        table = HourTable()
        for (cell, home) in zip(allCells, allHomes) {
            add(cell.value, owner: cell.owner, hour: cell.hour, home: home)
        }
    }

    /// Cells, which must be settled, sorted by owner and hour, those without an hour last.
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
        return table.memoryBytes + pending.memoryBytes + 4 * homes.capacity
            + cells.capacity * MemoryLayout<Cell>.stride + values
    }
}

extension HourCells.Cell: SampledValue {
    mutating func add(_ sample: Sample) { value.add(sample) }

    mutating func add(_ samples: Span<PackedSample>, weights: Span<Weight>) { value.add(samples, weights: weights) }
}

extension HourValue {
    // Values that are given no samples need not know what to do with them.
    mutating func add(_ sample: Sample) {}
    mutating func add(_ samples: Span<PackedSample>, weights: Span<Weight>) {}
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
