import Glibc
internal import SpanModel

/// The estimated traffic of one day, and what rules would have made of it.
struct DayTraffic {
    struct Operation {
        var key: OperationKey
        /// By hour of the day.
        var tracesByHour: [Double]
        var traces: Double
        var spansPerTrace: Double
        var bytesPerTrace: Double
        var variance: Double
        var utility: Double
    }

    let policy: SamplingPolicy
    let day: Window
    /// Sorted.
    let operations: [Operation]

    init(_ truth: [RootThroughput], day: Window, policy: SamplingPolicy) {
        self.day = day
        self.policy = policy
        let lookBack = LookBack(
            hours: truth.map(\.hour), day: day, policy: Self.oneDay(policy), circumstances: SamplingCircumstances())
        let traffic = TrafficHistory(truth, lookBack: lookBack, aliases: policy.aliases)
        operations = traffic.operations.keys.sorted().compactMap { key in
            guard let own = traffic.operations[key], own.roots > 0, let only = own.days.first else { return nil }
            var hours = [Double](repeating: 0, count: 24)
            for hour in 0..<24 where lookBack.weights[0] > 0 {
                // Local hours are UTC here.
                hours[hour] = own.hourSums[hour] / lookBack.weights[0]
            }
            let override = policy.overrides.first { $0.pattern.matches(service: key.service, operation: key.operation) }
            return Operation(
                key: key, tracesByHour: hours, traces: hours.reduce(0, +),
                spansPerTrace: max(1, own.spans / own.roots), bytesPerTrace: own.bytes / own.roots,
                variance: varianceCoefficient(
                    sigma: own.sigma, errors: Double(only.errors), samples: Double(only.roots),
                    settings: policy.allocation), utility: override?.weight ?? 1)
        }
    }

    private static func oneDay(_ policy: SamplingPolicy) -> SamplingPolicy {
        var policy = policy
        policy.lookBackDays = 1
        return policy
    }

    /// By operation and hour, as a set of strategies would have it.
    func probabilities(_ set: StrategySet) -> [[Double]] {
        var services: [String: (fallback: Double, operations: [String: OperationStrategy])] = [:]
        for service in set.services {
            services[service.service] = (
                service.defaultProbability,
                Dictionary(service.operations.map { ($0.operation, $0) }, uniquingKeysWith: { first, _ in first })
            )
        }
        return operations.map { operation in
            let service = services[operation.key.service]
            guard let strategy = service?.operations[operation.key.operation] else {
                return Array(repeating: service?.fallback ?? set.defaultProbability, count: 24)
            }
            return (0..<24).map { strategy.probability(atNanoseconds: UInt64($0) * Nanoseconds.hour) }
        }
    }

    /// Spans per second by hour.
    func cost(_ probabilities: [[Double]]) -> [Double] { sums(probabilities) { $0.spansPerTrace / 3600 } }

    /// Cost by hour as a share of the budget: of spans, or where there is none, of bytes.
    func ratios(_ probabilities: [[Double]]) -> [Double] {
        if let budget = policy.budgetSpansPerSecond { return cost(probabilities).map { $0 / budget } }
        let budget = (policy.budgetBytesPerDay ?? .infinity) / 24
        return sums(probabilities, \.bytesPerTrace).map { $0 / budget }
    }

    private func sums(_ probabilities: [[Double]], _ cost: (Operation) -> Double) -> [Double] {
        var sums = [Double](repeating: 0, count: 24)
        for (operation, own) in zip(operations, probabilities) {
            for hour in 0..<24 { sums[hour] += operation.tracesByHour[hour] * own[hour] * cost(operation) }
        }
        return sums
    }

    /// Σ λ^2α·u·a·(1/m − 1/N): what the allocation makes least; of nothing sampled as if of a hundredth of a trace.
    func loss(_ probabilities: [[Double]]) -> Double {
        var loss = 0.0
        for (operation, own) in zip(operations, probabilities) where operation.traces > 0 {
            let sampled = zip(operation.tracesByHour, own).reduce(0) { $0 + $1.0 * $1.1 }
            let excess = max(0, 1 / max(sampled, 0.01) - 1 / operation.traces)
            let weight = pow(operation.traces / 86_400, 2 * policy.allocation.alpha)
            loss += weight * operation.utility * operation.variance * excess
        }
        return loss
    }

    /// One probability an operation, chosen with the day known: no limit on changes, no headroom, no reserve.
    func hindsight() -> [[Double]] {
        var settings = policy.allocation
        settings.deadBand = 0
        let fit = Fit(
            operations: operations.map {
                AllocationOperation(
                    rate: $0.traces / 86_400, cost: $0.spansPerTrace, variance: $0.variance, utility: $0.utility)
            }, bytesPerTrace: operations.map(\.bytesPerTrace),
            rates: operations.map { $0.tracesByHour.map { $0 / 3600 } }, spansLimit: policy.budgetSpansPerSecond,
            bytesLimit: policy.budgetBytesPerDay.map { $0 / 86_400 }, settings: settings)
        return fit.solve().allocation.probabilities.map { Array(repeating: $0, count: 24) }
    }

    /// One probability for everything, at a total of hourly costs.
    func fixed(spend: Double) -> [[Double]] {
        let all = cost(operations.map { _ in Array(repeating: 1, count: 24) }).reduce(0, +)
        let probability = all > 0 ? min(1, spend / all) : 1
        return operations.map { _ in Array(repeating: probability, count: 24) }
    }

    /// τ traces per second of every operation at any time, at a total of hourly costs.
    func jaeger(spend: Double) -> [[Double]] {
        func at(_ target: Double) -> [[Double]] {
            operations.map { $0.tracesByHour.map { $0 > 0 ? min(1, target * 3600 / $0) : 1 } }
        }
        var low = -40.0
        var high = 40.0
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if cost(at(exp(middle))).reduce(0, +) > spend { high = middle } else { low = middle }
        }
        return at(exp(low))
    }
}
