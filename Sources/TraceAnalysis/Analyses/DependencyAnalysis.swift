internal import SpanModel

/// Who calls whom, how often, with which errors and how long it takes.
struct DependencyAnalysis: Analysis {
    private(set) var edges: [EdgeTally] = []
    private var edgeTable = IndexTable()
    /// Whether edges are told apart by operations; their pairs, numbered, are then part of the key.
    private let isByOperation: Bool
    private var pairTable = IndexTable()
    private var pairCount = 0
    private(set) var hours: HourCells<CallTally>
    private(set) var entries: [EntryTally] = []
    private var entryTable = IndexTable()
    /// Of each call of the trace being observed.
    private var places: [Place] = []
    /// Traces observed that have calls.
    private var traces: UInt64 = 0
    /// Durations for the edges' own sketches.
    private var pending = PendingSamples()

    private struct Place: Sendable {
        var edge: UInt32
        var hour: UInt32
    }

    init(settings: AnalysisSettings) {
        hours = HourCells(keepsHours: settings.keepsHours)
        isByOperation = settings.edgesByOperation
    }

    mutating func observe(_ observation: TraceObservation) {
        if !observation.edges.isEmpty { addEdges(observation.edges) }
        guard observation.trace.isInWindow else { return }
        for index in observation.entryCalls {
            guard observation.trace.spans.indices.contains(Int(index)) else { continue }
            let place = entry(of: observation.trace.spans[Int(index)].service)
            entries[place].calls = entries[place].calls.addingSaturating(1)
            guard observation.trace.spans[Int(index)].isError else { continue }
            entries[place].errors = entries[place].errors.addingSaturating(1)
        }
    }

    private mutating func addEdges(_ calls: RefilledList<EdgeObservation>) {
        find(calls)
        let places = places
        pending.add(calls.count, to: &edges) { index in
            calls[index].clientSample.map { (Int(places[index].edge), $0) }
        }
        hours.add(calls.count) { (Int(places[$0].hour), calls[$0].callSample) }
        traces &+= 1
        let number = traces
        var edges = edges.mutableSpan
        for index in calls.indices { edges[Int(places[index].edge)].add(calls[index], ofTrace: number) }
        hours.trimIfFull()
    }

    /// Looks up all calls first: cells far from the caches are then waited for together, not in turn.
    private mutating func find(_ calls: RefilledList<EdgeObservation>) {
        if places.count < calls.count { places = Array(repeating: Place(edge: 0, hour: 0), count: calls.count) }
        var next = 0
        while true {
            next = Self.find(
                calls, from: next, edgeTable, isByOperation ? pairTable : nil, hours, into: &places)
            guard next < calls.count else { return }
            // Unknown so far: it is found now.
            let edge = place(key(of: calls[next]))
            _ = hours.place(UInt32(truncatingIfNeeded: edge), at: calls[next].startNanoseconds)
        }
    }

    /// - Returns: the first call whose edge has no cell yet.
    private static func find(
        _ calls: RefilledList<EdgeObservation>, from start: Int, _ edges: IndexTable, _ pairs: IndexTable?,
        _ hours: HourCells<CallTally>, into places: inout [Place]
    ) -> Int {
        var places = places.mutableSpan
        for index in start..<calls.count {
            var pair = 0
            if let pairs, calls[index].operations != 0 {
                guard let known = pairs.find(calls[index].operations) else { return index }
                pair = known &+ 1
            }
            let key = EdgeKey(calls[index].caller, calls[index].callee, calls[index].kind)
            guard let edge = edges.find(key.names, key.tag(pair: pair)),
                let cell = hours.find(
                    UInt32(truncatingIfNeeded: edge), hours.hour(calls[index].startNanoseconds))?.cell
            else { return index }
            places[index] = Place(edge: UInt32(truncatingIfNeeded: edge), hour: cell)
        }
        return calls.count
    }

    mutating func settle() {
        pending.settle(&edges)
        hours.settle()
    }

    /// The same with all samples in their sketches.
    func settled() -> DependencyAnalysis {
        var copy = self
        copy.settle()
        return copy
    }

