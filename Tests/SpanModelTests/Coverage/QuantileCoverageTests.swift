import Glibc
import SpanModel
import Testing

/// Percentiles of what durations are drawn from, through the sketch and its rounding; limits as in
/// `CountCoverageTests`.
@Suite struct QuantileCoverageTests {
    /// What durations are drawn from: u below is 0…1.
    enum Durations: String, CaseIterable, Sendable {
        /// Tail of 1/x: everything is wider than the sketch's bins.
        case wide
        /// Within a third: intervals are narrower than the bins.
        case narrow
        /// By a clock of milliseconds: many samples share a value.
        case ticks

        func quantile(_ u: Double) -> Double {
            switch self {
            case .wide: 1e6 / (1 - u)
            case .narrow: 1e6 * (1 + 0.3 * u)
            case .ticks: (4 / (1 - 0.9 * u)).rounded(.down) * 1e6
            }
        }
    }

    /// Weights that one operation's spans have in a day.
    enum Weights: String, CaseIterable, Sendable {
        case equal, twoHours, manyHours, few

        func draw(_ random: inout SeededGenerator) -> Weight {
            let u = random.unit()
            return switch self {
            case .equal: .one
            case .twoHours: u < 0.5 ? .one : Weight(units: 20 << 20)
            case .manyHours: Weight(units: UInt64(1 + 15 * u) << 20)
            case .few: u < 0.9 ? .one : Weight(units: 10 << 20)
            }
        }

        /// Spans for each that an unweighted sample would need.
        var cost: Double {
            switch self {
            case .equal: 1
            case .twoHours: 1.82
            case .manyHours: 1.34
            case .few: 3.02
            }
        }
    }

    private static func share(
        _ q: Double, size: Int, _ durations: Durations, _ weights: Weights, samples: Int
    ) -> Double {
        var random = SeededGenerator(UInt64(q * 1000) + UInt64(size))
        let truth = durations.quantile(q)
        var (hits, runs) = (0, 0)
        for _ in 0..<samples {
            var sketch = LatencySketch()
            var sums = WeightedSums()
            for _ in 0..<Int.random(in: size...size + size / 5, using: &random) {
                let weight = weights.draw(&random)
                sketch.add(UInt64(durations.quantile(random.unit())), weight: weight)
                sums.add(1, weight: weight)
            }
            guard let interval = sketch.interval(q, effectiveSize: sums.effectiveSize), !interval.isWeak else {
                continue
            }
            runs += 1
            guard Double(interval.lowNanoseconds) <= truth else { continue }
            if truth < Double(interval.highNanoseconds ?? .max) + 1 { hits += 1 }
        }
        return runs < samples / 2 ? 0 : Double(hits) / Double(runs)
    }

    @Test("from five effective samples beyond the quantile on, whatever the weights", arguments: Weights.allCases)
    func quantiles(weights: Weights) {
        for (q, beyond, samples) in [
            (0.5, 6.0, 4000), (0.5, 50, 4000), (0.9, 6, 4000), (0.9, 30, 2000), (0.95, 6, 4000), (0.95, 30, 1500),
            (0.99, 6, 1500), (0.99, 12, 1000),
        ] {
            let size = Int(beyond / (1 - q) * weights.cost)
            let share = Self.share(q, size: size, .wide, weights, samples: samples)
            #expect(share >= 0.93 && share <= 0.97, "q \(q), \(beyond) beyond")
        }
    }

    @Test("an interval narrower than the sketch's bins misses no more often", arguments: [Durations.narrow, .ticks])
    func coarseBins(durations: Durations) {
        for (q, beyond) in [(0.5, 50.0), (0.5, 500), (0.9, 30), (0.9, 200), (0.95, 30), (0.99, 6)] {
            let size = Int(beyond / (1 - q))
            let share = Self.share(q, size: size, durations, .equal, samples: 1000)
            #expect(share >= 0.93, "q \(q), \(beyond) beyond")
        }
    }

    @Test("spans of one trace that are all alike: the trace is the unit", arguments: [0.5, 0.9, 0.95])
    func clusters(q: Double) {
        var random = SeededGenerator(9)
        let truth = Durations.wide.quantile(q)
        for beyond in [6.0, 15] {
            var hits = 0
            for _ in 0..<1000 {
                var sketch = LatencySketch()
                var sums = WeightedSums()
                // Calls of 1 to 20: (Σ y)² / Σ y² is 0.77 of the traces.
                for _ in 0..<Int(beyond / (1 - q) / 0.77) {
                    let calls = UInt64.random(in: 1...20, using: &random)
                    let duration = UInt64(Durations.wide.quantile(random.unit()))
                    for _ in 0..<calls { sketch.add(duration, weight: Weight(units: 20 << 20)) }
                    sums.add(calls, weight: Weight(units: 20 << 20))
                }
                guard let interval = sketch.interval(q, effectiveSize: sums.effectiveSize) else { continue }
                let high = Double(interval.highNanoseconds ?? .max) + 1
                if Double(interval.lowNanoseconds) <= truth, truth < high { hits += 1 }
            }
            #expect(Double(hits) / 1000 >= 0.93, "\(beyond) effective samples beyond")
        }
    }
}
