import Glibc
public import SpanModel

/// The constants of one allocation; the defaults are those of the rule's derivation and simulation.
public struct AllocationSettings: Hashable, Sendable {
    /// How far big operations are favoured: 0 treats all alike, 1 weighs by traffic.
    public var alpha = 0.25
    /// Importance of the count, of the tail latency and of the error rate of an operation.
    public var countWeight = 1.0
    public var tailWeight = 0.2
    public var errorWeight = 0.02
    /// Which quantile "tail" means.
    public var tailQuantile = 0.99
    /// Error rates below it count as it.
    public var errorRateFloor = 0.01
    /// Bounds of the variance coefficient.
    public var minimumVariance = 0.25
    public var maximumVariance = 16.0
    /// What every operation shall yield, in sampled traces a day.
    public var floorTracesPerDay = 30.0
    /// The greatest share of the budget that floors may take together.
    public var floorBudgetShare = 0.5
    public var minimumProbability = 1e-5
    public var maximumProbability = 1.0
    /// The greatest raise in one run.
    public var upFactor = 2.0
    /// A raise beyond it is allowed while even the upper traffic limit costs no more than this share of the budget.
    public var riskShare = 0.005
    /// Relative change that is not worth making: 0.15 keeps a probability within a factor of 1.15.
    public var deadBand = 0.15
    public var windowSeconds = 86_400.0

    /// The defaults.
    public init() {}
}

/// One operation as the allocation sees it.
public struct AllocationOperation: Hashable, Sendable {
    /// True traces per second.
    public var rate: Double
    /// Of one trace, in the unit of the budget: spans or bytes.
    public var cost: Double
    /// From `varianceCoefficient`.
    public var variance: Double
    /// How much more than others it matters.
    public var utility: Double
    /// Nil where it had none: then no limit on the raise.
    public var previousProbability: Double?
    /// Traces per second it may reach at worst; nil: its rate.
    public var upperRate: Double?
    /// Bounds set by the user, stronger than cap and floor; the minimum is stronger than the maximum.
    public var minimum: Double
    public var maximum: Double

    /// An operation that matters as much as others, unless told otherwise.
    public init(
        rate: Double, cost: Double = 1, variance: Double = 1, utility: Double = 1, previousProbability: Double? = nil,
        upperRate: Double? = nil, minimum: Double = 0, maximum: Double = 1
    ) {
        self.rate = rate
        self.cost = cost
        self.variance = variance
        self.utility = utility
        self.previousProbability = previousProbability
        self.upperRate = upperRate
        self.minimum = minimum
        self.maximum = maximum
    }
}

/// The probabilities of one allocation and what bound them; arrays are parallel to the operations.
public struct Allocation: Hashable, Sendable {
    public var probabilities: [Double]
    /// θ of the last fill.
    public var level: Double
    public var status: StrategySet.Status
    /// What the floors came to, in sampled traces a day.
    public var floorTracesPerDay: Double
    /// Kept at the previous probability by the dead band.
    public var frozen: [Bool]
    public var floors: [Double]
    public var caps: [Double]
    /// As the first fill gave them.
    public var beforeDeadBand: [Double]
}

/// a: the relative variance that one sampled trace of the operation leaves, of count, tail latency and error rate.
///
/// - Parameter sigma: standard deviation of the natural logarithm of the duration.
public func varianceCoefficient(
    sigma: Double, errors: Double, samples: Double, settings: AllocationSettings = AllocationSettings()
) -> Double {
    let rate = (errors + 0.5) / (samples + 1)
    let known = max(rate, settings.errorRateFloor)
    let sum =
        settings.countWeight + settings.tailWeight * tailCoefficient(settings.tailQuantile) * sigma * sigma
        + settings.errorWeight * rate * (1 - rate) / (known * known)
    return min(settings.maximumVariance, max(settings.minimumVariance, sum))
}

