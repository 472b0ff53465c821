import SpanModel

/// An operation of the plan with what the user decided about it.
struct Candidate {
    var forecast: Forecast
    /// As the allocation sees it.
    var operation: AllocationOperation
    /// Set by the user, or left as it was where what is published has no effect.
    var pin: Double?
    /// What is published has no effect on it.
    var isNonconforming = false
    /// Spans and bytes per second that were seen of it; what a nonconforming operation will cost again.
    var observedSpans = 0.0
    var observedBytes = 0.0
    var override: SamplingOverride?
    /// Which budget of a part it belongs to.
    var part: Int?
    /// What that budget leaves it.
    var partCeiling: Double?

    init(_ forecast: Forecast, policy: SamplingPolicy, lookBack: LookBack, nonconforming: [String: Set<String>] = [:]) {
        self.forecast = forecast
        let (service, name) = (forecast.key.service, forecast.key.operation)
        override = policy.overrides.first { $0.pattern.matches(service: service, operation: name) }
        part = policy.partBudgets.firstIndex { $0.pattern.matches(service: service, operation: name) }
        operation = AllocationOperation(
            rate: forecast.rate, cost: forecast.spansPerTrace, variance: forecast.variance,
            utility: forecast.utility, previousProbability: forecast.previousProbability,
            upperRate: forecast.upperRate)
        if nonconforming[service]?.contains(name) == true {
            isNonconforming = true
            pin = forecast.previousProbability ?? 0
            let seconds = lookBack.weightedSeconds
            if let own = forecast.history, seconds > 0 {
                (observedSpans, observedBytes) = (own.spans / seconds, own.bytes / seconds)
            }
        }
        guard let override, !isNonconforming else { return }
        pin = override.probability.map { quantiseDown(min(max($0, 0), 1)).probability }
        operation.minimum = min(max(override.minimum ?? 0, 0), 1)
        operation.maximum = min(max(override.maximum ?? 1, 0), 1)
        let weight = max(override.weight ?? 1, 0)
        operation.utility *= weight
        if weight == 0 { operation.maximum = min(operation.maximum, policy.allocation.minimumProbability) }
    }
}