    private func key(of call: EdgeObservation) -> EdgeKey {
        var key = EdgeKey(call.caller, call.callee, call.kind)
        if isByOperation { key.operations = call.operations }
        return key
    }

    private mutating func place(_ key: EdgeKey) -> Int {
        let place = edgeTable.place(key.names, key.tag(pair: pair(key)), orInsert: edges.count)
        if place == edges.count { edges.append(EdgeTally(key: key)) }
        return place
    }

    /// The number of a pair of operations, in this value only; zero where operations do not matter.
    private mutating func pair(_ key: EdgeKey) -> Int {
        guard key.operations != 0 else { return 0 }
        let place = pairTable.place(key.operations, orInsert: pairCount)
        if place == pairCount { pairCount += 1 }
        return place &+ 1
    }

    private mutating func entry(of service: UInt32) -> Int {
        let place = entryTable.place(UInt64(service), orInsert: entries.count)
        if place == entries.count { entries.append(EntryTally(service: service)) }
        return place
    }

    mutating func merge(_ other: DependencyAnalysis) {
        var places: [UInt32] = []
        for (index, theirs) in other.edges.enumerated() {
            let place = self.place(theirs.key)
            places.append(UInt32(place))
            edges[place].merge(theirs)
            other.pending.add(at: index, to: &edges[place])
        }
        hours.merge(other.hours, owners: { places[Int($0)] }, homes: { $0 })
        for theirs in other.entries {
            let place = entry(of: theirs.service)
            entries[place].calls = entries[place].calls.addingSaturating(theirs.calls)
            entries[place].errors = entries[place].errors.addingSaturating(theirs.errors)
        }
    }

    func encode(into writer: inout VarintWriter) {
        let sorted = hours.final().sorted()
        let edges = settled().edges
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
            try hours.decode(from: &reader, owner: UInt32(place), home: HourCells<CallTally>.unset)
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
        return hours.memoryBytes + pending.memoryBytes + edgeTable.memoryBytes + pairTable.memoryBytes + tallies
            + entryBytes
    }
}

extension EdgeObservation {
    /// The caller's operation above the callee's.
    @inline(__always)
    fileprivate var operations: UInt64 { UInt64(callerOperation) << 32 | UInt64(calleeOperation) }
}

/// Entry calls of one service.
struct EntryTally: Sendable {
    let service: UInt32
    var calls: UInt64 = 0
    var errors: UInt64 = 0
}

/// Caller, callee, kind and, where asked for, operations: in the order of output.
struct EdgeKey: Hashable, Comparable, Sendable {
    /// Caller above callee.
    let names: UInt64
    /// Index in `Edge.Kind.allCases`, which is sorted.
    let kind: UInt8
    /// Final operation ids, the caller's above the callee's; zero where edges are not told apart by them.
    var operations: UInt64 = 0

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
        operations = UInt64(try reader.number32()) << 32 | UInt64(try reader.number32())
    }

    func encode(into writer: inout VarintWriter) {
        writer.append(caller)
        writer.append(callee)
        writer.append(UInt64(kind))
        writer.append(callerOperation)
        writer.append(calleeOperation)
    }

    /// What tells edges with equal names apart.
    ///
    /// - Parameter pair: the number of the operations; zero where they do not matter.
    @inline(__always)
    func tag(pair: Int) -> UInt32 { UInt32(kind) | UInt32(truncatingIfNeeded: pair) &<< 3 }

    var callerOperation: UInt32 { UInt32(truncatingIfNeeded: operations >> 32) }
    var calleeOperation: UInt32 { UInt32(truncatingIfNeeded: operations) }
    var caller: UInt32 { UInt32(truncatingIfNeeded: names >> 32) }
    var callee: UInt32 { UInt32(truncatingIfNeeded: names) }
    var edgeKind: Edge.Kind { Edge.Kind.allCases[Int(kind)] }

    static func < (a: EdgeKey, b: EdgeKey) -> Bool {
        (a.names, a.kind, a.operations) < (b.names, b.kind, b.operations)
    }
}
