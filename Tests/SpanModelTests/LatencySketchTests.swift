import SpanModel
import Testing

@Suite struct LatencySketchTests {
    static let quantiles = [0, 0.001, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1]

    @Test("a percentile is within 1/129 of the exact nearest rank", arguments: Shape.allCases, [1, 7, 300, 20_000])
    func percentiles(shape: Shape, count: Int) {
        var random = SeededGenerator(UInt64(count))
        var sketch = LatencySketch()
        var samples: [(value: UInt64, units: UInt64)] = []
        for _ in 0..<count {
            let value = shape.sample(&random)
            samples.append((value, Weight.one.units))
            sketch.add(value)
        }
        for q in Self.quantiles {
            expectNear(sketch.percentile(q), nearestRank(samples, q))
            #expect(sketch.percentile(q) == sketch.weightedPercentile(q))
        }
        #expect(sketch.minimumNanoseconds == samples.map(\.value).min())
        #expect(sketch.maximumNanoseconds == samples.map(\.value).max())
        #expect(sketch.sumNanoseconds == samples.reduce(0) { $0 + UInt128($1.value) })
    }

    @Test("a weighted percentile is within 1/129 of the exact weighted rank", arguments: Shape.allCases)
    func weightedPercentiles(shape: Shape) {
        var random = SeededGenerator(5)
        var sketch = LatencySketch()
        var samples: [(value: UInt64, units: UInt64)] = []
        for _ in 0..<5000 {
            let value = shape.sample(&random)
            let units = [0, Weight.one.units, Weight.one.units * 20, Weight.maximum.units].randomElement(using: &random)
            samples.append((value, units ?? 0))
            sketch.add(value, weight: Weight(units: units ?? 0))
        }
        for q in Self.quantiles { expectNear(sketch.weightedPercentile(q), nearestRank(samples, q)) }
        for q in Self.quantiles {
            expectNear(sketch.percentile(q), nearestRank(samples.map { ($0.value, 1) }, q))
        }
        #expect(sketch.totalWeightUnits == samples.reduce(0) { $0 + UInt128($1.units) })
    }

    @Test("every value is within 1/129 of its bin's representative, and bins are in order")
    func representatives() {
        var random = SeededGenerator(9)
        var values: [UInt64] = [0, 1, 127, 128, 129, .max, .max - 1]
        for exponent in 0..<64 {
            for _ in 0..<200 { values.append((1 << exponent) | .random(in: 0..<(1 << exponent), using: &random)) }
            values += [(1 << exponent), (1 << exponent) &- 1]
        }
        values.sort()
        for (lesser, greater) in zip(values, values.dropFirst()) {
            #expect(LatencySketch.bin(lesser) <= LatencySketch.bin(greater))
        }
        for value in values {
            let bin = LatencySketch.bin(value)
            #expect((0..<LatencySketch.binCount).contains(bin))
            #expect(LatencySketch.bin(LatencySketch.representative(bin)) == bin)
            expectNear(LatencySketch.representative(bin), value)
        }
    }

    @Test("equal samples give equal sketches and bytes, in any order and any partition", arguments: Shape.allCases)
    func canonical(shape: Shape) {
        for count in [2, 33, 40, 1000] {
            var random = SeededGenerator(UInt64(count) + 77)
            let samples = (0..<count).map { _ in
                (shape.sample(&random), [Weight.one, Weight(units: 3 << 20)].randomElement(using: &random) ?? .one)
            }
            let whole = sketch(samples)
            for _ in 0..<8 {
                let shuffled = samples.shuffled(using: &random)
                #expect(sketch(shuffled) == whole)
                let cut = Int.random(in: 0...count, using: &random)
                var first = sketch(Array(shuffled[..<cut]))
                var second = sketch(Array(shuffled[cut...]))
                let firstAlone = first
                first.merge(second)
                second.merge(firstAlone)
                #expect(first == whole)
                #expect(second == whole)
                #expect(first.hashValue == whole.hashValue)
                #expect(first.encoded() == whole.encoded())
            }
        }
    }

