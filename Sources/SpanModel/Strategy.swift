/// The probability of one operation, with the reason it is what it is.
public struct OperationStrategy: Hashable, Sendable {
    public var operation: String
    /// 0…1, exactly 1 − T/2⁵⁶ for a threshold T of four significant hex digits; with hours, their mean.
    public var probability: Double
    /// By hour of the day in UTC, 24 of them; empty: one probability all day.
    public var hours: [Double]
    /// Nil for an operation that had none.
    public var previousProbability: Double?
    /// One sentence: what bound the number.
    public var reason: String
    /// Where the weights of its traffic came from.
    public var evidence: WeightEvidence
    /// Estimated true traces per second.
    public var estimatedRatePerSecond: Double
    public var predictedTracesPerDay: Double
    public var predictedSpansPerSecond: Double
    /// Every step of the calculation, in order, for `explain`.
    public var steps: [ExplanationStep]

    public init(
        operation: String, probability: Double, previousProbability: Double? = nil, reason: String = "",
        evidence: WeightEvidence = .none, estimatedRatePerSecond: Double = 0, predictedTracesPerDay: Double = 0,
        predictedSpansPerSecond: Double = 0, steps: [ExplanationStep] = [], hours: [Double] = []
    ) {
        self.operation = operation
        self.probability = probability
        self.hours = hours
        self.previousProbability = previousProbability
        self.reason = reason
        self.evidence = evidence
        self.estimatedRatePerSecond = estimatedRatePerSecond
        self.predictedTracesPerDay = predictedTracesPerDay
        self.predictedSpansPerSecond = predictedSpansPerSecond
        self.steps = steps
    }

    /// The probability in force at an instant.
    public func probability(atNanoseconds instant: UInt64) -> Double {
        guard !hours.isEmpty else { return probability }
        return hours[Int(instant / Nanoseconds.hour % 24) % hours.count]
    }
}

/// One fact of an explanation.
public struct ExplanationStep: Hashable, Sendable {
    /// A short name: `level`, `cap`, `floor`, …
    public var step: String
    public var value: Double
    /// `traces/s`, `probability`, …; empty for a pure number.
    public var unit: String
    /// Where the value comes from, in words.
    public var source: String

    public init(step: String, value: Double, unit: String, source: String) {
        self.step = step
        self.value = value
        self.unit = unit
        self.source = source
    }
}

/// The strategies of one service.
public struct ServiceStrategy: Hashable, Sendable {
    public var service: String
    /// For operations that are not listed.
    public var defaultProbability: Double
    public var lowerBoundPerSecond: Double
    /// By operation.
    public var operations: [OperationStrategy]

    public init(
        service: String, defaultProbability: Double, lowerBoundPerSecond: Double = 0, operations: [OperationStrategy]
    ) {
        self.service = service
        self.defaultProbability = defaultProbability
        self.lowerBoundPerSecond = lowerBoundPerSecond
        self.operations = operations
    }
}

/// One complete answer to "what shall be sampled": what is served, published and remembered.
public struct StrategySet: Hashable, Sendable {
    public enum Status: String, Sendable {
        /// The budget binds and holds.
        case ok
        /// All traffic fits the budget.
        case slack
        /// The floors alone exceed the budget.
        case infeasible
    }

    /// Given by the store; zero until stored.
    public var versionID: Int64
    /// Nil until published.
    public var publishedAtNanoseconds: UInt64?
    public var budgetSpansPerSecond: Double
    public var predictedSpansPerSecond: Double
    public var status: Status
    /// For services that are not listed.
    public var defaultProbability: Double
    /// By service.
    public var services: [ServiceStrategy]
    /// What the plan expects to be kept in each hour (since the Unix epoch) it was made for; empty where there is none.
    public var plannedSpansPerSecond: [UInt32: Double]
    /// Why it came about, where that was no ordinary run: a roll-back, a forced plan; else empty.
    public var note: String

    public init(
        versionID: Int64 = 0, publishedAtNanoseconds: UInt64? = nil, budgetSpansPerSecond: Double,
        predictedSpansPerSecond: Double, status: Status, defaultProbability: Double, services: [ServiceStrategy],
        plannedSpansPerSecond: [UInt32: Double] = [:], note: String = ""
    ) {
        self.versionID = versionID
        self.publishedAtNanoseconds = publishedAtNanoseconds
        self.budgetSpansPerSecond = budgetSpansPerSecond
        self.predictedSpansPerSecond = predictedSpansPerSecond
        self.status = status
        self.defaultProbability = defaultProbability
        self.services = services
        self.plannedSpansPerSecond = plannedSpansPerSecond
        self.note = note
    }

    /// Whether some operation has another probability every hour.
    public var isHourly: Bool { services.contains { $0.operations.contains { !$0.hours.isEmpty } } }

    /// What is served at an instant: of the hours only the one it is.
    public func inForce(atNanoseconds instant: UInt64) -> StrategySet {
        guard isHourly else { return self }
        var set = self
        for service in services.indices {
            for operation in services[service].operations.indices {
                let strategy = services[service].operations[operation]
                set.services[service].operations[operation].probability = strategy.probability(atNanoseconds: instant)
                set.services[service].operations[operation].hours = []
            }
        }
        return set
    }
}
