import Glibc
internal import SpanModel

/// What one operation is expected to do on the day that is planned.
struct Forecast {
    var key: OperationKey
    /// Nil for an operation that had no strategy.
    var previous: OperationStrategy?
    var history: OperationHistory?
    /// Λ: true traces per day.
    var level: Double
    /// Traces per second at worst.
    var upperRate: Double
    /// Share of the day by local hour, sums to one.
    var profile: [Double]
    var spansPerTrace: Double
    var bytesPerTrace: Double
    var variance: Double
    var novelty: Double
    var change: Double
    /// Nothing was counted in the look-back although less than everything is sampled.
    var isCensored: Bool
    /// First seen after the look-back began.
    var isNew: Bool

    var rate: Double { level / 86_400 }
    var utility: Double { novelty * change }
    /// What was in effect, as far as is known.
    var previousProbability: Double? { previous?.probability }

    /// Traces per second in an hour of the planned day.
    func rate(localHour: Int) -> Double { level * profile[localHour] / 3600 }
}

/// Makes the forecasts of all operations: level and profile, censored operations, upper limit, utility.
struct Forecaster {
    var policy: SamplingPolicy
    var lookBack: LookBack
    var day: Window
    var history: TrafficHistory
    var previous: StrategySet?

    func forecasts() -> [Forecast] {
        var known: [OperationKey: OperationStrategy] = [:]
        var defaults: [String: Double] = [:]
        for service in previous?.services ?? [] {
            defaults[service.service] = service.defaultProbability
            for operation in service.operations {
                known[OperationKey(service: service.service, operation: operation.operation)] = operation
            }
        }
        let vanished = Set(known.filter { history.operations[$0.key] == nil && hasVanished($0.value) }.keys)
        let keys = Set(history.operations.keys).union(known.keys).subtracting(vanished).sorted()
        let means = keys.map { history.operations[$0]?.hourMeans(lookBack) }
        let shapes = Shapes(keys, means, keys.map { history.operations[$0] })
        return keys.indices.map { i in
            let service = keys[i].service
            return forecast(
                keys[i], means: means[i], shapes: shapes, previous: known[keys[i]],
                unlisted: defaults[service] ?? previous?.defaultProbability)
        }
    }

    /// Whether an operation without any trace in the look-back should have had some.
    private func hasVanished(_ strategy: OperationStrategy) -> Bool {
        guard let oldest = lookBack.oldestAge, oldest + 1 >= min(policy.keepVanishedDays, lookBack.days) else {
            return false
        }
        // What is never sampled is never seen: it stays listed, lest it fall under its service's default.
        let expected =
            strategy.estimatedRatePerSecond * strategy.probability * 86_400 * lookBack.coveredDays
        return strategy.probability == 1 || expected >= 3
    }

    private func forecast(
        _ key: OperationKey, means: [Double]?, shapes: Shapes, previous: OperationStrategy?, unlisted: Double?
    ) -> Forecast {
        let own = history.operations[key]
        let probability = previous?.probability ?? unlisted ?? policy.assumedProbability
        var level = (means ?? []).reduce(0, +)
        var isCensored = false
        if own?.totalSampled ?? 0 == 0 {
            if lookBack.coveredDays < 1 {
                level = (previous?.estimatedRatePerSecond ?? 0) * 86_400
            } else {
                let inEffect = probability ?? policy.initialDefaultProbability
                isCensored = inEffect > 0 && inEffect < 1
                level = isCensored ? 3 / inEffect : 0
            }
        }
        let cost = cost(own, key: key, shapes: shapes, previous: previous)
        let isNew = isNew(own, isListed: previous != nil)
        return Forecast(
            key: key, previous: previous, history: own, level: level,
            upperRate: upperRate(own, level: level), profile: profile(own, means: means, key: key, shapes: shapes),
            spansPerTrace: cost.spans, bytesPerTrace: cost.bytes,
            variance: varianceCoefficient(
                sigma: own?.sigma ?? 0, errors: Double(own?.totalErrors ?? 0), samples: Double(own?.totalRoots ?? 0),
                settings: policy.allocation),
            novelty: isNew ? novelty(own) : 1, change: change(own) ? policy.changeUtility : 1,
            isCensored: isCensored, isNew: isNew)
    }

    /// What the traffic may reach at worst, from chance and from the memory of earlier days.
    private func upperRate(_ own: OperationHistory?, level: Double) -> Double {
        guard let own, own.totalSampled > 0 else { return level / 86_400 }
        let events = max(1, Int(min(own.sampled, 1e9)))
        var upper = poissonUpperLimit(events) / Double(events) * level / 86_400
        for (age, day) in own.days.enumerated() {
            let covered = lookBack.coveredHours(age: age)
            guard covered > 0 else { continue }
            let rate = day.estimated.estimate / (Double(covered) * 3600)
            upper = max(upper, rate * exp2(-Double(age) / policy.memoryHalfLifeDays))
        }
        return upper
    }