    @Test("several samples at a time give the sketch that each by itself gives", arguments: Shape.allCases)
    func severalAtATime(shape: Shape) throws {
        let weights = [Weight.one, Weight(units: 3 << 20), Weight(units: 0), .maximum, Weight(units: .max)]
        for (count, kinds) in [(5, 1), (40, 1), (3000, 1), (6, 3), (60, 4), (3000, 4), (200, 5)] {
            var random = SeededGenerator(UInt64(count * kinds) + 5)
            var samples: [(UInt64, Weight)] = []
            var packed: [PackedSample] = []
            for _ in 0..<count {
                let number = Int.random(in: 0..<kinds, using: &random)
                let value = min(shape.sample(&random), PackedSample.nanosecondsLimit - 1)
                samples.append((value, weights[number]))
                packed.append(try #require(PackedSample(value, weightNumber: UInt32(number), tag: 5)))
            }
            let whole = sketch(samples)
            for size in [1, 3, 8, 11] {
                var batched = LatencySketch()
                for start in stride(from: 0, to: count, by: size) {
                    let batch = packed[start..<min(start + size, count)]
                    batched.add(Array(batch).span, weights: weights.span)
                }
                #expect(batched == whole, "\(count) samples of \(kinds) weights, \(size) at a time")
                #expect(batched.encoded() == whole.encoded())
            }
        }
    }

    @Test("counts stay exact when several samples at a time pass 32 bits", arguments: [1, 40])
    func severalBeyond32Bits(bins: Int) throws {
        var random = SeededGenerator(9)
        for weight in [Weight.one, Weight(units: 7 << 20)] {
            var grown = sketch((0..<8 * bins).map { _ in (Shape.logNormal.sample(&random), weight) })
            let values = [UInt64](repeating: grown.minimumNanoseconds, count: 8)
            while grown.count < UInt64(UInt32.max) - 8 * UInt64(bins) { grown.merge(grown) }
            var single = grown
            for _ in 0..<3 {
                let packed = try values.map { try #require(PackedSample($0, weightNumber: 1, tag: 0)) }
                grown.add(packed.span, weights: [Weight.one, weight].span)
                for value in values { single.add(value, weight: weight) }
            }
            #expect(grown == single)
        }
    }

    @Test("a packed sample gives back its parts, and refuses what does not fit")
    func packed() throws {
        let greatest = PackedSample.nanosecondsLimit - 1
        let sample = try #require(PackedSample(greatest, weightNumber: PackedSample.weightLimit - 1, tag: 6))
        #expect(sample.nanoseconds == greatest && sample.tag == 6)
        #expect(sample.weightNumber == Int(PackedSample.weightLimit) - 1)
        #expect(PackedSample(greatest + 1, weightNumber: 0, tag: 0) == nil)
        #expect(PackedSample(0, weightNumber: PackedSample.weightLimit, tag: 0) == nil)
    }

    @Test("samples spread over all octaves, or beside an outlier, stay canonical")
    func spread() {
        var random = SeededGenerator(3)
        var samples: [(UInt64, Weight)] = []
        for _ in 0..<600 { samples.append((1 << UInt64.random(in: 0..<64, using: &random), .one)) }
        for value in UInt64(1000)..<1200 { samples.append((value, .one)) }
        samples.append((.max, .one))
        let whole = sketch(samples)
        for _ in 0..<10 {
            samples.shuffle(using: &random)
            #expect(sketch(samples) == whole)
        }
        #expect(LatencySketch(encoded: whole.encoded()) == whole)
    }

    @Test("merging with itself doubles counts and keeps percentiles, far beyond 32 bits")
    func widening() {
        var random = SeededGenerator(4)
        for weight in [Weight.one, Weight(units: 7 << 20), .maximum] {
            var sketch = sketch((0..<500).map { _ in (Shape.logNormal.sample(&random), weight) })
            let once = sketch
            for _ in 0..<40 { sketch.merge(sketch) }
            #expect(sketch.count == once.count << 40)
            #expect(sketch.sumNanoseconds == once.sumNanoseconds << 40)
            #expect(sketch.totalWeightUnits == once.totalWeightUnits << 40)
            for q in Self.quantiles { #expect(sketch.percentile(q) == once.percentile(q)) }
            for q in Self.quantiles { #expect(sketch.weightedPercentile(q) == once.weightedPercentile(q)) }
            #expect(LatencySketch(encoded: sketch.encoded()) == sketch)
            for _ in 0..<40 { sketch.merge(sketch) }
            #expect(sketch.count == .max)
            #expect(LatencySketch(encoded: sketch.encoded()) == nil || sketch.percentile(0.5) != nil)
            sketch.add(5, weight: weight)
            #expect(sketch.count == .max)
        }
    }

    @Test("a sketch rebuilt from its parts is the same sketch")
    func parts() throws {
        var random = SeededGenerator(6)
        for weight in [Weight.one, Weight(units: 5 << 20)] {
            let whole = sketch((0..<400).map { _ in (Shape.bimodal.sample(&random), weight) })
            let again = LatencySketch(
                count: whole.count, sumNanoseconds: whole.sumNanoseconds, minimumNanoseconds: whole.minimumNanoseconds,
                maximumNanoseconds: whole.maximumNanoseconds, base: whole.base, counts: whole.counts,
                weights: whole.weights)
            #expect(again == whole)
        }
        #expect(
            LatencySketch(
                count: 2, sumNanoseconds: 3, minimumNanoseconds: 1, maximumNanoseconds: 2, base: .max, counts: [1, 1],
                weights: []) == nil)
    }

    @Test(
        "figures are what the sketch says when asked one by one", arguments: [0, 1, 2, 3, 10, 99, 100, 101, 1000, 5000])
    func figures(samples: Int) throws {
        var generator = SeededGenerator(UInt64(samples))
        var sketch = LatencySketch()
        for _ in 0..<samples { sketch.add(generator.next() >> (generator.next() % 64)) }
        let figures = sketch.figures
        for percentile in Percentile.allCases { #expect(figures[percentile] == sketch.percentile(percentile.share)) }
        #expect(figures.count == sketch.count && figures.sumNanoseconds == sketch.sumNanoseconds)
        #expect(figures.isEmpty == sketch.isEmpty)
        guard samples > 0 else { return }
        #expect(figures.minimumNanoseconds == sketch.minimumNanoseconds)
        #expect(figures.maximumNanoseconds == sketch.maximumNanoseconds)
        var reader = VarintReader(Array(sketch.encoded().prefix(LatencySketch.Head.longest)))
        let head = try LatencySketch.Head(decoding: &reader)
        #expect(head.count == figures.count && head.sumNanoseconds == figures.sumNanoseconds)
        #expect(head.minimumNanoseconds == figures.minimumNanoseconds)
        #expect(head.maximumNanoseconds == figures.maximumNanoseconds)
    }

    @Test("an empty sketch has no percentile, and an odd q is clamped")
    func edges() {
        #expect(LatencySketch().percentile(0.5) == nil)
        #expect(LatencySketch().weightedPercentile(0.5) == nil)
        var one = LatencySketch()
        one.add(.max, weight: Weight(units: 0))
        #expect(one.percentile(-.infinity) == .max)
        #expect(one.percentile(.nan) == .max)
        #expect(one.percentile(7) == .max)
        #expect(one.weightedPercentile(0.5) == nil)
    }

    private func sketch(_ samples: [(UInt64, Weight)]) -> LatencySketch {
        var sketch = LatencySketch()
        for (value, weight) in samples { sketch.add(value, weight: weight) }
        return sketch
    }

    private func expectNear(
        _ found: UInt64?, _ exact: UInt64, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        guard let found else {
            Issue.record("no percentile", sourceLocation: sourceLocation)
            return
        }
        let distance = found > exact ? found - exact : exact - found
        let product = distance.multipliedFullWidth(by: 129)
        #expect(product.high == 0 && product.low <= exact, "\(found) for \(exact)", sourceLocation: sourceLocation)
    }
}
