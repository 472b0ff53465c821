import SpanModel
import Testing

@Suite struct LatencySketchEncodingTests {
    @Test("every sketch comes back from its bytes", arguments: Shape.allCases, [0, 1, 2, 32, 33, 5000])
    func roundTrip(shape: Shape, count: Int) {
        var random = SeededGenerator(UInt64(count))
        var plain = LatencySketch()
        var weighted = LatencySketch()
        for _ in 0..<count {
            let value = shape.sample(&random)
            plain.add(value)
            weighted.add(value, weight: Weight(units: .random(in: 0...Weight.maximum.units, using: &random)))
        }
        #expect(LatencySketch(encoded: plain.encoded()) == plain)
        #expect(LatencySketch(encoded: weighted.encoded()) == weighted)
    }

    @Test("a few samples take a few bytes")
    func small() {
        var sketch = LatencySketch()
        for value: UInt64 in [1_000_000, 1_100_000, 2_000_000] { sketch.add(value) }
        #expect(sketch.encoded().count < 24)
    }

    @Test("a weight that all samples share is written once", arguments: [1, 3 << 20, 1 << 40] as [UInt64])
    func uniform(units: UInt64) {
        var random = SeededGenerator(units)
        var plain = LatencySketch()
        var uniform = LatencySketch()
        for _ in 0..<500 {
            let value = Shape.logNormal.sample(&random)
            plain.add(value)
            uniform.add(value, weight: Weight(units: units))
        }
        #expect(LatencySketch(encoded: uniform.encoded()) == uniform)
        #expect(uniform.encoded().count <= plain.encoded().count + 6)
    }

    /// As the first version of the store wrote it.
    private func earlierEncoding(_ sketch: LatencySketch) -> [UInt8] {
        var writer = VarintWriter()
        writer.append(sketch.count)
        guard sketch.count > 0 else { return writer.bytes }
        writer.append(sketch.sumNanoseconds)
        writer.append(sketch.minimumNanoseconds)
        writer.append(sketch.maximumNanoseconds - sketch.minimumNanoseconds)
        writer.append(sketch.isWeighted ? 1 : 0)
        var bins: [(bin: Int, count: UInt64, units: UInt128)] = []
        sketch.forEachBin { bins.append(($0, $1, $2)) }
        writer.append(bins.count - 1)
        for (index, entry) in bins.enumerated() {
            if index > 0 { writer.append(entry.bin - bins[index - 1].bin - 1) }
            writer.append(entry.count - 1)
            if sketch.isWeighted { writer.append(entry.units) }
        }
        return writer.bytes
    }

    @Test("bytes of an earlier version are read, unknown forms refused", arguments: Shape.allCases)
    func earlier(shape: Shape) {
        var random = SeededGenerator(3)
        for isWeighted in [false, true] {
            for count in [0, 1, 2, 700] {
                var sketch = LatencySketch()
                for _ in 0..<count {
                    let weight = isWeighted ? Weight(units: .random(in: 0...5 << 20, using: &random)) : .one
                    sketch.add(shape.sample(&random), weight: weight)
                }
                let bytes = earlierEncoding(sketch)
                #expect(LatencySketch(encoded: bytes) == sketch)
                for length in bytes.indices { #expect(LatencySketch(encoded: Array(bytes[..<length])) == nil) }
            }
        }
        #expect(LatencySketch(encoded: [1, 5, 5, 0, 2, 0, 0])?.count == 1)
        #expect(LatencySketch(encoded: [1, 5, 5, 0, 5, 0, 0]) == nil)
    }

    @Test("damaged bytes give nil or another valid sketch, never a trap")
    func damage() {
        var random = SeededGenerator(8)
        var sketch = LatencySketch()
        for _ in 0..<60 { sketch.add(Shape.logNormal.sample(&random), weight: Weight(units: 3 << 20)) }
        let bytes = sketch.encoded()
        for length in bytes.indices { #expect(LatencySketch(encoded: Array(bytes[..<length])) == nil) }
        #expect(LatencySketch(encoded: bytes + [0]) == nil)
        for _ in 0..<20_000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                damaged[.random(in: damaged.indices, using: &random)] = .random(in: 0...255, using: &random)
            }
            if var odd = LatencySketch(encoded: damaged) {
                expectOneForm(odd, damaged)
                odd.merge(sketch)
                odd.add(17)
                #expect(odd.percentile(0.5) != nil)
            }
        }
        for _ in 0..<20_000 {
            let noise = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if let odd = LatencySketch(encoded: noise) { expectOneForm(odd, noise) }
        }
    }

    /// A sketch has one form of bytes, and one that an earlier version wrote.
    private func expectOneForm(_ sketch: LatencySketch, _ bytes: [UInt8]) {
        #expect(sketch.encoded() == bytes || earlierEncoding(sketch) == bytes)
    }

    @Test("numbers come back from their bytes, and only the shortest form is read")
    func varints() throws {
        var writer = VarintWriter()
        let numbers: [UInt128] = [0, 1, 127, 128, 16_383, 16_384, UInt128(UInt64.max), UInt128(UInt64.max) + 1, .max]
        for number in numbers { writer.append(number) }
        var reader = VarintReader(writer.bytes)
        for number in numbers { #expect(try reader.wide() == number) }
        #expect(reader.isAtEnd)
        for bad: [UInt8] in [
            [], [0x80], [0x80, 0], Array(repeating: 0xff, count: 19), Array(repeating: 0xff, count: 40),
        ] {
            var reader = VarintReader(bad)
            #expect(throws: VarintReader.Failure.self) { try reader.wide() }
        }
        var large = VarintReader(Array(repeating: 0xff, count: 18) + [3])
        #expect(throws: VarintReader.Failure.self) { try large.number() }
        var hungry = VarintReader([5, 1, 2])
        #expect(throws: VarintReader.Failure.self) { try hungry.count() }
    }
}
