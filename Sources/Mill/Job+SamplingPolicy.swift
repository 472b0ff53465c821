import Sampling
import SpanModel

extension Job {
    /// The policy that the `sampling` section asks for.
    var samplingPolicy: SamplingPolicy {
        var policy = SamplingPolicy()
        policy.budgetSpansPerSecond = sampling.budgetSpansPerSecond
        policy.budgetBytesPerDay = sampling.budgetBytesPerDay
        policy.lookBackDays = sampling.lookbackDays
        policy.reserve = sampling.reserve
        policy.lowerBoundPerSecond = sampling.lowerBoundPerSecond
        policy.assumedProbability = sampling.assumedProbability
        policy.profile = sampling.profile == "hourly" ? .hourly : .flat
        policy.timeZone = sampling.timeZone
        policy.halfLifeDays = sampling.halfLifeDays
        policy.allocation.floorBudgetShare = sampling.floorBudgetShare
        policy.allocation.riskShare = sampling.riskShare
        policy.operationsPerService = min(operationsPerService, policy.operationsPerService)
        policy.allocation.alpha = sampling.alpha
        policy.allocation.floorTracesPerDay = sampling.floorTracesPerDay
        policy.allocation.minimumProbability = sampling.minimumProbability
        policy.allocation.deadBand = sampling.deadBand
        policy.allocation.upFactor = sampling.upFactor
        policy.partBudgets = sampling.budgets.map {
            PartBudget(pattern: Self.pattern($0.service, $0.operation), spansPerSecond: $0.spansPerSecond)
        }
        policy.overrides = sampling.overrides.map {
            SamplingOverride(
                pattern: Self.pattern($0.service, $0.operation), probability: $0.probability, minimum: $0.minimum,
                maximum: $0.maximum, weight: $0.weight)
        }
        policy.aliases = sampling.aliases.map {
            OperationAlias(service: Glob($0.service), seen: Glob($0.seen), published: $0.published)
        }
        return policy
    }

    /// The name by which tracers ask for an operation that archives show: its alias of `sampling.aliases`, else its own.
    public func publishedOperation(service: String, operation: String) -> String {
        let alias = samplingPolicy.aliases.first { $0.matches(service: service, operation: operation) }
        return alias?.published ?? operation
    }

    private static func pattern(_ service: String, _ operation: String) -> OperationPattern {
        OperationPattern(service: Glob(service), operation: Glob(operation))
    }
}
