import Glibc
import SpanModel
import Testing

@Suite struct IntervalTests {
    @Test("the interval of a count holds the truth 94 % of the time from five expected samples on")
    func countCoverage() throws {
        var random = SeededGenerator(1)
        for (expected, least) in [(3.0, 0.94), (5, 0.935), (10, 0.935), (30, 0.935), (100, 0.935)] {
            let truth = 2000
            let weight = try #require(Weight(probability: expected / Double(truth)))
            let threshold = UInt64(Double(UInt64.max) * (expected / Double(truth)))
            var (hits, runs) = (0, 0)
            for _ in 0..<2000 {
                var sums = WeightedSums()
                var counted: UInt64 = 0
                for _ in 0..<truth where random.next() < threshold {
                    sums.add(1, weight: weight)
                    counted += 1
                }
                guard let interval = sums.interval(counted: counted) else { continue }
                runs += 1
                if interval.low <= Double(truth), Double(truth) <= interval.high { hits += 1 }
            }
            #expect(Double(hits) / Double(runs) >= least, "\(expected) expected samples")
        }
    }

    @Test(
        "the interval of a percentile holds the truth 91 % of the time, with two strata of weights",
        arguments: [
            (0.5, 0.0, 30), (0.5, 0, 300), (0.95, 1.644854, 300), (0.95, 1.644854, 1000), (0.99, 2.326348, 1000),
        ])
    func quantileCoverage(q: Double, score: Double, count: Int) {
        var random = SeededGenerator(2)
        let truth = 1e6 * exp(score)
        var (hits, runs) = (0, 0)
        for _ in 0..<500 {
            var sketch = LatencySketch()
            var sums = WeightedSums()
            for _ in 0..<count {
                let weight = Bool.random(using: &random) ? Weight.one : Weight(units: 20 << 20)
                sketch.add(UInt64(1e6 * exp(random.normal())), weight: weight)
                sums.add(1, weight: weight)
            }
            guard let interval = sketch.interval(q, effectiveSize: sums.effectiveSize) else { continue }
            runs += 1
            let low = Double(interval.lowNanoseconds) * 128 / 129
            let high = interval.highNanoseconds.map { Double($0) * 130 / 129 } ?? .infinity
            if low <= truth, truth <= high { hits += 1 }
        }
        #expect(runs > 250)
        #expect(Double(hits) / Double(runs) >= 0.91)
    }

    @Test("calls of one trace that are alike widen nothing when the trace is the unit")
    func clusterCoverage() {
        var random = SeededGenerator(3)
        let truth = 1e6 * exp(1.644854)
        var hits = 0
        for _ in 0..<200 {
            var sketch = LatencySketch()
            var sums = WeightedSums()
            for _ in 0..<200 {
                let calls = UInt64.random(in: 1...20, using: &random)
                let common = 0.5.squareRoot() * random.normal()
                for _ in 0..<calls {
                    let own = 0.5.squareRoot() * random.normal()
                    sketch.add(UInt64(1e6 * exp(common + own)), weight: Weight(units: 20 << 20))
                }
                sums.add(calls, weight: Weight(units: 20 << 20))
            }
            guard let interval = sketch.interval(0.95, effectiveSize: sums.effectiveSize) else { continue }
            let high = interval.highNanoseconds.map { Double($0) } ?? .infinity
            if Double(interval.lowNanoseconds) <= truth, truth <= high { hits += 1 }
        }
        #expect(hits >= 190)
    }

    @Test("an unsampled count has no doubt; a sampled one has the published width")
    func counts() throws {
        var sums = WeightedSums()
        for _ in 0..<10 { sums.add(1, weight: .one) }
        #expect(sums.interval(counted: 10) == ConfidenceInterval(low: 10, high: 10))
        var sampled = WeightedSums()
        for _ in 0..<100 { sampled.add(1, weight: Weight(units: 10 << 20)) }
        let interval = try #require(sampled.interval(counted: 100))
        // 1000·exp(±1.96·√9000/1000)
        #expect(abs(interval.low - 830.3247) < 0.001)
        #expect(abs(interval.high - 1204.3482) < 0.001)
    }

    @Test("a count is never below what was seen, and nothing seen is bounded by 3/p")
    func unseen() throws {
        let none = WeightedSums()
        #expect(none.interval(counted: 0) == nil)
        let bound = try #require(none.interval(counted: 0, probability: 0.01))
        #expect(bound.low == 0 && abs(bound.high - 300) < 1e-3)
        #expect(none.interval(counted: 900, probability: 0.01) == ConfidenceInterval(low: 900, high: 900))
        #expect(ConfidenceInterval.unseen(probability: 0) == nil)
        #expect(ConfidenceInterval.unseen(probability: .nan) == nil)
        var one = WeightedSums()
        one.add(1, weight: Weight(units: 2 << 20))
        #expect(one.interval(counted: 5)?.low == 5)
    }

    @Test("an error rate without errors is Wilson's, with some it follows the weights of traces")
    func ratios() throws {
        var all = WeightedSums()
        var errors = WeightedSums()
        for index in 0..<100 {
            all.add(1, weight: Weight(units: 10 << 20))
            if index < 20 { errors.add(1, weight: Weight(units: 10 << 20)) }
        }
        let none = try #require(WeightedSums().ratio(of: all))
        #expect(none.ratio == 0 && none.interval.low == 0)
        #expect(abs(none.interval.high - 0.036994) < 1e-5)
        let some = try #require(errors.ratio(of: all))
        #expect(some.ratio == 0.2)
        // ± 1.96·√(90·(20·0.8² + 80·0.2²))/1000
        #expect(abs(some.interval.high - 0.2743796) < 1e-5)
        #expect(abs(some.interval.low - 0.1256204) < 1e-5)
        let whole = try #require(all.ratio(of: all))
        #expect(whole.ratio == 1 && whole.interval.high == 1 && whole.interval.low < 0.97)
        #expect(errors.ratio(of: WeightedSums()) == nil)
    }

    @Test("a percentile with less than one sample beyond it is not published, with less than five weak")
    func publication() throws {
        var sketch = LatencySketch()
        for value in 1...100 { sketch.add(UInt64(value)) }
        #expect(sketch.interval(0.99, effectiveSize: 99) == nil)
        let weak = try #require(sketch.interval(0.99, effectiveSize: 100))
        #expect(weak.isWeak && weak.highNanoseconds == nil)
        let middle = try #require(sketch.interval(0.5, effectiveSize: 100))
        #expect(middle == QuantileInterval(lowNanoseconds: 41, highNanoseconds: 60, isWeak: false))
        #expect(sketch.interval(0.5, effectiveSize: 0) == nil)
        #expect(sketch.interval(.nan, effectiveSize: 100) == nil)
    }

    @Test("mixed weights of one trace: the sum is exact, the squares use the mean")
    func mixedWeights() {
        var equal = WeightedSums()
        equal.add(3, totalUnits: 30 << 20)
        var reference = WeightedSums()
        reference.add(3, weight: Weight(units: 10 << 20))
        #expect(equal == reference)
        var mixed = WeightedSums()
        mixed.add(2, totalUnits: 15 << 20)
        #expect(mixed.estimate == 15)
        #expect(mixed.variance == 7.5 * 6.5 * 4)
        #expect(mixed.effectiveSize == 1)
        var huge = WeightedSums()
        huge.add(.max, totalUnits: .max)
        huge.add(1, totalUnits: .max)
        #expect(huge.s1 == UInt128(UInt64.max) * 2)
    }
}
