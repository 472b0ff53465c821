internal import SpanModel

/// The services and other sides that are kept, the most used, services first; all others become one.
struct ChosenNames {
    /// Ascending by what the name is in the archives; `final` is what it becomes.
    private(set) var kept: [(text: [UInt8], final: [UInt8])] = []
    /// Distinct names left out.
    private(set) var folded: UInt64 = 0
    /// By table.
    private(set) var highestID: [UInt32]

    init(_ runs: [NameTableRuns.Place], limit: Int, _ folding: NameFolding) throws(ScratchError) {
        highestID = Array(repeating: 0, count: runs.count)
        var merge = NameRunMerge(runs)
        var chosen = MostFrequent(limit: limit)
        var distinct: UInt64 = 0
        while try merge.next() {
            guard !merge.first.isEmpty else { throw .corrupt("memory", "a name is empty") }
            chosen.add(.init(role: merge.role, count: merge.count, text: merge.first))
            merge.forEachHolder { highestID[$0] = max(highestID[$0], $1) }
            distinct += 1
        }
        kept = chosen.finish().map { ($0.text, folding.name($0.text)) }
        folded = distinct - UInt64(kept.count)
    }

    /// Everything that may be called so.
    var finalNames: [[UInt8]] { kept.map(\.final) + (folded > 0 ? [FinalNames.other] : []) }
}

/// The operations that are kept: the most used of each service; all others of a service become one, and so do all of
/// services that are not kept.
struct ChosenOperations {
    /// One service of the archives, if it is kept.
    struct Service {
        let text: [UInt8]
        let final: [UInt8]
        /// Final names, ascending.
        var kept: [[UInt8]] = []
        /// Distinct names that became `other`.
        var folded: UInt64 = 0
        /// nil where no template is for the service.
        let folding: NameFolding?
    }

    /// Ascending by `text`.
    private(set) var services: [Service] = []
    /// Distinct operations of services that are not kept.
    private var foldedElsewhere: UInt64 = 0
    /// By table.
    private(set) var highestID: [UInt32]

    var folded: UInt64 { services.reduce(foldedElsewhere) { $0 + $1.folded } }

    init(
        _ runs: [NameTableRuns.Place], limit: Int, services names: ChosenNames, _ folding: NameFolding
    ) throws(ScratchError) {
        highestID = Array(repeating: 0, count: runs.count)
        let finalNames = Set(names.finalNames)
        var merge = NameRunMerge(runs)
        var before: [UInt8]?
        var choice: OperationChoice?
        while try merge.next() {
            if merge.first != before {
                close(choice)
                before = merge.first
                let final = folding.name(merge.first)
                let concerned = folding.concerns(service: merge.first) ? folding : nil
                let service = Service(text: merge.first, final: final, folding: concerned)
                let isKept = final.isEmpty || finalNames.contains(final)
                choice = isKept ? OperationChoice(service, limit: limit) : nil
            }
            if choice == nil { foldedElsewhere += 1 }
            choice?.add(merge.second, count: merge.count)
            merge.forEachHolder { highestID[$0] = max(highestID[$0], $1) }
        }
        close(choice)
    }

    private mutating func close(_ choice: consuming OperationChoice?) {
        if let service = choice?.finish() { services.append(service) }
    }

    /// Every service and name that is left, some several times.
    func forEachFinal(_ body: (_ service: [UInt8], _ name: [UInt8]) -> Void) {
        for service in services {
            for name in service.kept { body(service.final, name) }
            if service.folded > 0 { body(service.final, FinalNames.other) }
        }
        if foldedElsewhere > 0 { body(FinalNames.other, FinalNames.other) }
    }
}

/// Says what operations become, as they come by a second time in the same order.
struct OperationWalk {
    private let services: [ChosenOperations.Service]
    private var service = 0
    private var kept = 0
    /// With templates, names come in another order than what they become.
    private var names: Set<[UInt8]> = []

    init(_ chosen: ChosenOperations) {
        services = chosen.services
        enter()
    }

    /// The final service and name of the next operation.
    mutating func final(service text: [UInt8], name: [UInt8]) -> (service: [UInt8], name: [UInt8]) {
        while service < services.count, services[service].text.lexicographicallyPrecedes(text) {
            service += 1
            enter()
        }
        guard service < services.count, services[service].text == text else {
            return (FinalNames.other, FinalNames.other)
        }
        if let folding = services[service].folding {
            let folded = folding.operation(name, service: services[service].final)
            return (services[service].final, names.contains(folded) ? folded : FinalNames.other)
        }
        guard kept < services[service].kept.count, services[service].kept[kept] == name else {
            return (services[service].final, FinalNames.other)
        }
        kept += 1
        return (services[service].final, name)
    }

    private mutating func enter() {
        kept = 0
        names = service < services.count && services[service].folding != nil ? Set(services[service].kept) : []
    }
}

/// Chooses the operations of one service as their names come by.
private struct OperationChoice {
    private var service: ChosenOperations.Service
    private var chosen: MostFrequent
    private var distinct: UInt64 = 0
    /// With templates: what the names became, and how many did.
    private var variants: [[UInt8]: (count: UInt64, names: UInt64)] = [:]

    init(_ service: ChosenOperations.Service, limit: Int) {
        self.service = service
        chosen = MostFrequent(limit: limit)
    }

    mutating func add(_ name: [UInt8], count: UInt64) {
        distinct += 1
        guard let folding = service.folding else {
            return chosen.add(.init(role: 0, count: count, text: name))
        }
        let text = folding.operation(name, service: service.final)
        let variant = variants[text] ?? (0, 0)
        variants[text] = (variant.count.addingSaturating(count), variant.names + 1)
    }

    /// The service with what is kept of it.
    mutating func finish() -> ChosenOperations.Service {
        for (text, variant) in variants { chosen.add(.init(role: 0, count: variant.count, text: text)) }
        service.kept = chosen.finish().map(\.text)
        let keptNames =
            service.folding == nil
            ? UInt64(service.kept.count) : service.kept.reduce(0) { $0 + (variants[$1]?.names ?? 0) }
        service.folded = distinct - keptNames
        return service
    }
}
