import SpanModel
import Testing

@testable import TraceAnalysis

@Suite("sums over traces that come part by part")
struct TraceSumsTests {
    @Test("traces of any weights add up as if each were added as one")
    func parts() {
        var random = SystemRandomNumberGenerator()
        for kinds in 1...4 {
            var (sums, expected) = (TraceSums(), WeightedSums())
            for trace in UInt64(1)...200 {
                let weights = (0..<Int.random(in: 1...9, using: &random)).map { _ in
                    [Weight.one, Weight(units: 3 << 19), Weight(units: 0), .maximum][
                        Int.random(in: 0..<kinds, using: &random)]
                }
                for weight in weights { sums.add(weight, ofTrace: trace) }
                expected.add(
                    UInt64(weights.count { $0.units > 0 }), totalUnits: weights.reduce(0) { $0 + $1.units })
            }
            #expect(sums.sums == expected)
            var merged = TraceSums(WeightedSums(s1: 1, s2: 2, s3: 3))
            merged.merge(sums)
            expected.merge(WeightedSums(s1: 1, s2: 2, s3: 3))
            #expect(merged.sums == expected)
        }
    }

    @Test("a trace of very many parts is exact")
    func manyParts() {
        var (sums, expected) = (TraceSums(), WeightedSums())
        let parts = UInt64(1 << 20) + 1
        for _ in 0..<parts { sums.add(.one, ofTrace: 1) }
        sums.add(.one, ofTrace: 2)
        expected.add(parts, totalUnits: parts << 20)
        expected.add(1, totalUnits: 1 << 20)
        #expect(sums.sums == expected)
    }

    @Test("a trace whose parts squared take more than 62 bits is exact, and so is the next")
    func squaresWithoutRoom() {
        var (sums, expected) = (TraceSums(), WeightedSums())
        let parts = UInt64(1 << 31) + 2
        for _ in 0..<parts { sums.add(.one, ofTrace: 1) }
        expected.add(parts, totalUnits: parts << 20)
        #expect(sums.sums == expected)
        for _ in 0..<3 { sums.add(.one, ofTrace: 2) }
        expected.add(3, totalUnits: 3 << 20)
        #expect(sums.sums == expected)
    }
}
