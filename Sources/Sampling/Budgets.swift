import SpanModel

/// What may be spent on the operations of the plan, after headroom, reserve and what is spent anyway.
struct Budgets {
    /// As the user set it, or what the bytes come to.
    var nominalSpans: Double
    /// In every hour; nil without such a budget.
    var spansLimit: Double?
    /// Mean bytes per second; nil without such a budget.
    var bytesLimit: Double?
    /// How much more than planned busy hours used to cost.
    var headroom: Double
    /// Spans per second of lower-bound, debug and nameless traces.
    var uncountedSpans: Double

    init(
        policy: SamplingPolicy, lookBack: LookBack, traffic: TrafficHistory, forecasts: [Forecast],
        planned: [UInt32: Double]
    ) {
        headroom = Self.headroom(policy: policy, lookBack: lookBack, traffic: traffic, planned: planned)
        var spans = traffic.namelessSpans
        var bytes = traffic.namelessBytes
        for forecast in forecasts {
            spans += forecast.history?.uncountedSpans ?? 0
            bytes += forecast.history?.uncountedBytes ?? 0
        }
        let seconds = lookBack.weightedSeconds
        uncountedSpans = seconds > 0 ? spans / seconds : 0
        let uncountedBytes = seconds > 0 ? bytes / seconds : 0
        if let budget = policy.budgetSpansPerSecond {
            spansLimit = max(0, budget / headroom - policy.reserve * budget - uncountedSpans)
        }
        if let budget = policy.budgetBytesPerDay {
            let rate = budget / 86_400
            bytesLimit = max(0, rate / (1 + (headroom - 1) / 2) - policy.reserve * rate - uncountedBytes)
        }
        nominalSpans = policy.budgetSpansPerSecond ?? 0
        if policy.budgetSpansPerSecond == nil, let budget = policy.budgetBytesPerDay {
            let traces = forecasts.map(\.level)
            let allSpans = total(traces, forecasts.map(\.spansPerTrace))
            let allBytes = total(traces, forecasts.map(\.bytesPerTrace))
            nominalSpans = allBytes > 0 ? budget / 86_400 * allSpans / allBytes : 0
        }
    }

    /// The 90 % quantile of actual / planned cost of the last hours.
    private static func headroom(
        policy: SamplingPolicy, lookBack: LookBack, traffic: TrafficHistory, planned: [UInt32: Double]
    ) -> Double {
        var ratios: [Double] = []
        for back in 0..<UInt32(clamping: max(policy.headroomHours, 0)) where back < lookBack.endHour {
            let hour = lookBack.endHour - 1 - back
            guard lookBack.index(hour) != nil, let plan = planned[hour], plan > 0 else { continue }
            ratios.append((traffic.actualSpansPerSecond[hour] ?? 0) / plan)
        }
        guard ratios.count >= max(policy.headroomMinimumHours, 1) else { return policy.initialHeadroom }
        ratios.sort()
        let position = 0.9 * Double(ratios.count - 1)
        let below = Int(position)
        let above = min(below + 1, ratios.count - 1)
        let quantile = ratios[below] + (ratios[above] - ratios[below]) * (position - Double(below))
        return min(max(quantile, 1), max(policy.maximumHeadroom, 1))
    }
}

/// The probability of operations that are not listed, so that together they stay within the reserve.
struct Defaults {
    private(set) var services: [String: Double] = [:]
    /// For services that are not listed.
    private(set) var unknown: Double

    init(policy: SamplingPolicy, budgets: Budgets, forecasts: [Forecast]) {
        let traffic = forecasts.reduce(0) { $0 + $1.level }
        guard traffic > 0 else {
            unknown = quantiseDown(policy.initialDefaultProbability).probability
            for forecast in forecasts { services[forecast.key.service] = unknown }
            return
        }
        var groups: [String: [Forecast]] = [:]
        for forecast in forecasts { groups[forecast.key.service, default: []].append(forecast) }
        let reserve = policy.reserve * budgets.nominalSpans
        func probability(_ group: [Forecast], share: Double) -> Double {
            let level = group.reduce(0) { $0 + $1.level }
            let spans = group.reduce(0) { $0 + $1.level * $1.spansPerTrace }
            let cost = level > 0 ? spans / level : 1
            let wanted = reserve * share / (cost * Self.newcomerRate(group))
            let least = policy.allocation.minimumProbability
            return quantiseDown(min(max(wanted, least), policy.maximumDefaultProbability)).probability
        }
        for (service, group) in groups {
            services[service] = probability(group, share: group.reduce(0) { $0 + $1.level } / traffic)
        }
        unknown = probability(forecasts, share: 1 / Double(groups.count + 1))
    }

    /// Traces per second of an operation on the day it appears: one as a start, then half the newest, half the rest.
    private static func newcomerRate(_ group: [Forecast]) -> Double {
        let newcomers = group.filter(\.isNew).sorted {
            let first = $0.history?.firstSeenNanoseconds ?? 0
            let second = $1.history?.firstSeenNanoseconds ?? 0
            return first != second ? first < second : $0.key < $1.key
        }
        return newcomers.reduce(1.0) { rate, newcomer in
            guard let own = newcomer.history else { return rate }
            return (rate + own.days[own.firstAge].estimated.estimate / 86_400) / 2
        }
    }
}
