import SpanModel
import Testing

@testable import SpanReading

@Suite struct TraceStateTests {
    private func parse(_ text: String) -> TraceState { TraceState(Array(text.utf8).span.bytes) }

    @Test(arguments: [
        ("ot=th:0", 1.0), ("ot=th:8", 2), ("ot=th:c", 4), ("ot=th:e666", 9.99938968568813),
        ("ot=th:fd70a4", 100.00009536752259), ("ot=th:aaab", 3.00004577706569),
    ])
    func thresholdsGiveTheWeightsOfTheSpecification(text: String, weight: Double) throws {
        let threshold = try #require(parse(text).threshold)
        let found = try #require(Weight(rejectionThreshold: threshold))
        #expect(abs(found.value - weight) <= 0x1p-20)
    }

    @Test func theOTMemberIsFoundAmongOthers() {
        #expect(parse("a=1, ot=th:8 ,b=2").threshold == 1 << 55)
        #expect(parse("x@ot=th:8").threshold == nil)
        #expect(parse("ott=th:8").threshold == nil)
        #expect(parse("").threshold == nil)
        #expect(parse("ot=").threshold == nil)
    }

    @Test func malformedPartsReadAsAbsent() {
        for text in ["ot=th:", "ot=th:C", "ot=th:g", "ot=th:000000000000001", "ot=th"] {
            #expect(parse(text).threshold == nil)
        }
        #expect(parse("ot=th:00000000000001").threshold == 1)
        #expect(parse("ot=rv:1234").randomness == nil)
        #expect(parse("ot=rv:00000000000abc").randomness == 0xabc)
        #expect(parse("ot=p:64").power == nil && parse("ot=p:100").power == nil && parse("ot=p:x").power == nil)
        #expect(parse("ot=p:8;r:62").power == 8 && parse("ot=p:63").power == 63)
    }

    @Test func thresholdAndRandomnessStandSideBySide() {
        let state = parse("ot=th:8;rv:80000000000000;x:y")
        #expect(state.threshold == 1 << 55 && state.randomness == 1 << 55)
    }
}