/// The least probabilities that still yield `floorTracesPerDay` of every operation.
///
/// Shrunk together if they would take more than their share of the budget.
///
/// - Returns: the floors, and the traces a day they came to.
public func coverageFloors(
    _ operations: [AllocationOperation], caps: [Double], budget: Double, settings: AllocationSettings
) -> (floors: [Double], tracesPerDay: Double) {
    let rates = operations.map { max($0.rate, 1e-12) }
    let costs = operations.indices.map { rates[$0] * operations[$0].cost }
    func floors(_ traces: Double) -> [Double] {
        operations.indices.map {
            let wanted = min(1, traces / (rates[$0] * settings.windowSeconds))
            return min(caps[$0], max(settings.minimumProbability, operations[$0].minimum, wanted))
        }
    }
    let limit = settings.floorBudgetShare * budget
    let wanted = floors(settings.floorTracesPerDay)
    if total(costs, wanted) <= limit { return (wanted, settings.floorTracesPerDay) }
    var low = 0.0
    var high = settings.floorTracesPerDay
    for _ in 0..<100 {
        let middle = (low + high) / 2
        if total(costs, floors(middle)) <= limit { low = middle } else { high = middle }
    }
    return (floors(low), low)
}

/// The probabilities of one window under one budget: caps, floors, water-fill and dead band.
///
/// - Parameter budget: cost per second, in the unit of the operations' cost.
/// - Complexity: O(n log n).
public func allocate(
    _ operations: [AllocationOperation], budget: Double, settings: AllocationSettings = AllocationSettings()
) -> Allocation {
    let rates = operations.map { max($0.rate, 1e-12) }
    let costs = operations.indices.map { rates[$0] * operations[$0].cost }
    let gains = operations.indices.map {
        pow(rates[$0], settings.alpha - 1)
            * (operations[$0].utility * operations[$0].variance / operations[$0].cost).squareRoot()
    }
    let caps = operations.map { cap($0, budget: budget, settings: settings) }
    let (floors, traces) = coverageFloors(operations, caps: caps, budget: budget, settings: settings)
    let fill = waterFill(cost: costs, gain: gains, minimum: floors, maximum: caps, budget: budget)
    var allocation = Allocation(
        probabilities: fill.probabilities, level: fill.level, status: fill.status, floorTracesPerDay: traces,
        frozen: operations.map { _ in false }, floors: floors, caps: caps, beforeDeadBand: fill.probabilities)
    if fill.status == .ok, settings.deadBand > 0 {
        freeze(&allocation, operations, costs: costs, gains: gains, budget: budget, settings: settings)
    }
    return allocation
}

private func cap(_ operation: AllocationOperation, budget: Double, settings: AllocationSettings) -> Double {
    var cap = settings.maximumProbability
    if let previous = operation.previousProbability {
        let upperRate = max(operation.upperRate ?? max(operation.rate, 1e-12), 1e-12)
        let harmless = settings.riskShare * budget / (upperRate * operation.cost)
        cap = min(cap, max(settings.upFactor * previous, harmless))
    }
    return max(min(max(cap, settings.minimumProbability), operation.maximum), operation.minimum)
}

/// Keeps what hardly moved at its previous probability and fills the others again with what is left.
private func freeze(
    _ allocation: inout Allocation, _ operations: [AllocationOperation], costs: [Double], gains: [Double],
    budget: Double, settings: AllocationSettings
) {
    let band = log(1 + settings.deadBand)
    for _ in 0..<3 {
        var minimum = allocation.floors
        var maximum = allocation.caps
        var frozen = allocation.frozen
        for (i, operation) in operations.enumerated() {
            frozen[i] = false
            guard let previous = operation.previousProbability, previous > 0, allocation.floors[i] <= previous,
                previous <= allocation.caps[i], abs(log(allocation.probabilities[i] / previous)) <= band
            else { continue }
            frozen[i] = true
            minimum[i] = previous
            maximum[i] = previous
        }
        if frozen == allocation.frozen { return }
        let fill = waterFill(cost: costs, gain: gains, minimum: minimum, maximum: maximum, budget: budget)
        if fill.status == .infeasible { return }
        allocation.probabilities = fill.probabilities
        allocation.level = fill.level
        allocation.status = fill.status
        allocation.frozen = frozen
    }
}
