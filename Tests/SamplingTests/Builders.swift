import Glibc
import SpanModel

@testable import Sampling

/// A small seeded generator, so that every run of the properties sees the same numbers.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return mix64(state)
    }

    mutating func uniform(_ low: Double, _ high: Double) -> Double { .random(in: low...high, using: &self) }

    /// Spread evenly over orders of magnitude.
    mutating func spread(_ low: Double, _ high: Double) -> Double { exp(uniform(log(low), log(high))) }
}

/// Traffic drawn day by day: day 0 is a Monday.
struct Story {
    /// Monday, 2026-03-02 00:00 UTC.
    static let firstHour: UInt32 = 492_336
    var rows: [RootThroughput] = []

    /// Adds the hours of some days of one operation.
    ///
    /// - Parameters:
    ///   - durations: at most so many an hour.
    ///   - traces: true traces per hour, given day and hour of the day.
    mutating func add(
        _ service: String, _ operation: String, days: Range<Int>, probability: Double = 1, spans: UInt64 = 10,
        bytes: UInt64 = 5000, errors: Double = 0, milliseconds: UInt64 = 20, durations: UInt64 = 200,
        traces: (Int, Int) -> Double
    ) {
        for day in days {
            for hour in 0..<24 {
                let roots = UInt64((traces(day, hour) * probability).rounded())
                guard roots > 0 else { continue }
                var row = RootThroughput(
                    service: service, operation: operation, hour: Self.firstHour + UInt32(day * 24 + hour))
                row.roots = roots
                row.spans = roots * spans
                row.bytes = roots * bytes
                row.errors = UInt64(Double(roots) * errors)
                row.evidence = .ledger
                if let weight = Weight(probability: probability) {
                    var one = WeightedSums()
                    one.add(1, weight: weight)
                    let n = UInt128(roots)
                    row.estimated = WeightedSums(s1: one.s1 * n, s2: one.s2 * n, s3: one.s3 * n)
                }
                for i in 0..<min(roots, durations) {
                    row.latency.add((milliseconds + milliseconds * (i % 5) / 50) * 1_000_000)
                }
                row.firstSeenNanoseconds = UInt64(row.hour) * Nanoseconds.hour
                row.lastSeenNanoseconds = row.firstSeenNanoseconds + Nanoseconds.hour - 1
                rows.append(row)
            }
        }
    }

    /// The window of one day.
    static func window(_ day: Int) -> Window {
        let start = (UInt64(firstHour) + UInt64(day) * 24) * Nanoseconds.hour
        return Window(startNanoseconds: start, endNanoseconds: start + Nanoseconds.day)
    }

    /// The plan made after a day.
    func plan(
        after day: Int, previous: StrategySet? = nil, policy: SamplingPolicy,
        circumstances: SamplingCircumstances = SamplingCircumstances()
    ) -> SamplingPlan? {
        planStrategies(
            history: rows, previous: previous, policy: policy, day: Self.window(day), circumstances: circumstances)
    }
}

func policy(
    spansPerSecond: Double? = nil, bytesPerDay: Double? = nil, _ change: (inout SamplingPolicy) -> Void = { _ in }
) -> SamplingPolicy {
    var policy = SamplingPolicy()
    policy.budgetSpansPerSecond = spansPerSecond
    policy.budgetBytesPerDay = bytesPerDay
    change(&policy)
    return policy
}

/// What was in effect: service, operation, probability, traces per second.
func strategies(_ entries: [(String, String, Double, Double)]) -> StrategySet {
    var services: [ServiceStrategy] = []
    for (service, operation, probability, rate) in entries {
        if services.last?.service != service {
            services.append(ServiceStrategy(service: service, defaultProbability: 0.01, operations: []))
        }
        services[services.count - 1].operations.append(
            OperationStrategy(
                operation: operation, probability: probability, estimatedRatePerSecond: rate,
                predictedTracesPerDay: rate * 86_400 * probability, predictedSpansPerSecond: rate * 10 * probability))
    }
    return StrategySet(
        budgetSpansPerSecond: 0, predictedSpansPerSecond: 0, status: .ok, defaultProbability: 0.01,
        services: services)
}

extension SamplingPlan {
    func operation(_ service: String, _ operation: String) -> OperationStrategy? {
        strategies.services.first { $0.service == service }?.operations.first { $0.operation == operation }
    }
}

extension OperationStrategy {
    func value(_ step: String) -> Double? { steps.first { $0.step == step }?.value }
}