    private func profile(_ own: OperationHistory?, means: [Double]?, key: OperationKey, shapes: Shapes) -> [Double] {
        let shared = shapes.shape(of: key.service)
        let level = (means ?? []).reduce(0, +)
        guard let own, let means, level > 0 else { return shared }
        let n = own.sampled
        let weight = n + policy.profileShrinkage
        guard weight > 0 else { return shared }
        return (0..<24).map { (n * means[$0] / level + policy.profileShrinkage * shared[$0]) / weight }
    }

    private func cost(
        _ own: OperationHistory?, key: OperationKey, shapes: Shapes, previous: OperationStrategy?
    ) -> (spans: Double, bytes: Double) {
        if let own, own.roots > 0 { return (max(1, own.spans / own.roots), own.bytes / own.roots) }
        let shared = shapes.cost(of: key.service)
        guard let previous, previous.predictedTracesPerDay > 0 else { return shared }
        let spans = max(1, previous.predictedSpansPerSecond * 86_400 / previous.predictedTracesPerDay)
        return (spans, shared.bytes / shared.spans * spans)
    }

    private func isNew(_ own: OperationHistory?, isListed: Bool) -> Bool {
        guard let own, let oldest = lookBack.oldestAge, own.firstAge < oldest else { return false }
        return !(isListed && own.firstSeenNanoseconds >= day.startNanoseconds)
    }

    private func novelty(_ own: OperationHistory?) -> Double {
        let first = min(own?.firstSeenNanoseconds ?? 0, day.endNanoseconds)
        let age = Double(day.endNanoseconds - first) / Double(Nanoseconds.day)
        let left = policy.noveltyDays > 0 ? max(0, 1 - age / policy.noveltyDays) : 0
        return 1 + (policy.noveltyUtility - 1) * left
    }

    /// Whether errors or latency of the last day lie beyond both 99 % intervals of the two days.
    private func change(_ own: OperationHistory?) -> Bool {
        guard let own, own.days.count > 1, own.days[0].roots > 0, own.days[1].roots > 0 else { return false }
        let (today, before) = (own.days[0], own.days[1])
        let shares = [today, before].map { Double($0.errors) / Double($0.roots) }
        let limits = [today, before].map { shareInterval($0.errors, of: $0.roots, confidence: 0.99) }
        if moved(shares, limits) { return true }
        let intervals = [today, before].compactMap(p95Interval)
        return intervals.count == 2 && moved(intervals.map(\.value), intervals.map { ($0.low, $0.high) })
    }

    private func moved(_ values: [Double], _ limits: [(low: Double, high: Double)]) -> Bool {
        let isApart = limits[0].low > limits[1].high || limits[1].low > limits[0].high
        let (low, high) = (min(values[0], values[1]), max(values[0], values[1]))
        return isApart && high - low > policy.minimumChange * low
    }

    private func p95Interval(_ day: OperationDay) -> (value: Double, low: Double, high: Double)? {
        let size = day.estimated.effectiveSize
        guard size > 0, let value = day.latency.weightedPercentile(0.95) else { return nil }
        let error = normalQuantile(0.995) * (0.95 * 0.05 / size).squareRoot()
        guard 0.95 + error < 1, let low = day.latency.weightedPercentile(0.95 - error),
            let high = day.latency.weightedPercentile(0.95 + error)
        else { return nil }
        return (Double(value), Double(low), Double(high))
    }
}

/// What operations with little or no history of their own borrow: profile and cost of their service, or of all.
private struct Shapes {
    private struct Sums {
        var hours = [Double](repeating: 0, count: 24)
        var spans = 0.0
        var bytes = 0.0
        var traces = 0.0

        mutating func add(_ means: [Double], _ own: OperationHistory) {
            let level = means.reduce(0, +)
            for hour in 0..<24 { hours[hour] += means[hour] }
            guard own.roots > 0 else { return }
            traces += level
            spans += level * max(1, own.spans / own.roots)
            bytes += level * own.bytes / own.roots
        }
    }

    private var services: [String: Sums] = [:]
    private var all = Sums()

    init(_ keys: [OperationKey], _ means: [[Double]?], _ histories: [OperationHistory?]) {
        for (i, key) in keys.enumerated() {
            guard let means = means[i], let own = histories[i] else { continue }
            services[key.service, default: Sums()].add(means, own)
            all.add(means, own)
        }
    }

    func shape(of service: String) -> [Double] {
        for sums in [services[service], all] {
            guard let hours = sums?.hours else { continue }
            let level = hours.reduce(0, +)
            if level > 0 { return hours.map { $0 / level } }
        }
        return [Double](repeating: 1.0 / 24, count: 24)
    }

    func cost(of service: String) -> (spans: Double, bytes: Double) {
        for sums in [services[service], all] {
            if let sums, sums.traces > 0 { return (sums.spans / sums.traces, sums.bytes / sums.traces) }
        }
        return (1, 0)
    }
}
