import Glibc
public import SpanModel

/// Why a plan should not be published: yesterday's then stays in force. Nil where nothing speaks against it.
///
/// Refused are plans whose floors alone exceed the budget, that would cost more than 1.2 times the budget, that change
/// more than half of the operations by more than a factor of four, and those made although more than a fifth of the
/// last day's roots had no weight. The first plan of all changes nothing.
///
/// - Parameters:
///   - history: as given to `planStrategies`.
///   - day: the window just stored.
/// - Returns: one sentence, the remedy last.
public func refusal(
    of strategies: StrategySet, previous: StrategySet?, history: [RootThroughput], day: Window
) -> String? {
    if strategies.status == .infeasible {
        return """
            the least probabilities alone cost \(Text.number(strategies.predictedSpansPerSecond)) spans/s and leave \
            no room in the budget of \(Text.number(strategies.budgetSpansPerSecond)); raise the budget, or lower \
            sampling.minimum_probability and the minimums and pins of sampling.overrides
            """
    }
    let (predicted, budget) = (strategies.predictedSpansPerSecond, strategies.budgetSpansPerSecond)
    if budget > 0, predicted > 1.2 * budget {
        return """
            the plan would cost \(Text.number(predicted)) spans/s, more than 1.2 times the budget of \
            \(Text.number(budget)); raise the budget, or lower minimums and pins of sampling.overrides
            """
    }
    let share = unweightedShare(history, day: day)
    if share > 0.2 {
        return """
            \(Text.percent(share)) of the last day's traces do not say how they were sampled; \
            set sampling.assumed_probability
            """
    }
    let changes = changes(from: previous, to: strategies)
    let moved = changes.count { $0 > log(4) }
    if 2 * moved > changes.count {
        return """
            \(moved) of \(changes.count) operations would change by more than a factor of 4; \
            see whether archives are missing
            """
    }
    return nil
}

/// Share of the day's roots without any evidence.
private func unweightedShare(_ history: [RootThroughput], day: Window) -> Double {
    var roots = 0.0
    var unweighted = 0.0
    for row in history where day.contains(UInt64(row.hour) * Nanoseconds.hour) {
        // Counts are below 2⁵³, so the sums are exact in any order.
        roots += Double(row.roots)
        unweighted += Double(row.unweighted)
    }
    return roots > 0 ? unweighted / roots : 0
}

/// |Δ ln p| of the operations that both sets list; pins to and from zero are the user's and do not count.
private func changes(from previous: StrategySet?, to strategies: StrategySet) -> [Double] {
    var before: [OperationKey: Double] = [:]
    for service in previous?.services ?? [] {
        for operation in service.operations {
            before[OperationKey(service: service.service, operation: operation.operation)] = operation.probability
        }
    }
    var changes: [Double] = []
    for service in strategies.services {
        for operation in service.operations where operation.probability > 0 {
            let key = OperationKey(service: service.service, operation: operation.operation)
            if let old = before[key], old > 0 { changes.append(abs(log(operation.probability / old))) }
        }
    }
    return changes
}
