internal import SpanModel

/// The names of all workers made one: ids are ranks, and every worker's ids have their final ones.
///
/// Same spans and settings give the same table, however the spans were divided among workers and tables.
/// All runs are read twice, once to choose what is kept and once to number every id. Memory: what the settings keep,
/// and four bytes for each id of each table.
struct FinalNames: Sendable {
    /// Final ids by the ids of one table; `unknown` where no record uses an id.
    struct Mapping: Sendable {
        var operations: [UInt32] = [0]
        var names: [UInt32] = [0]
        static let unknown = UInt32.max
    }

    private(set) var table = NameTable()
    private(set) var mappings: [Mapping]
    let operationsFolded: UInt64
    let namesFolded: UInt64

    /// The name of what the limits leave out.
    static let other = Array("other".utf8)

    init(_ tables: [NameTableRuns], settings: AnalysisSettings) throws(ScratchError) {
        mappings = Array(repeating: Mapping(), count: tables.count)
        let folding = NameFolding(settings)
        let names = try ChosenNames(tables.map(\.names), limit: settings.services, folding)
        let operations = try ChosenOperations(
            tables.map(\.operations), limit: settings.operationsPerService, services: names, folding)
        namesFolded = names.folded
        operationsFolded = operations.folded
        buildTable(names, operations)
        try number(names, tables.map(\.names))
        try number(operations, tables.map(\.operations))
    }

    /// Numbers strings and operations by rank.
    private mutating func buildTable(_ names: ChosenNames, _ operations: ChosenOperations) {
        var texts = Set(names.finalNames)
        operations.forEachFinal { _, name in texts.insert(name) }
        for text in texts.sorted(by: { $0.lexicographicallyPrecedes($1) }) { _ = table.intern(text) }
        var pairs: Set<NameTable.Operation> = []
        operations.forEachFinal { service, name in
            pairs.insert(NameTable.Operation(service: table.intern(service), name: table.intern(name)))
        }
        let ranked = pairs.sorted { $0.service != $1.service ? $0.service < $1.service : $0.name < $1.name }
        for pair in ranked { _ = table.operation(service: pair.service, name: pair.name) }
    }

    /// Gives each table's ids of names their final ones.
    private mutating func number(_ chosen: ChosenNames, _ runs: [NameTableRuns.Place]) throws(ScratchError) {
        for index in mappings.indices { mappings[index].names.makeRoom(chosen.highestID[index]) }
        let finalIDs = chosen.kept.map { table.intern($0.final) }
        let other = chosen.folded > 0 ? table.intern(Self.other) : 0
        var merge = NameRunMerge(runs)
        var next = 0
        while try merge.next() {
            var id = other
            if next < finalIDs.count, chosen.kept[next].text == merge.first {
                id = finalIDs[next]
                next += 1
            }
            merge.forEachHolder { mappings[$0].names.set($1, id) }
        }
    }

    /// Gives each table's ids of operations their final ones.
    private mutating func number(_ chosen: ChosenOperations, _ runs: [NameTableRuns.Place]) throws(ScratchError) {
        for index in mappings.indices { mappings[index].operations.makeRoom(chosen.highestID[index]) }
        var merge = NameRunMerge(runs)
        var walk = OperationWalk(chosen)
        while try merge.next() {
            let (service, name) = walk.final(service: merge.first, name: merge.second)
            let id = table.operation(service: table.intern(service), name: table.intern(name))
            merge.forEachHolder { mappings[$0].operations.set($1, id) }
        }
    }
}

extension NameTable {
    fileprivate mutating func intern(_ text: [UInt8]) -> UInt32 { string(text.span.bytes) }
}

extension [UInt32] {
    /// Room for an id and all before it, in one allocation.
    fileprivate mutating func makeRoom(_ highestID: UInt32) {
        reserveCapacity(Int(highestID) + 1)
        append(contentsOf: repeatElement(FinalNames.Mapping.unknown, count: Swift.max(Int(highestID) + 1 - count, 0)))
    }

    /// Notes what an id becomes; a run that changed between two readings changes nothing else.
    fileprivate mutating func set(_ id: UInt32, _ final: UInt32) {
        guard id > 0, Int(id) < count else { return }
        self[Int(id)] = final
    }
}
