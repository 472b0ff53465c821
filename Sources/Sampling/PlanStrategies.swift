public import SpanModel

/// Strategies, and what they are expected to cost.
public struct SamplingPlan: Hashable, Sendable {
    public var strategies: StrategySet
    /// By hour (since the Unix epoch) of the 24 hours planned, lower-bound and debug traces included: to be kept and
    /// given back as `SamplingCircumstances.plannedSpansPerSecond`.
    public var plannedSpansPerSecond: [UInt32: Double]
    /// How much room was left for busy hours; 1 is none.
    public var headroom: Double
}

/// Chooses the probabilities of the next day; nil without a budget.
///
/// A pure function: the order of `history` changes nothing. See `planStrategies`.
public func chooseStrategies(
    history: [RootThroughput], previous: StrategySet?, policy: SamplingPolicy, day: Window,
    circumstances: SamplingCircumstances = SamplingCircumstances()
) -> StrategySet? {
    planStrategies(
        history: history, previous: previous, policy: policy, day: day, circumstances: circumstances)?.strategies
}

/// Chooses the probabilities of the 24 hours after a window, and says what they are expected to cost; nil without a
/// budget.
///
/// The budget of spans holds in the busiest planned hour, which is also what `predictedSpansPerSecond` of the set
/// says; that of an operation is its mean over the day.
///
/// - Parameters:
///   - history: one row per operation and hour; what lies outside the look-back is ignored.
///   - previous: what was in effect; the step limit, the dead band and operations that fell silent need it.
///   - day: the window just stored; planning begins where it ends.
public func planStrategies(
    history: [RootThroughput], previous: StrategySet?, policy: SamplingPolicy, day: Window,
    circumstances: SamplingCircumstances = SamplingCircumstances()
) -> SamplingPlan? {
    guard policy.hasBudget else { return nil }
    let hours = history.indices.compactMap { history[$0].roots > 0 ? history[$0].hour : nil }
    let lookBack = LookBack(hours: hours, day: day, policy: policy, circumstances: circumstances)
    let traffic = TrafficHistory(history, lookBack: lookBack, aliases: policy.aliases)
    let forecasts = Forecaster(
        policy: policy, lookBack: lookBack, day: day, history: traffic, previous: previous
    ).forecasts()
    let budgets = Budgets(
        policy: policy, lookBack: lookBack, traffic: traffic, forecasts: forecasts,
        planned: circumstances.plannedSpansPerSecond)
    let defaults = Defaults(policy: policy, budgets: budgets, forecasts: forecasts)
    let planner = Planner(
        policy: policy, lookBack: lookBack, budgets: budgets, defaults: defaults,
        nonconforming: circumstances.nonconforming)
    return planner.plan(forecasts)
}

/// Joins the steps: who is listed, what the user decided, the fit, the reasons.
private struct Planner {
    var policy: SamplingPolicy
    var lookBack: LookBack
    var budgets: Budgets
    var defaults: Defaults
    var nonconforming: [String: Set<String>]

    func plan(_ forecasts: [Forecast]) -> SamplingPlan {
        let all = forecasts.map {
            Candidate($0, policy: policy, lookBack: lookBack, nonconforming: nonconforming)
        }
        var (candidates, rest) = listed(all)
        var fixed = Spending()
        for candidate in rest {
            let probability = defaults.services[candidate.forecast.key.service] ?? defaults.unknown
            fixed.add(candidate, probability: probability, lookBack: lookBack)
        }
        for candidate in candidates {
            guard let pin = candidate.pin else { continue }
            fixed.add(candidate, probability: pin, lookBack: lookBack)
        }
        limitParts(&candidates)
        let free = candidates.filter { $0.pin == nil }
        var problem = fit(free, limit: budgets.spansLimit)
        problem.fixedSpans = fixed.spans
        problem.fixedBytes = fixed.bytes
        problem.bytesLimit = budgets.bytesLimit
        var result = problem.solve()
        if policy.profile == .hourly {
            result = HourlyFit(fit: problem, flat: result, previous: free.map(previousHours)).solve()
        }
        let explainer = Explainer(
            policy: policy, budgets: budgets, result: result, firstHour: lookBack.endHour,
            localHours: lookBack.plannedLocalHours)
        var strategies: [(OperationKey, OperationStrategy)] = []
        var position = 0
        for candidate in candidates {
            strategies.append(
                (candidate.forecast.key, explainer.strategy(candidate, index: candidate.pin == nil ? position : nil)))
            if candidate.pin == nil { position += 1 }
        }
        return assemble(strategies, candidates: candidates, rest: rest, status: result.allocation.status)
    }

    /// What was in effect, by planned hour.
    private func previousHours(_ candidate: Candidate) -> [Double]? {
        guard let previous = candidate.forecast.previous else { return nil }
        return (0..<24).map {
            previous.probability(atNanoseconds: UInt64(lookBack.endHour &+ UInt32($0)) * Nanoseconds.hour)
        }
    }

