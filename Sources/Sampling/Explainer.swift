import SpanModel

/// Turns what the fit found for one operation into a strategy with its reason.
struct Explainer {
    var policy: SamplingPolicy
    var budgets: Budgets
    var result: Fit.Result
    /// First hour planned, since the Unix epoch.
    var firstHour: UInt32
    /// Of the hours planned.
    var localHours: [Int]

    /// - Parameter index: place in the allocation; nil for what the user pinned.
    func strategy(_ candidate: Candidate, index: Int?) -> OperationStrategy {
        let forecast = candidate.forecast
        let wanted = index.map { result.allocation.probabilities[$0] } ?? candidate.pin ?? 0
        let hours = hours(index)
        let probability = quantiseDown(wanted).probability
        var steps = trafficSteps(forecast)
        if let index {
            steps += allocationSteps(candidate, index: index)
        } else if candidate.isNonconforming {
            steps.append(step("pin", wanted, "probability", "what is published has no effect; left as it was"))
            steps.append(step("observed", candidate.observedSpans, "spans/s", "taken off the budget"))
        } else {
            steps.append(step("pin", wanted, "probability", "probability of sampling.overrides"))
        }
        if let least = hours.min(), let most = hours.max() {
            steps.append(step("least_hour", least, "probability", "the lowest of its hours"))
            steps.append(step("greatest_hour", most, "probability", "the highest of its hours"))
        }
        steps.append(step("final", probability, "probability", "rounded down to an exact rejection threshold"))
        return OperationStrategy(
            operation: forecast.key.operation, probability: probability,
            previousProbability: forecast.previousProbability,
            reason: reason(candidate, index: index, probability: probability),
            evidence: forecast.history?.evidence ?? .none, estimatedRatePerSecond: forecast.rate,
            predictedTracesPerDay: traces(forecast, probability, hours),
            predictedSpansPerSecond: traces(forecast, probability, hours) / 86_400 * forecast.spansPerTrace,
            steps: steps, hours: hours)
    }

    /// By hour of the day in UTC; empty for one probability all day.
    private func hours(_ index: Int?) -> [Double] {
        guard let index, let planned = result.hours?[index] else { return [] }
        var hours = [Double](repeating: 0, count: 24)
        for (ahead, probability) in planned.enumerated() {
            hours[Int((firstHour &+ UInt32(ahead)) % 24)] = quantiseDown(probability).probability
        }
        return hours
    }

    private func traces(_ forecast: Forecast, _ probability: Double, _ hours: [Double]) -> Double {
        guard !hours.isEmpty else { return forecast.level * probability }
        var traces = 0.0
        for (ahead, local) in localHours.enumerated() {
            traces += forecast.rate(localHour: local) * 3600 * hours[Int((firstHour &+ UInt32(ahead)) % 24)]
        }
        return traces
    }

    private func step(_ name: String, _ value: Double, _ unit: String, _ source: String) -> ExplanationStep {
        ExplanationStep(step: name, value: value, unit: unit, source: source)
    }

    private func trafficSteps(_ forecast: Forecast) -> [ExplanationStep] {
        let day = forecast.history?.days.first ?? OperationDay()
        let interval =
            day.estimated.interval(counted: day.sampled, probability: forecast.previousProbability)
            ?? ConfidenceInterval(low: 0, high: 0)
        let level =
            forecast.isCensored
            ? "nothing was counted: 3 / probability, the 95 % limit" : "weighted mean of the days looked back on"
        var steps = [
            step("traffic", day.estimated.estimate, "traces/day", "last 24 hours, \(day.sampled) sampled"),
            step("traffic_low", interval.low, "traces/day", "lower end of its 95 % interval"),
            step("traffic_high", interval.high, "traces/day", "upper end of its 95 % interval"),
            step("level", forecast.rate, "traces/s", level),
            step("upper_limit", forecast.upperRate, "traces/s", "95 % limit of the level, or memory of a busier day"),
            step("cost", forecast.spansPerTrace, "spans/trace", "mean of the days looked back on"),
            step("variance", forecast.variance, "", "count, tail latency and error rate, per sampled trace"),
        ]
        if forecast.novelty != 1 { steps.append(step("novelty", forecast.novelty, "", "falls to 1 within a week")) }
        if forecast.change != 1 { steps.append(step("change", forecast.change, "", "errors or p95 moved yesterday")) }
        return steps
    }

    private func allocationSteps(_ candidate: Candidate, index: Int) -> [ExplanationStep] {
        let allocation = result.allocation
        var steps = [
            step("utility", candidate.operation.utility, "", "novelty × change × weight of sampling.overrides"),
            step("headroom", budgets.headroom, "", "90 % quantile of actual / planned cost per hour"),
            step(
                "budget", result.budget, budgets.spansLimit == nil ? "bytes/s" : "spans/s",
                "mean of the day, after headroom, reserve and the busiest hour"),
            step("cap", allocation.caps[index], "probability", capSource(candidate, index: index)),
            step(
                "floor", allocation.floors[index], "probability",
                "\(Text.number(allocation.floorTracesPerDay)) sampled traces a day"),
        ]
        if let ceiling = candidate.partCeiling {
            steps.append(step("part_ceiling", ceiling, "probability", "its budget of sampling.budgets"))
        }
        if allocation.level.isFinite {
            steps.append(step("water_level", allocation.level, "", "one level for all operations, set by the budget"))
        }
        let band = allocation.frozen[index] ? "kept: the change is too small" : "not kept"
        steps.append(step("before_dead_band", allocation.beforeDeadBand[index], "probability", "level, cap and floor"))
        steps.append(step("dead_band", allocation.probabilities[index], "probability", band))
        steps.append(step("before_rounding", allocation.probabilities[index], "probability", "what the budget allows"))
        return steps
    }

