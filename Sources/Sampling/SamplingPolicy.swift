public import SpanModel

/// What the user wants of sampling: `sampling.*` of the job file.
///
/// Without a budget no strategies are made.
public struct SamplingPolicy: Hashable, Sendable {
    /// Whether one probability holds all day, or each hour has its own.
    public enum Profile: String, Sendable { case flat, hourly }

    /// Spans kept per second, in every hour of the day.
    public var budgetSpansPerSecond: Double?
    /// Bytes of archive per day.
    public var budgetBytesPerDay: Double?
    /// Budgets of parts; an operation belongs to the first that matches.
    public var partBudgets: [PartBudget] = []
    /// The first that matches an operation holds.
    public var overrides: [SamplingOverride] = []
    /// Operations whose recorded name is not the one the sampler saw; the first match holds.
    public var aliases: [OperationAlias] = []
    /// Floors, caps, dead band and the weights of the trade-off.
    public var allocation = AllocationSettings()
    public var lookBackDays = 14
    public var profile = Profile.flat
    /// Its offsets are given with the call; the name is for display.
    public var timeZone = "UTC"
    /// For traffic that shows no evidence; applied where weights are made, here only to operations never counted.
    public var assumedProbability: Double?
    /// Traces per second, operation and process that clients keep on top; served as is.
    public var lowerBoundPerSecond = 0.0

    /// Share of the budget set aside for operations not yet known.
    public var reserve = 0.05
    /// After so many days a day counts half.
    public var halfLifeDays = 3.0
    /// What a work day counts for a weekend or holiday, and the reverse.
    public var otherDayClassWeight = 0.15
    /// Sampled traces at which an operation's own profile over the day counts as much as its service's.
    public var profileShrinkage = 50.0
    /// After so many days the memory of an operation's traffic has halved.
    public var memoryHalfLifeDays = 7.0
    /// Utility of an operation at first sight, falling to one within `noveltyDays`.
    public var noveltyUtility = 4.0
    public var noveltyDays = 7.0
    /// Utility for a day after error rate or p95 moved.
    public var changeUtility = 4.0
    /// Relative move of error rate or p95 that matters at all, however certain.
    public var minimumChange = 0.1
    /// Headroom before `headroomMinimumHours` of planned costs are known.
    public var initialHeadroom = 1.15
    public var maximumHeadroom = 1.5
    public var headroomHours = 168
    public var headroomMinimumHours = 48
    /// Days an operation that is no longer seen stays listed.
    public var keepVanishedDays = 14
    /// Beyond, the operations with least traffic fall under their service's default.
    public var operationsPerService = 2000
    /// Default probability while nothing is known, and the greatest ever.
    public var initialDefaultProbability = 0.01
    public var maximumDefaultProbability = 0.1

    /// The defaults, without a budget.
    public init() {}

    /// Whether strategies can be made at all.
    public var hasBudget: Bool { budgetSpansPerSecond != nil || budgetBytesPerDay != nil }
}

/// Which operations of which services.
public struct OperationPattern: Hashable, Sendable {
    public var service: Glob
    public var operation: Glob

    /// Every operation of every service, as far as nothing is said.
    public init(service: Glob = .all, operation: Glob = .all) {
        self.service = service
        self.operation = operation
    }

    /// Whether both names match, as a whole.
    public func matches(service name: String, operation other: String) -> Bool {
        service.matches(name) && operation.matches(other)
    }
}

/// A budget for a part of the traffic, inside the global one.
public struct PartBudget: Hashable, Sendable {
    public var pattern: OperationPattern
    /// In every hour of the day.
    public var spansPerSecond: Double

    /// - Parameter spansPerSecond: of all operations that belong to it together.
    public init(pattern: OperationPattern, spansPerSecond: Double) {
        self.pattern = pattern
        self.spansPerSecond = spansPerSecond
    }
}

/// What the user decides about an operation.
public struct SamplingOverride: Hashable, Sendable {
    public var pattern: OperationPattern
    /// Pins it; the other fields are then without meaning.
    public var probability: Double?
    public var minimum: Double?
    public var maximum: Double?
    /// Utility: 2 is worth √2 times the traces, 0 leaves only the minimum probability.
    public var weight: Double?

    /// What is nil is left to the policy. Probabilities are 0…1.
    public init(
        pattern: OperationPattern, probability: Double? = nil, minimum: Double? = nil, maximum: Double? = nil,
        weight: Double? = nil
    ) {
        self.pattern = pattern
        self.probability = probability
        self.minimum = minimum
        self.maximum = maximum
        self.weight = weight
    }
}

/// An operation that was renamed after the sampler had seen it.
public struct OperationAlias: Hashable, Sendable {
    public var service: Glob
    /// As recorded: the very name, or a pattern.
    public var seen: Glob
    /// As the sampler sees it, to the byte.
    public var published: String

    /// Of all services, as far as none is said.
    public init(service: Glob = .all, seen: Glob, published: String) {
        self.service = service
        self.seen = seen
        self.published = published
    }

    /// Whether a recorded operation is one that was renamed.
    public func matches(service name: String, operation: String) -> Bool {
        service.matches(name) && (seen.description == operation || seen.matches(operation))
    }
}
