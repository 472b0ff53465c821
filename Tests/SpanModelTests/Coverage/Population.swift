import Glibc
import SpanModel

/// Traces of one kind, all sampled with one probability.
struct Stratum {
    var traces: Int
    var calls: UInt64 = 1
    /// Of the calls.
    var errors: UInt64 = 0
    var probability: Double
}

/// A binomial distribution from which many draws are made, each exact.
struct Binomial {
    private(set) var first = 0
    private(set) var masses: [Double] = []
    private var cumulated: [Double] = []

    init(_ count: Int, _ probability: Double) {
        guard count > 0, probability > 0, probability < 1 else {
            first = probability >= 1 ? count : 0
            (masses, cumulated) = ([1], [1])
            return
        }
        let (n, odds) = (Double(count), log(probability / (1 - probability)))
        let reach = 9 * (n * probability * (1 - probability)).squareRoot() + 10
        first = max(0, Int(n * probability - reach))
        let constant = lgamma(n + 1) + n * log(1 - probability)
        masses = (first...min(count, Int(n * probability + reach))).map { k in
            exp(constant - lgamma(Double(k) + 1) - lgamma(n - Double(k) + 1) + Double(k) * odds)
        }
        cumulated = masses.reduce(into: []) { $0.append(($0.last ?? 0) + $1) }
    }

    func draw(_ random: inout SeededGenerator) -> Int {
        let place = Double.random(in: 0..<(cumulated.last ?? 1), using: &random)
        var (low, high) = (0, cumulated.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if cumulated[middle] > place { high = middle } else { low = middle + 1 }
        }
        return first + low
    }
}

/// What sampling leaves of a window's traces, again and again.
struct Population {
    struct Sample {
        var calls = WeightedSums()
        var errors = WeightedSums()
        var counted: UInt64 = 0
    }

    private let strata: [(stratum: Stratum, binomial: Binomial, weight: Weight)]
    let calls: Double
    let errors: Double

    init(_ strata: [Stratum]) {
        self.strata = strata.filter { $0.traces > 0 }.map {
            ($0, Binomial($0.traces, $0.probability), Weight(probability: $0.probability) ?? .one)
        }
        calls = strata.reduce(0) { $0 + Double($1.traces) * Double($1.calls) }
        errors = strata.reduce(0) { $0 + Double($1.traces) * Double($1.errors) }
    }

    func sample(_ random: inout SeededGenerator) -> Sample {
        var sample = Sample()
        for (stratum, binomial, weight) in strata {
            let traces = binomial.draw(&random)
            guard traces > 0 else { continue }
            sample.calls.merge(.of(stratum.calls, weight, times: traces))
            sample.errors.merge(.of(stratum.errors, weight, times: traces))
            sample.counted += stratum.calls * UInt64(traces)
        }
        return sample
    }

    /// The share of samples for which something holds.
    func share(of samples: Int, seed: UInt64, _ holds: (Sample) -> Bool) -> Double {
        var random = SeededGenerator(seed)
        var hits = 0
        for _ in 0..<samples where holds(sample(&random)) { hits += 1 }
        return Double(hits) / Double(samples)
    }
}

extension WeightedSums {
    /// Of traces that are all alike.
    static func of(_ calls: UInt64, _ weight: Weight, times traces: Int) -> WeightedSums {
        var one = WeightedSums()
        one.add(calls, weight: weight)
        let times = UInt128(traces)
        return WeightedSums(s1: one.s1 * times, s2: one.s2 * times, s3: one.s3 * times)
    }
}

/// How many calls of an edge one trace holds.
enum ClusterSizes: String, CaseIterable, Sendable {
    case even, geometric, logNormal

    private func draw(_ random: inout SeededGenerator) -> UInt64 {
        switch self {
        case .even: UInt64.random(in: 1...20, using: &random)
        case .geometric: 1 + UInt64(log(Double.random(in: 0x1p-50..<1, using: &random)) / log(0.8))
        case .logNormal: UInt64(exp(1 + random.normal()).rounded(.up))
        }
    }

    /// - Parameter failures: given the calls of a trace, how many fail.
    func strata(
        traces: Int, probability: Double, seed: UInt64,
        failures: (UInt64, inout SeededGenerator) -> UInt64 = { _, _ in 0 }
    ) -> [Stratum] {
        var random = SeededGenerator(seed)
        var counts: [[UInt64]: Int] = [:]
        for _ in 0..<traces {
            let calls = draw(&random)
            counts[[calls, failures(calls, &random)], default: 0] += 1
        }
        return counts.map { kind, traces in
            Stratum(traces: traces, calls: kind[0], errors: kind[1], probability: probability)
        }.sorted { ($0.calls, $0.errors) < ($1.calls, $1.errors) }
    }
}
