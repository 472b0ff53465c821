import Foundation
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

    private typealias Bin = (bin: Int, count: UInt64, units: UInt128)

    /// What every encoding begins with, and the bins that follow; none of an empty sketch.
    private func beginning(of sketch: LatencySketch) -> (writer: VarintWriter, bins: [Bin]) {
        var writer = VarintWriter()
        var bins: [Bin] = []
        writer.append(sketch.count)
        guard sketch.count > 0 else { return (writer, bins) }
        writer.append(sketch.sumNanoseconds)
        writer.append(sketch.minimumNanoseconds)
        writer.append(sketch.maximumNanoseconds - sketch.minimumNanoseconds)
        sketch.forEachBin { bins.append(($0, $1, $2)) }
        return (writer, bins)
    }

    /// As the first version of the store wrote it.
    private func earlierEncoding(_ sketch: LatencySketch) -> [UInt8] {
        let (begun, bins) = beginning(of: sketch)
        var writer = begun
        guard !bins.isEmpty else { return writer.bytes }
        writer.append(sketch.isWeighted ? 1 : 0)
        writer.append(bins.count - 1)
        for (index, entry) in bins.enumerated() {
            if index > 0 { writer.append(entry.bin - bins[index - 1].bin - 1) }
            writer.append(entry.count - 1)
            if sketch.isWeighted { writer.append(entry.units) }
        }
        return writer.bytes
    }

    /// As it was written before there was a packing for bins far from one another.
    private func closeEncoding(_ sketch: LatencySketch) -> [UInt8] {
        let (begun, bins) = beginning(of: sketch)
        var writer = begun
        guard !bins.isEmpty else { return writer.bytes }
        let weight = bins[0].units / UInt128(bins[0].count)
        let isUniform = bins.allSatisfy { UInt128($0.count) * weight == $0.units }
        let form = sketch.isWeighted ? isUniform ? 3 : 4 : 2
        writer.append(form)
        if form == 3 { writer.append(weight) }
        writer.append(bins.count - 1)
        for (index, entry) in bins.enumerated() {
            let gap = index > 0 ? entry.bin - bins[index - 1].bin - 1 : 0
            writer.append((entry.count - 1) * 2 + (gap > 0 ? 1 : 0))
            if gap > 0 { writer.append(gap - 1) }
            if form == 4 { writer.append(entry.units) }
        }
        return writer.bytes
    }

    @Test("the shorter of two packings is written, the other one read where it was written", arguments: Shape.allCases)
    func packings(shape: Shape) {
        var random = SeededGenerator(4)
        for (weight, count) in [1, 2, 5, 40, 300, 20_000].flatMap({ count in [1, 3].map { (UInt64($0), count) } }) {
            var sketch = LatencySketch()
            for _ in 0..<count { sketch.add(shape.sample(&random), weight: Weight(units: weight << 20)) }
            let (bytes, close) = (sketch.encoded(), closeEncoding(sketch))
            #expect(bytes.count <= close.count)
            #expect(bytes == close || bytes.count < close.count)
            #expect(LatencySketch(encoded: bytes) == sketch && LatencySketch(encoded: close) == sketch)
        }
    }

    @Test("samples far from one another take about a byte each")
    func scattered() {
        var sketch = LatencySketch()
        for step in 0..<50 { sketch.add(UInt64(1_000_000 * pow(1.05, Double(step)))) }
        #expect(sketch.encoded().count <= 50 + 16)
        #expect(closeEncoding(sketch).count > 90)
        // In the packing that is longer for so many neighbours nobody writes it.
        #expect(LatencySketch(encoded: [2, 2, 1, 0, 5, 0, 1])?.count == nil)
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
        #expect(LatencySketch(encoded: [1, 5, 5, 0, 8, 0, 0]) == nil)
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

    /// A sketch has one form of bytes, and those that earlier versions wrote.
    private func expectOneForm(_ sketch: LatencySketch, _ bytes: [UInt8]) {
        #expect(sketch.encoded() == bytes || closeEncoding(sketch) == bytes || earlierEncoding(sketch) == bytes)
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
