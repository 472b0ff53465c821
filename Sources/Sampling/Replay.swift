import Glibc
public import SpanModel

/// Replays stored days: what plans made before a day would have cost and told, on the day's estimated traffic.
///
/// All figures are expectations: sampling is not drawn. Beside the plan stand what was in force, the best plan with
/// hindsight, and two simple rules that spend as much as the plan.
public struct Replay: Sendable {
    private let policy: SamplingPolicy
    private var days: [Window] = []
    private var tallies: [Backtest.Rule: RuleTally] = [:]

    /// A replay without a day yet.
    public init(policy: SamplingPolicy) { self.policy = policy }

    /// Adds a day.
    ///
    /// - Parameters:
    ///   - truth: roots of the day; rows of other hours are ignored.
    ///   - planned: made from what was known before the day; its changes are measured against its own previous
    ///     probabilities.
    ///   - published: in force on the day, and on the day before.
    public mutating func add(
        _ day: Window, truth: [RootThroughput], planned: StrategySet, published: StrategySet?,
        publishedBefore: StrategySet?
    ) {
        let traffic = DayTraffic(truth, day: day, policy: policy)
        guard !traffic.operations.isEmpty else { return }
        days.append(day)
        let plan = traffic.probabilities(planned)
        let spend = traffic.cost(plan).reduce(0, +)
        var hindsight: [[Double]] = []
        var rules: [(Backtest.Rule, [[Double]])] = [(.planned, plan)]
        if let published { rules.append((.published, traffic.probabilities(published))) }
        hindsight = traffic.hindsight()
        rules.append((.hindsight, hindsight))
        rules.append((.fixed, traffic.fixed(spend: spend)))
        rules.append((.jaeger, traffic.jaeger(spend: spend)))
        for (rule, probabilities) in rules {
            tallies[rule, default: RuleTally()].add(
                traffic, probabilities, hindsightLoss: traffic.loss(hindsight), policy: policy)
        }
        tallies[.planned]?.addChanges(Self.changes(planned))
        if let published, let publishedBefore {
            tallies[.published]?.addChanges(Self.changes(published, since: publishedBefore))
        }
    }

    /// The table.
    public func backtest(notes: [String] = []) -> Backtest {
        let figures = Backtest.Rule.allCases.compactMap { rule in tallies[rule]?.figures(rule) }
        return Backtest(days: days, figures: figures, notes: notes)
    }

    private static func changes(_ set: StrategySet) -> [Double] {
        set.services.flatMap(\.operations).compactMap { operation in
            operation.previousProbability.map { change(from: $0, to: operation.probability) }
        }
    }

    private static func changes(_ set: StrategySet, since before: StrategySet) -> [Double] {
        var old: [OperationKey: Double] = [:]
        for service in before.services {
            for operation in service.operations {
                old[OperationKey(service: service.service, operation: operation.operation)] = operation.probability
            }
        }
        return set.services.flatMap { service in
            service.operations.compactMap { operation in
                old[OperationKey(service: service.service, operation: operation.operation)].map {
                    change(from: $0, to: operation.probability)
                }
            }
        }
    }

    private static func change(from old: Double, to new: Double) -> Double {
        old > 0 && new > 0 ? abs(log(new / old)) : old == new ? 0 : 1
    }
}

/// What one rule came to.
private struct RuleTally: Sendable {
    var days = 0
    var ratios: [Double] = []
    var spans = 0.0
    var seen = 0.0
    var held = 0.0
    var operationDays = 0.0
    var loss = 0.0
    var hindsightLoss = 0.0
    var changes: [Double]?

    mutating func add(
        _ traffic: DayTraffic, _ probabilities: [[Double]], hindsightLoss: Double, policy: SamplingPolicy
    ) {
        days += 1
        ratios += traffic.ratios(probabilities)
        spans += traffic.cost(probabilities).reduce(0, +) / 24
        for (operation, own) in zip(traffic.operations, probabilities) where operation.traces >= 1 {
            var missed = 0.0
            for (n, p) in zip(operation.tracesByHour, own) { missed += n * log1p(-min(p, 1 - 1e-12)) }
            let expected = zip(operation.tracesByHour, own).reduce(0) { $0 + $1.0 * $1.1 }
            operationDays += 1
            seen += 1 - exp(missed)
            // Probabilities are rounded down to a threshold: a hair below the floor is the floor.
            if expected >= 0.99 * min(policy.allocation.floorTracesPerDay, operation.traces) { held += 1 }
        }
        loss += traffic.loss(probabilities)
        self.hindsightLoss += hindsightLoss
    }

    mutating func addChanges(_ more: [Double]) { changes = (changes ?? []) + more }

    func figures(_ rule: Backtest.Rule) -> Backtest.Figures {
        var figures = Backtest.Figures(rule: rule)
        let sorted = ratios.sorted()
        func quantile(_ q: Double) -> Double {
            sorted.isEmpty ? 0 : sorted[max(0, Int((q * Double(sorted.count)).rounded(.up)) - 1)]
        }
        figures.spansPerSecond = days > 0 ? spans / Double(days) : 0
        (figures.costP50, figures.costP90, figures.costMaximum) = (quantile(0.5), quantile(0.9), sorted.last ?? 0)
        figures.hoursOver = Double(sorted.count { $0 > 1 }) / Double(max(sorted.count, 1))
        figures.coverage = operationDays > 0 ? seen / operationDays : 1
        figures.floorCoverage = operationDays > 0 ? held / operationDays : 1
        figures.loss = hindsightLoss > 0 ? loss / hindsightLoss : 1 + loss
        if let changes, !changes.isEmpty {
            figures.churn = changes.reduce(0, +) / Double(changes.count)
            figures.moved = Double(changes.count { $0 > 1e-12 }) / Double(changes.count)
        }
        return figures
    }
}
