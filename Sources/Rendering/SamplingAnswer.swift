public import SpanModel

/// What is to be shown of strategies besides those in force.
public enum SamplingAnswer: Sendable {
    case explanation(StrategyExplanation)
    case difference(StrategyDifference)
    case history(StrategyHistory)
    case backtest(Backtest)
    case conformance(Conformance)

    /// What it is about, where that is one window.
    var window: Window? {
        if case .conformance(let conformance) = self { conformance.window } else { nil }
    }
}

/// Why an operation has the probability it has.
public struct StrategyExplanation: Sendable {
    public var service: String
    public var strategy: OperationStrategy
    /// Of what it is a part; its services are not shown.
    public var set: StrategySet
    /// A few traces of the operation.
    public var traces: [TraceID]

    /// Of one operation's strategy, which is part of the set.
    public init(service: String, strategy: OperationStrategy, set: StrategySet, traces: [TraceID] = []) {
        self.service = service
        self.strategy = strategy
        self.set = set
        self.traces = traces
    }

    var spansPerTrace: Double {
        let traces = strategy.predictedTracesPerDay / 86_400
        return traces > 0 ? strategy.predictedSpansPerSecond / traces : 0
    }
}

/// What two versions of the strategies have different, the largest change first.
public struct StrategyDifference: Sendable {
    /// One operation, or a service's default, whose probability differs.
    public struct Change: Hashable, Sendable {
        /// Empty: services that are not listed.
        public var service: String
        /// Nil: operations that are not listed.
        public var operation: String?
        /// Nil: was not listed.
        public var before: Double?
        /// Nil: is listed no longer.
        public var after: Double?
        /// Of the later version.
        public var reason: String

        var word: String {
            guard let before else { return "new" }
            guard let after else { return "gone" }
            return after > before ? "raised" : after < before ? "lowered" : "by hour"
        }

        /// |ln(after / before)|; what appears or goes, or comes from or falls to zero, is beyond all others.
        var size: Double {
            guard let before, let after, before > 0, after > 0 else { return .infinity }
            return max(after / before, before / after)
        }
    }

    /// Nil: nothing was in force before.
    public var base: StrategySet?
    public var current: StrategySet
    public var changes: [Change]
    /// Listed in both, with equal probabilities.
    public var unchanged: Int

    /// - Parameter base: nil where `current` is the first version: all that it lists is new.
    public init(from base: StrategySet?, to current: StrategySet) {
        self.base = base
        self.current = current
        let (before, after) = (base.map(Self.entries) ?? [:], Self.entries(current))
        var changes: [Change] = []
        var unchanged = 0
        for name in Set(before.keys).union(after.keys) {
            let (old, new) = (before[name], after[name])
            if let old, let new, old.probability == new.probability, old.hours == new.hours {
                unchanged += 1
                continue
            }
            changes.append(
                Change(
                    service: name.service, operation: name.operation, before: old?.probability,
                    after: new?.probability, reason: new?.reason ?? ""))
        }
        self.unchanged = unchanged
        self.changes = changes.sorted {
            $0.size != $1.size ? $0.size > $1.size : Self.name($0) < Self.name($1)
        }
    }

    private struct Name: Hashable {
        var service: String
        var operation: String?
    }

    private static func name(_ change: Change) -> (String, String) { (change.service, change.operation ?? "") }

    private static func entries(_ set: StrategySet) -> [Name: OperationStrategy] {
        var entries = [Name(service: "", operation: nil): fallback(set.defaultProbability)]
        for service in set.services {
            entries[Name(service: service.service, operation: nil)] = fallback(service.defaultProbability)
            for operation in service.operations {
                entries[Name(service: service.service, operation: operation.operation)] = operation
            }
        }
        return entries
    }

    private static func fallback(_ probability: Double) -> OperationStrategy {
        OperationStrategy(operation: "", probability: probability, reason: "default")
    }
}

/// What was published when.
public struct StrategyHistory: Sendable {
    /// One version, or what of it concerns the names asked for.
    public struct Entry: Hashable, Sendable {
        public var versionID: Int64
        public var publishedNanoseconds: UInt64
        public var status: StrategySet.Status
        public var predictedSpansPerSecond: Double
        public var budgetSpansPerSecond: Double
        public var note: String
        /// Of the names asked for; nil where they were not listed, or none were.
        public var probability: Double?
        public var reason: String
        /// Names whose probability this version changed.
        public var changes: Int

        /// One version; times in nanoseconds since 1970, rates in spans a second, probabilities 0…1.
        public init(
            versionID: Int64, publishedNanoseconds: UInt64, status: StrategySet.Status, predictedSpansPerSecond: Double,
            budgetSpansPerSecond: Double, note: String, probability: Double? = nil, reason: String = "",
            changes: Int = 0
        ) {
            self.versionID = versionID
            self.publishedNanoseconds = publishedNanoseconds
            self.status = status
            self.predictedSpansPerSecond = predictedSpansPerSecond
            self.budgetSpansPerSecond = budgetSpansPerSecond
            self.note = note
            self.probability = probability
            self.reason = reason
            self.changes = changes
        }
    }

    /// Nil: all services.
    public var service: String?
    /// Nil: the service's default.
    public var operation: String?
    /// The latest first.
    public var entries: [Entry]

    /// The history of the names given, the latest version first.
    public init(service: String? = nil, operation: String? = nil, entries: [Entry]) {
        self.service = service
        self.operation = operation
        self.entries = entries
    }
}
