import SpanModel

extension TextPage {
    /// The strategies in force: budget, then every operation with its reason.
    mutating func sampling(_ set: StrategySet?) {
        guard let set else { return line("no strategies yet: run makes them") }
        fact(
            "version",
            [set.versionID == 0 ? "not stored" : String(set.versionID), publishedText(set)]
                + (set.note.isEmpty ? [] : [name(set.note)]))
        fact("budget", budgetParts(set), set.status == .infeasible ? .warning : .plain)
        fact("sampling", samplingParts(set))
        line()
        strategies(Self.all(set), top: .max)
        line()
        line(
            parts: ["rates and forecasts are estimates (~)", "other operations: the service's default, shown as *"],
            .dim)
    }

    private func publishedText(_ set: StrategySet) -> String {
        set.publishedAtNanoseconds.map { "published \(Timestamp.minuteText($0)) UTC" } ?? "not published"
    }

    private func budgetParts(_ set: StrategySet) -> [String] {
        let status =
            switch set.status {
            case .ok: "within the budget"
            case .slack: "all traffic fits the budget"
            case .infeasible: "! the least probabilities alone exceed the budget"
            }
        return [
            "\(Quantity.significant(set.budgetSpansPerSecond)) spans/s allowed",
            "~\(Quantity.significant(set.predictedSpansPerSecond)) predicted", status,
        ]
    }

    /// `214 operations`, `31 raised`, `18 lowered`, `165 unchanged`.
    func samplingParts(_ set: StrategySet) -> [String] {
        let operations = set.services.flatMap(\.operations)
        func count(_ condition: (Double?, Double) -> Bool) -> UInt64 {
            UInt64(operations.count { condition($0.previousProbability, $0.probability) })
        }
        let parts: [(UInt64, String)] = [
            (count { before, now in before.map { $0 < now } ?? false }, "raised"),
            (count { before, now in before.map { $0 > now } ?? false }, "lowered"),
            (count { before, now in before == now }, "unchanged"), (count { before, _ in before == nil }, "new"),
        ]
        return [Quantity.count(UInt64(operations.count), "operation")]
            + parts.filter { $0.0 > 0 }.map { "\(Quantity.count($0.0)) \($0.1)" }
    }

    /// A row of the table: an operation, or a service's default.
    struct StrategyRow {
        var service: String
        var operation: OperationStrategy?
        var probability: Double
    }

    private static func all(_ set: StrategySet) -> [StrategyRow] {
        set.services.flatMap { service in
            service.operations.map {
                StrategyRow(service: service.service, operation: $0, probability: $0.probability)
            } + [StrategyRow(service: service.service, operation: nil, probability: service.defaultProbability)]
        } + [StrategyRow(service: "*", operation: nil, probability: set.defaultProbability)]
    }

    /// Operations by how far their probability moved, as a ratio.
    static func changes(_ set: StrategySet) -> [StrategyRow] {
        let rows = all(set).filter { $0.operation != nil }.enumerated().map { index, row in
            let before = row.operation?.previousProbability ?? 0
            let ratio = before > 0 && row.probability > 0 ? max(row.probability / before, before / row.probability) : 0
            return (row, ratio, index)
        }
        return rows.sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.2 < $1.2 }.map(\.0)
    }

    mutating func strategies(_ rows: [StrategyRow], top: Int) {
        var table = TextTable([
            .name("service"), .name("operation"), .figure("probability"), .figure("before", .ifShortNamesFit),
            .figure("traffic", .ifShortNamesFit), .figure("kept/day", .ifNamesFit), .word("weights from"),
            .prose("because"),
        ])
        var previous: String?
        for row in rows.prefix(top) {
            let operation = row.operation
            let moved = operation?.previousProbability.map { $0 != row.probability } ?? false
            table.add([
                .init(name(row.service), row.service == previous ? .dim : .plain),
                .init(operation.map { name($0.operation) } ?? "*"),
                .init(Quantity.significant(row.probability), moved ? .strong : .plain),
                .init(operation?.previousProbability.map { Quantity.significant($0) } ?? sign(.dash), .dim),
                .init(operation.map { "~" + Quantity.rate($0.estimatedRatePerSecond) } ?? ""),
                .init(operation.map { Quantity.estimate($0.predictedTracesPerDay) } ?? ""),
                .init(operation?.evidence.label ?? "", .dim),
                .init(operation.map { name($0.reason) } ?? "default", .dim),
            ])
            previous = row.service
        }
        self.table(table)
    }
}