    private func capSource(_ candidate: Candidate, index: Int) -> String {
        switch ceiling(candidate, index: index) {
        case .none: "every trace"
        case .override: "maximum of sampling.overrides"
        case .part: "its budget of sampling.budgets"
        case .minimum: "minimum of sampling.overrides"
        case .step: "at most ×\(Text.number(policy.allocation.upFactor)) a run"
        case .risk: "\(Text.percent(policy.allocation.riskShare)) of the budget at the upper traffic limit"
        }
    }

    private enum Ceiling { case none, override, part, minimum, step, risk }

    /// What set the cap of an operation.
    private func ceiling(_ candidate: Candidate, index: Int) -> Ceiling {
        let cap = result.allocation.caps[index]
        if cap <= candidate.operation.minimum { return .minimum }
        if let ceiling = candidate.partCeiling, cap >= ceiling { return .part }
        if cap >= candidate.operation.maximum, candidate.override != nil, cap < 1 { return .override }
        guard let previous = candidate.forecast.previousProbability, cap < policy.allocation.maximumProbability else {
            return .none
        }
        return cap <= policy.allocation.upFactor * previous ? .step : .risk
    }

    private func reason(_ candidate: Candidate, index: Int?, probability: Double) -> String {
        if candidate.isNonconforming {
            return "what is published has no effect on it; left as it was, its cost is taken off the budget"
        }
        guard let index else { return "set to \(Text.number(candidate.pin ?? 0)) by sampling.overrides" }
        let binding =
            switch result.allocation.status {
            case .ok: "budget binds"
            case .slack: "all allowed traffic fits the budget"
            case .infeasible: "even the floors exceed the budget"
            }
        return "\(traffic(candidate.forecast)), \(binding); \(outcome(candidate, index: index))"
    }

    private func traffic(_ forecast: Forecast) -> String {
        var words: String
        if forecast.isCensored {
            words = "no trace was counted, so traffic is taken at its limit"
        } else if forecast.isNew, forecast.novelty > 1 {
            words = "new operation"
        } else if let before = forecast.previous?.estimatedRatePerSecond, before > 0 {
            let change = forecast.rate / before - 1
            words =
                abs(change) < 0.05
                ? "traffic is steady"
                : change < 0
                    ? "traffic fell \(Text.percent(-change))"
                    : change < 1 ? "traffic rose \(Text.percent(change))" : "traffic rose ×\(Text.number(1 + change))"
        } else {
            words = forecast.level > 0 ? "no earlier strategy" : "no traffic"
        }
        if forecast.change > 1 { words += ", errors or latency moved" }
        return words
    }

    private func outcome(_ candidate: Candidate, index: Int) -> String {
        let allocation = result.allocation
        let probability = allocation.probabilities[index]
        if allocation.frozen[index] {
            return "the change is within \(Text.percent(policy.allocation.deadBand)), so it stays"
        }
        if probability >= allocation.caps[index] * (1 - 1e-9) {
            switch ceiling(candidate, index: index) {
            case .none: return "every trace is kept"
            case .override: return "held at the maximum of sampling.overrides"
            case .part: return "held by its budget of sampling.budgets"
            case .minimum: return "held at the minimum of sampling.overrides"
            case .step: return "raise capped at ×\(Text.number(policy.allocation.upFactor)) a day"
            case .risk:
                return
                    "raise limited to \(Text.percent(policy.allocation.riskShare)) of the budget at its worst traffic"
            }
        }
        if probability <= allocation.floors[index] * (1 + 1e-9) { return floorOutcome(candidate, index: index) }
        guard let previous = candidate.forecast.previousProbability, previous > 0 else { return "given its share" }
        return probability > previous ? "raised to its share" : "lowered to its share"
    }

    private func floorOutcome(_ candidate: Candidate, index: Int) -> String {
        let floor = result.allocation.floors[index]
        if floor <= policy.allocation.minimumProbability { return "kept at the minimum probability" }
        if floor <= candidate.operation.minimum { return "held at the minimum of sampling.overrides" }
        return "kept at the floor of \(Text.number(result.allocation.floorTracesPerDay)) traces a day"
    }
}

/// Numbers in sentences.
enum Text {
    /// Three significant digits, without an exponent.
    static func number(_ value: Double) -> String {
        guard value.isFinite, value > 0 else { return "0" }
        if value >= 1e15 { return "\(value)" }
        var scale = 1.0
        var places = 0
        while value * scale < 100, places < 9 {
            scale *= 10
            places += 1
        }
        let whole = UInt64((value * scale).rounded())
        let unit = UInt64(scale)
        var fraction = String(whole % unit)
        fraction = String(repeating: "0", count: max(0, places - fraction.count)) + fraction
        while fraction.last == "0" { fraction.removeLast() }
        return fraction.isEmpty || places == 0 ? String(whole / unit) : "\(whole / unit).\(fraction)"
    }

    /// `37 %`, `0.5 %`.
    static func percent(_ share: Double) -> String {
        let value = share * 100
        return "\(number(value >= 10 ? value.rounded() : value)) %"
    }
}