    /// The operations with an entry of their own: per service those with most traffic, and what the user pinned.
    private func listed(_ all: [Candidate]) -> (listed: [Candidate], rest: [Candidate]) {
        var counts: [String: Int] = [:]
        for candidate in all { counts[candidate.forecast.key.service, default: 0] += 1 }
        let crowded = Set(counts.filter { $0.value > policy.operationsPerService }.keys)
        let ranked = all.indices.filter { crowded.contains(all[$0].forecast.key.service) }.sorted {
            let (a, b) = (all[$0], all[$1])
            if (a.pin == nil) != (b.pin == nil) { return b.pin == nil }
            return a.forecast.upperRate != b.forecast.upperRate ? a.forecast.upperRate > b.forecast.upperRate : $0 < $1
        }
        var kept: [String: Int] = [:]
        // Nothing is published for what never had an effect.
        var dropped = Set(all.indices.filter { all[$0].isNonconforming && all[$0].forecast.previous == nil })
        for index in ranked {
            let service = all[index].forecast.key.service
            kept[service, default: 0] += 1
            if kept[service, default: 0] > max(policy.operationsPerService, 1) { dropped.insert(index) }
        }
        return (
            all.indices.filter { !dropped.contains($0) }.map { all[$0] },
            all.indices.filter { dropped.contains($0) }.map { all[$0] }
        )
    }

    /// Lowers the ceilings of operations in parts that have a budget of their own.
    ///
    /// The parts do not overlap, so the best plan under all budgets is the global fill under these ceilings.
    private func limitParts(_ candidates: inout [Candidate]) {
        for (number, part) in policy.partBudgets.enumerated() {
            let members = candidates.indices.filter { candidates[$0].part == number }
            let free = members.filter { candidates[$0].pin == nil }
            guard !free.isEmpty else { continue }
            var fixed = Spending()
            for index in members {
                guard let pin = candidates[index].pin else { continue }
                fixed.add(candidates[index], probability: pin, lookBack: lookBack)
            }
            var problem = fit(free.map { candidates[$0] }, limit: part.spansPerSecond / budgets.headroom)
            problem.settings.deadBand = 0
            problem.fixedSpans = fixed.spans
            let probabilities = problem.solve().allocation.probabilities
            for (position, index) in free.enumerated() {
                candidates[index].partCeiling = probabilities[position]
                candidates[index].operation.maximum = min(candidates[index].operation.maximum, probabilities[position])
            }
        }
    }

    private func fit(_ candidates: [Candidate], limit: Double?) -> Fit {
        Fit(
            operations: candidates.map(\.operation), bytesPerTrace: candidates.map(\.forecast.bytesPerTrace),
            rates: candidates.map { candidate in
                lookBack.plannedLocalHours.map { candidate.forecast.rate(localHour: $0) }
            }, spansLimit: limit, settings: policy.allocation)
    }

    private func assemble(
        _ strategies: [(OperationKey, OperationStrategy)], candidates: [Candidate], rest: [Candidate],
        status: StrategySet.Status
    ) -> SamplingPlan {
        var services: [ServiceStrategy] = []
        var spending = Spending()
        for (index, (key, strategy)) in strategies.enumerated() {
            spending.add(
                candidates[index], probability: strategy.probability, hours: strategy.hours, lookBack: lookBack)
            if services.last?.service != key.service {
                services.append(
                    ServiceStrategy(
                        service: key.service, defaultProbability: defaults.services[key.service] ?? defaults.unknown,
                        lowerBoundPerSecond: policy.lowerBoundPerSecond, operations: []))
            }
            services[services.count - 1].operations.append(strategy)
        }
        for candidate in rest {
            let probability = defaults.services[candidate.forecast.key.service] ?? defaults.unknown
            spending.add(candidate, probability: probability, lookBack: lookBack)
        }
        let hours = spending.spans.map { $0 + budgets.uncountedSpans }
        var planned: [UInt32: Double] = [:]
        for (ahead, spans) in hours.enumerated() { planned[lookBack.endHour &+ UInt32(ahead)] = spans }
        let set = StrategySet(
            budgetSpansPerSecond: budgets.nominalSpans, predictedSpansPerSecond: hours.max() ?? 0, status: status,
            defaultProbability: defaults.unknown, services: services, plannedSpansPerSecond: planned)
        return SamplingPlan(strategies: set, plannedSpansPerSecond: planned, headroom: budgets.headroom)
    }
}

/// What some operations cost at given probabilities.
private struct Spending {
    /// Per second, by planned hour.
    var spans = [Double](repeating: 0, count: 24)
    /// Per second, mean of the day.
    var bytes = 0.0

    mutating func add(_ forecast: Forecast, probability: Double, lookBack: LookBack) {
        for (ahead, hour) in lookBack.plannedLocalHours.enumerated() {
            spans[ahead] += forecast.rate(localHour: hour) * forecast.spansPerTrace * probability
        }
        bytes += forecast.rate * forecast.bytesPerTrace * probability
    }

    /// - Parameter hours: by hour of the day in UTC; empty: the probability holds all day.
    mutating func add(_ candidate: Candidate, probability: Double, hours: [Double] = [], lookBack: LookBack) {
        guard !candidate.isNonconforming else {
            for ahead in spans.indices { spans[ahead] += candidate.observedSpans }
            bytes += candidate.observedBytes
            return
        }
        let forecast = candidate.forecast
        guard !hours.isEmpty else { return add(forecast, probability: probability, lookBack: lookBack) }
        for (ahead, local) in lookBack.plannedLocalHours.enumerated() {
            let own = hours[Int((lookBack.endHour &+ UInt32(ahead)) % 24) % hours.count]
            spans[ahead] += forecast.rate(localHour: local) * forecast.spansPerTrace * own
            bytes += forecast.rate(localHour: local) * forecast.bytesPerTrace * own / 24
        }
    }
}
