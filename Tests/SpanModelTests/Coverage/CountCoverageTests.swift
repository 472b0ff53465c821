import SpanModel
import Testing

/// Intervals of 95 % hold the truth at least 93 % of the time, and at most 97 % where traces hold one call each.
///
/// With equal weights all outcomes are enumerated, so the shares are exact. Counts are whole: the share jumps from one
/// truth to the next, so it is the mean over truths within a fifth of each other that is held to the limits. Shares from
/// 4,000 samples are right to ± 0.0035 (one standard error), a sixth of the distance between 95 % and a limit.
@Suite struct CountCoverageTests {
    private static func coverage(_ truth: Int, _ probability: Double) throws -> Double {
        let weight = try #require(Weight(probability: probability))
        let binomial = Binomial(truth, probability)
        var covered = 0.0
        for (place, mass) in binomial.masses.enumerated() {
            let counted = binomial.first + place
            let interval = WeightedSums.of(1, weight, times: counted)
                .interval(counted: UInt64(counted), probability: probability)
            if let interval, interval.low <= Double(truth), Double(truth) <= interval.high { covered += mass }
        }
        return covered
    }

    @Test(
        "counts of 1 to 100,000 traces, whatever the probability", arguments: [0.001, 0.01, 0.1, 0.3, 0.5, 0.9, 0.99])
    func counts(probability: Double) throws {
        for expected in [0.05, 0.2, 0.5, 1, 2, 3, 5, 7, 10, 20, 50, 100, 1000, 10_000, 100_000] {
            let middle = expected / probability
            guard middle >= 1, middle <= 100_000 else { continue }
            let truths = Set((0..<9).map { max(1, Int((middle * (0.8 + 0.05 * Double($0))).rounded())) })
            var sum = 0.0
            for truth in truths.sorted() { sum += try Self.coverage(truth, probability) }
            let mean = sum / Double(truths.count)
            #expect(mean >= 0.93, "\(expected) expected samples")
            // With fewer seen or unseen, a count has too few possible values for any interval to come close.
            if expected >= 5, middle - expected >= 10 { #expect(mean <= 0.97, "\(expected) expected samples") }
        }
    }

    @Test("what was not sampled is known")
    func unsampled() throws {
        for count in [1, 7, 100_000] {
            let interval = WeightedSums.of(1, .one, times: count).interval(counted: UInt64(count))
            #expect(interval == ConfidenceInterval(low: Double(count), high: Double(count)))
        }
    }

    @Test(
        "mixed weights in one cell: hours of other probabilities, debug traces of weight one",
        arguments: [
            [(5000, 0.001), (100_000, 1.0)], [(10_000, 0.001), (2000, 0.05), (30, 0.5)], [(6, 0.5), (600, 0.01)],
            [(100, 0.1), (100, 0.2), (100, 0.3), (100, 0.9)], [(20_000, 0.5), (50_000, 0.0002)],
        ])
    func mixed(parts: [(Int, Double)]) {
        let population = Population(parts.map { Stratum(traces: $0.0, probability: $0.1) })
        let share = population.share(of: 4000, seed: 11) { sample in
            guard let interval = sample.calls.interval(counted: sample.counted) else { return false }
            return interval.low <= population.calls && population.calls <= interval.high
        }
        #expect(share >= 0.93 && share <= 0.97)
    }

    @Test("several calls of an edge in a trace, from five sampled traces on", arguments: ClusterSizes.allCases)
    func clusters(sizes: ClusterSizes) {
        for probability in [0.001, 0.05, 0.5] {
            for expected in [5.0, 10, 20, 50, 200, 1000] {
                var sum = 0.0
                for seed in 0..<8 {
                    let population = Population(
                        sizes.strata(
                            traces: Int(expected / probability), probability: probability, seed: UInt64(seed)))
                    sum += population.share(of: 500, seed: UInt64(seed) + 100) { sample in
                        guard let interval = sample.calls.interval(counted: sample.counted, probability: probability)
                        else { return false }
                        return interval.low <= population.calls && population.calls <= interval.high
                    }
                }
                #expect(sum / 8 >= 0.93, "\(expected) sampled traces, probability \(probability)")
            }
        }
    }
}
