import SpanModel
import Testing

/// Error rates of a window, as estimated from the part of its traces that was sampled; limits as in
/// `CountCoverageTests`.
@Suite struct RatioCoverageTests {
    private static func coverage(_ population: Population, samples: Int, seed: UInt64) -> Double {
        let truth = population.errors / population.calls
        // Samples without any call have no ratio.
        return population.share(of: samples, seed: seed) { sample in
            guard let interval = sample.errors.ratio(of: sample.calls)?.interval else { return true }
            return interval.low <= truth && truth <= interval.high
        }
    }

    @Test(
        "error rates from 0.1 % to 99 %, from less than one expected error to thousands",
        arguments: [0.001, 0.01, 0.1, 0.5, 0.9, 0.99])
    func rates(rate: Double) {
        for probability in [0.001, 0.1, 0.6] {
            for expected in [10.0, 100, 1000, 10_000] {
                var sum = 0.0
                for place in 0..<9 {
                    let traces = Int(expected / probability * (0.8 + 0.05 * Double(place)))
                    let errors = Int((Double(traces) * rate).rounded())
                    let population = Population([
                        Stratum(traces: errors, errors: 1, probability: probability),
                        Stratum(traces: traces - errors, probability: probability),
                    ])
                    sum += Self.coverage(population, samples: 500, seed: UInt64(place))
                }
                let rarer = expected * min(rate, 1 - rate)
                #expect(sum / 9 >= 0.93, "\(expected) samples, probability \(probability)")
                if rarer >= 5 { #expect(sum / 9 <= 0.97, "\(expected) samples, probability \(probability)") }
            }
        }
    }

    @Test("less than one expected error", arguments: [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.8])
    func rare(expected: Double) {
        let traces = 100_000
        let errors = 200
        let probability = expected / Double(errors)
        let population = Population([
            Stratum(traces: errors, errors: 1, probability: probability),
            Stratum(traces: traces - errors, probability: probability),
        ])
        #expect(Self.coverage(population, samples: 4000, seed: 3) >= 0.93)
    }

    @Test("error rates of mixed weights")
    func mixed() {
        for rate in [0.02, 0.2, 0.5] {
            let population = Population(
                [(20_000, 0.02), (4000, 0.1), (500, 0.5)].flatMap { traces, probability in
                    let errors = Int(Double(traces) * rate)
                    return [
                        Stratum(traces: errors, errors: 1, probability: probability),
                        Stratum(traces: traces - errors, probability: probability),
                    ]
                })
            let share = Self.coverage(population, samples: 4000, seed: 5)
            #expect(share >= 0.93 && share <= 0.97, "rate \(rate)")
        }
    }

    @Test("several calls in a trace that fail together, or each on its own", arguments: ClusterSizes.allCases)
    func clusters(sizes: ClusterSizes) {
        for isTogether in [true, false] {
            for (rate, expected) in [(0.01, 1000.0), (0.1, 100), (0.1, 1000), (0.4, 30), (0.4, 300)] {
                var sum = 0.0
                for seed in 0..<8 {
                    let strata = sizes.strata(traces: Int(expected / 0.05), probability: 0.05, seed: UInt64(seed)) {
                        calls, random in
                        guard !isTogether else { return random.unit() < rate ? calls : 0 }
                        return (0..<calls).reduce(0) { sum, _ in
                            sum + (random.unit() < rate ? 1 : 0)
                        }
                    }
                    sum += Self.coverage(Population(strata), samples: 500, seed: UInt64(seed))
                }
                #expect(sum / 8 >= 0.93, "rate \(rate), \(expected) sampled traces, together: \(isTogether)")
            }
        }
    }
}
