internal import SpanModel

/// The names of all workers made one: ids are ranks, and every worker's ids have their final ones.
///
/// Same spans and settings give the same table, however the spans were divided among workers and tables.
/// Memory: what the settings keep, four bytes for each id of each table and for each distinct operation.
struct FinalNames: Sendable {
    /// Final ids by the ids of one table; `unknown` where no record uses an id.
    struct Mapping: Sendable {
        var operations: [UInt32] = [0]
        var names: [UInt32] = [0]
        static let unknown = UInt32.max
    }

    private(set) var table = NameTable()
    private(set) var mappings: [Mapping]
    private(set) var operationsFolded: UInt64 = 0
    private(set) var namesFolded: UInt64 = 0

    /// The name of what the limits leave out.
    static let other = Array("other".utf8)

    private var keptNames: [[UInt8]] = []
    private var keptOperations: [(service: [UInt8], name: [UInt8])] = []
    /// By place in the merged runs: index into the lists above.
    private var nameChoice: [UInt32] = []
    private var operationChoice: [UInt32] = []
    /// Operations whose choice is made.
    private var closed = 0

    init(_ tables: [NameTableRuns], settings: AnalysisSettings) throws(ScratchError) {
        mappings = Array(repeating: Mapping(), count: tables.count)
        let folding = NameFolding(settings)
        try chooseNames(tables.map(\.names), limit: settings.services, folding)
        try chooseOperations(tables.map(\.operations), limit: settings.operationsPerService, folding)
        buildTable()
        resolve()
    }

    /// Keeps the most used names, services first.
    private mutating func chooseNames(
        _ runs: [NameTableRuns.Place], limit: Int, _ folding: NameFolding
    ) throws(ScratchError) {
        var merge = NameRunMerge(runs)
        var chosen = MostFrequent(limit: limit)
        var ordinal: UInt32 = 0
        while try merge.next() {
            guard !merge.first.isEmpty else { throw .corrupt("memory", "a name is empty") }
            chosen.add(.init(role: merge.role, count: merge.count, text: merge.first, ordinal: ordinal))
            merge.forEachHolder { mappings[$0].set(\.names, $1, ordinal) }
            ordinal += 1
        }
        let kept = chosen.finish()
        namesFolded = UInt64(ordinal) - UInt64(kept.count)
        keptNames = kept.map { folding.name($0.text) }
        // One more stands for all others; unused when nothing is folded.
        nameChoice = Array(repeating: UInt32(kept.count), count: Int(ordinal))
        for (index, name) in kept.enumerated() { nameChoice[Int(name.ordinal)] = UInt32(index) }
        if namesFolded > 0 { keptNames.append(Self.other) }
    }

    /// Keeps the most used operations of each service; all of a service that is folded become one.
    private mutating func chooseOperations(
        _ runs: [NameTableRuns.Place], limit: Int, _ folding: NameFolding
    ) throws(ScratchError) {
        let services = Set(keptNames)
        var merge = NameRunMerge(runs)
        var service: [UInt8]?
        var choice = OperationChoice(service: [], limit: limit, folding: nil)
        while try merge.next() {
            if merge.first != service {
                close(&choice)
                service = merge.first
                let name = folding.name(merge.first)
                let isKept = name.isEmpty || services.contains(name)
                choice = OperationChoice(
                    service: isKept ? name : Self.other, limit: isKept ? limit : 0,
                    folding: isKept && folding.concerns(service: merge.first) ? folding : nil)
            }
            let ordinal = UInt32(operationChoice.count)
            choice.add(merge.second, count: merge.count, ordinal: ordinal)
            merge.forEachHolder { mappings[$0].set(\.operations, $1, ordinal) }
            operationChoice.append(Mapping.unknown)
        }
        close(&choice)
    }

    /// Says what becomes of the operations since the last call, all of one service.
    private mutating func close(_ choice: inout OperationChoice) {
        for (text, ordinals) in choice.finish() {
            for ordinal in ordinals { operationChoice[Int(ordinal)] = UInt32(keptOperations.count) }
            keptOperations.append((choice.service, text))
        }
        let other = UInt32(keptOperations.count)
        var folded: UInt64 = 0
        while closed < operationChoice.count {
            if operationChoice[closed] == Mapping.unknown {
                operationChoice[closed] = other
                folded += 1
            }
            closed += 1
        }
        guard folded > 0 else { return }
        keptOperations.append((choice.service, Self.other))
        operationsFolded += folded
    }

