internal import SpanModel

/// Who calls whom, how often, with which errors and how long it takes.
struct DependencyAnalysis: Analysis {
    private(set) var edges: [EdgeTally] = []
    private var edgeTable = IndexTable()
    private(set) var hours: HourCells<HourTally>
    private(set) var entries: [EntryTally] = []
    private var entryTable = IndexTable()
    /// Edges that the trace being observed adds to.
    private var touched: [UInt32] = []

    init(settings: AnalysisSettings) { hours = HourCells(keepsHours: settings.keepsHours) }

    mutating func observe(_ observation: TraceObservation) {
        for edge in observation.edges { add(edge) }
        for place in touched { edges[Int(place)].finishTrace() }
        touched.removeAll(keepingCapacity: true)
        hours.trimIfFull()
        guard observation.trace.isInWindow else { return }
        for index in observation.entryCalls {
            guard observation.trace.spans.indices.contains(Int(index)) else { continue }
            let place = entry(of: observation.trace.spans[Int(index)].service)
            entries[place].calls = entries[place].calls.addingSaturating(1)
            guard observation.trace.spans[Int(index)].isError else { continue }
            entries[place].errors = entries[place].errors.addingSaturating(1)
        }
    }

    @inline(__always)
    private mutating func add(_ edge: EdgeObservation) {
        let place = self.place(EdgeKey(edge.caller, edge.callee, edge.kind))
        if edges[place].add(edge) { touched.append(UInt32(place)) }
        let hour = hours.place(UInt32(place), at: edge.startNanoseconds)
        let client = edge.server < 0 ? edge.clientNanoseconds : nil
        hours.cells[hour].value.add(
            edge.serverNanoseconds ?? client, edge.weight ?? .one, isError: edge.isError)
    }

    @inline(__always)
    private mutating func place(_ key: EdgeKey) -> Int {
        let place = edgeTable.place(key.names, UInt32(key.kind), orInsert: edges.count)
        if place == edges.count { edges.append(EdgeTally(key: key)) }
        return place
    }

    private mutating func entry(of service: UInt32) -> Int {
        let place = entryTable.place(UInt64(service), orInsert: entries.count)
        if place == entries.count { entries.append(EntryTally(service: service)) }
        return place
    }

    mutating func merge(_ other: DependencyAnalysis) {
        var places: [UInt32] = []
        for theirs in other.edges {
            let place = self.place(theirs.key)
            places.append(UInt32(place))
            edges[place].merge(theirs)
        }
        hours.merge(other.hours, owners: { places[Int($0.owner)] }, homes: { $0.home })
        for theirs in other.entries {
            let place = entry(of: theirs.service)
            entries[place].calls = entries[place].calls.addingSaturating(theirs.calls)
            entries[place].errors = entries[place].errors.addingSaturating(theirs.errors)
        }
    }

    func encode(into writer: inout VarintWriter) {
        let sorted = hours.trimmed().sorted()
        writer.append(edges.count)
        for place in sortedPlaces {
            edges[place].encode(into: &writer)
            sorted.encode(UInt32(place), into: &writer)
        }
        writer.append(entries.count)
        for entry in entries.sorted(by: { $0.service < $1.service }) {
            writer.append(entry.service)
            writer.append(entry.calls)
            writer.append(entry.errors)
        }
    }

    mutating func decode(from reader: inout VarintReader) throws(VarintReader.Failure) {
        for _ in 0..<(try reader.count()) {
            let edge = try EdgeTally(decoding: &reader)
            if let last = edges.last, !(last.key < edge.key) { throw reader.failure("edges are out of order") }
            let place = self.place(edge.key)
            edges[place] = edge
            try hours.decode(from: &reader, owner: UInt32(place), home: HourCells<HourTally>.unset)
        }
        for _ in 0..<(try reader.count()) {
            let service = try reader.number32()
            if let last = entries.last, last.service >= service { throw reader.failure("services are out of order") }
            let place = entry(of: service)
            entries[place].calls = try reader.number()
            entries[place].errors = try reader.number()
        }
    }

    /// Places of edges by caller, callee, kind.
    var sortedPlaces: [Int] { edges.indices.sorted { edges[$0].key < edges[$1].key } }

    var memoryBytes: Int {
        let tallies = edges.reduce(edges.capacity * MemoryLayout<EdgeTally>.stride) { $0 + $1.memoryBytes }
        let entryBytes = entries.capacity * MemoryLayout<EntryTally>.stride + entryTable.memoryBytes
        return hours.memoryBytes + edgeTable.memoryBytes + tallies + entryBytes
    }
}

/// Entry calls of one service.
struct EntryTally: Sendable {
    let service: UInt32
    var calls: UInt64 = 0
    var errors: UInt64 = 0
}

/// Caller, callee and kind, in the order of output.
struct EdgeKey: Hashable, Comparable, Sendable {
    /// Caller above callee.
    let names: UInt64
    /// Index in `Edge.Kind.allCases`, which is sorted.
    let kind: UInt8

    @inline(__always)
    init(_ caller: UInt32, _ callee: UInt32, _ kind: Edge.Kind) {
        names = UInt64(caller) << 32 | UInt64(callee)
        self.kind =
            switch kind {
            case .call: 0
            case .database: 1
            case .external: 2
            case .link: 3
            case .message: 4
            }
    }

    init(decoding reader: inout VarintReader) throws(VarintReader.Failure) {
        let caller = try reader.number32()
        let callee = try reader.number32()
        let kinds = Edge.Kind.allCases
        let kind = try reader.number()
        guard kind < kinds.count else { throw reader.failure("no such kind of edge") }
        self.init(caller, callee, kinds[Int(kind)])
    }

    func encode(into writer: inout VarintWriter) {
        writer.append(caller)
        writer.append(callee)
        writer.append(UInt64(kind))
    }

    var caller: UInt32 { UInt32(truncatingIfNeeded: names >> 32) }
    var callee: UInt32 { UInt32(truncatingIfNeeded: names) }
    var edgeKind: Edge.Kind { Edge.Kind.allCases[Int(kind)] }

    static func < (a: EdgeKey, b: EdgeKey) -> Bool { (a.names, a.kind) < (b.names, b.kind) }
}
