import SpanModel
import Testing

@Suite struct IntervalTests {
    @Test("an unsampled count has no doubt; a sampled one has the published width")
    func counts() throws {
        var sums = WeightedSums()
        for _ in 0..<10 { sums.add(1, weight: .one) }
        #expect(sums.interval(counted: 10) == ConfidenceInterval(low: 10, high: 10))
        var sampled = WeightedSums()
        for _ in 0..<100 { sampled.add(1, weight: Weight(units: 10 << 20)) }
        let interval = try #require(sampled.interval(counted: 100))
        // 1000 + 1.96²·9/2 ± √(1.96²·9000 + (1.96²·9/2)²) = 830.55 and 1204.03
        #expect(interval == ConfidenceInterval(low: 831, high: 1204))
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
        #expect(abs(none.interval.high - 0.033418) < 1e-5)
        let some = try #require(errors.ratio(of: all))
        #expect(some.ratio == 0.2)
        // Wilson's for 0.2·0.8 / (90·(20·0.8² + 80·0.2²) / 1000²) = 111.1 traces.
        #expect(abs(some.interval.high - 0.2838315) < 1e-5)
        #expect(abs(some.interval.low - 0.1362192) < 1e-5)
        let whole = try #require(all.ratio(of: all))
        #expect(whole.ratio == 1 && whole.interval.high == 1 && whole.interval.low < 0.97)
        #expect(errors.ratio(of: WeightedSums()) == nil)
        let known = try #require(WeightedSums.of(1, .one, times: 3).ratio(of: .of(1, .one, times: 12)))
        #expect(known.interval == ConfidenceInterval(low: 0.25, high: 0.25))
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