    /// Numbers strings and operations by rank, and points the choices at the numbers.
    private mutating func buildTable() {
        var texts = Set(keptNames)
        for operation in keptOperations { texts.insert(operation.name) }
        for text in texts.sorted(by: { $0.lexicographicallyPrecedes($1) }) { _ = table.intern(text) }
        let names = keptNames.map { table.intern($0) }
        let pairs = keptOperations.map {
            NameTable.Operation(service: table.intern($0.service), name: table.intern($0.name))
        }
        let ranked = Set(pairs).sorted { $0.service != $1.service ? $0.service < $1.service : $0.name < $1.name }
        for pair in ranked { _ = table.operation(service: pair.service, name: pair.name) }
        let operations = pairs.map { table.operation(service: $0.service, name: $0.name) }
        for index in nameChoice.indices { nameChoice[index] = names[Int(nameChoice[index])] }
        for index in operationChoice.indices { operationChoice[index] = operations[Int(operationChoice[index])] }
    }

    /// Turns places into final ids.
    private mutating func resolve() {
        for index in mappings.indices {
            mappings[index].names.replacePlaces(by: nameChoice)
            mappings[index].operations.replacePlaces(by: operationChoice)
        }
        (keptNames, keptOperations, nameChoice, operationChoice) = ([], [], [], [])
    }
}

/// Chooses the operations of one service as their names come by.
private struct OperationChoice {
    let service: [UInt8]
    private let folding: NameFolding?
    private var chosen: MostFrequent
    /// With templates: what the names became, and which ones they were.
    private var variants: [[UInt8]: (count: UInt64, ordinals: [UInt32])] = [:]

    /// - Parameter folding: nil where no template is for the service.
    init(service: [UInt8], limit: Int, folding: NameFolding?) {
        self.service = service
        self.folding = folding
        chosen = MostFrequent(limit: limit)
    }

    mutating func add(_ name: [UInt8], count: UInt64, ordinal: UInt32) {
        guard let folding else {
            return chosen.add(.init(role: 0, count: count, text: name, ordinal: ordinal))
        }
        let text = folding.operation(name, service: service)
        variants[text, default: (0, [])].count.addSaturating(count)
        variants[text, default: (0, [])].ordinals.append(ordinal)
    }

    /// The names kept, each with the places of those that became it.
    mutating func finish() -> [(text: [UInt8], ordinals: [UInt32])] {
        guard folding != nil else { return chosen.finish().map { ($0.text, [$0.ordinal]) } }
        for (text, variant) in variants {
            chosen.add(.init(role: 0, count: variant.count, text: text, ordinal: variant.ordinals[0]))
        }
        return chosen.finish().map { ($0.text, variants[$0.text]?.ordinals ?? []) }
    }
}

extension NameTable {
    fileprivate mutating func intern(_ text: [UInt8]) -> UInt32 { string(text.span.bytes) }
}

extension UInt64 {
    fileprivate mutating func addSaturating(_ other: UInt64) { self = addingSaturating(other) }
}

extension FinalNames.Mapping {
    /// Notes the place of an id's name.
    fileprivate mutating func set(_ list: WritableKeyPath<Self, [UInt32]>, _ id: UInt32, _ place: UInt32) {
        self[keyPath: list].cover(Int(id))
        self[keyPath: list][Int(id)] = place
    }
}

extension [UInt32] {
    fileprivate mutating func cover(_ index: Int) {
        guard count <= index else { return }
        append(contentsOf: repeatElement(FinalNames.Mapping.unknown, count: index + 1 - count))
    }

    /// Id zero is the empty name everywhere.
    fileprivate mutating func replacePlaces(by ids: [UInt32]) {
        for index in indices.dropFirst() where self[index] != FinalNames.Mapping.unknown {
            self[index] = ids[Int(self[index])]
        }
    }
}
