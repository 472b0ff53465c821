import SpanModel
import Testing

@testable import SpanReading

/// What whole objects meant before must never change what others mean.
@Suite struct JSONObjectMemoTests {
    private static let object = Array("{\"a\":\"\(String(repeating: "0123456789", count: 5))\",\"b\":[1,2]}".utf8)

    private func found(_ memo: JSONObjectMemo<Int>, _ text: [UInt8]) -> (meaning: Int, end: Int)? {
        var cursor = JSONCursor(position: 0)
        let meaning = memo.find(&cursor, text.span.bytes)
        if meaning == nil { #expect(cursor.position == 0) }
        return meaning.map { ($0, cursor.position) }
    }

    private func learn(_ memo: inout JSONObjectMemo<Int>, _ text: [UInt8], _ meaning: Int) {
        memo.learn(text.span.bytes, 0, text.count, meaning)
    }

    @Test func onlyEqualBytesAreFound() {
        var memo = JSONObjectMemo(unknown: 0)
        #expect(found(memo, Self.object) == nil)
        learn(&memo, Self.object, 7)
        for behind in [0, 1, 100] {
            let whole = Self.object + [UInt8](repeating: 0x2c, count: behind)
            #expect(found(memo, whole)?.meaning == 7 && found(memo, whole)?.end == Self.object.count)
        }
        for place in Self.object.indices {
            var other = Self.object
            other[place] ^= 1
            #expect(found(memo, other) == nil)
            #expect(found(memo, Array(Self.object[..<place])) == nil)
        }
    }

    @Test func everyObjectKeepsItsMeaningOrIsForgotten() {
        var memo = JSONObjectMemo(unknown: 0)
        let objects = (0..<1000).map { number in
            // Much alike, and shorter in the end.
            Array("{\"n\":\"\(String(repeating: "x", count: 900 - number / 2))\",\"number\":\(number)}".utf8)
        }
        for (number, object) in objects.enumerated() {
            learn(&memo, object, number)
            #expect(found(memo, object)?.meaning == number)
            for earlier in max(0, number - 20)..<number {
                if let meaning = found(memo, objects[earlier])?.meaning { #expect(meaning == earlier) }
            }
        }
    }

    @Test func shortOnesAndOtherValuesAreNotLearned() {
        var memo = JSONObjectMemo(unknown: 0)
        for text in ["{}", "{\"a\":1}", "[\(String(repeating: "1,", count: 40))1]"] {
            learn(&memo, Array(text.utf8), 1)
            #expect(found(memo, Array((text + String(repeating: " ", count: 5000)).utf8)) == nil)
        }
    }

    /// Reads a line, the same with any byte of an object changed, and the first one again with one reader; then each of
    /// them with a reader of its own.
    private func compare<F: SpanFormat>(_: F.Type, _ before: String, _ object: String, _ after: String) {
        let (before, object, after) = (Array(before.utf8), Array(object.utf8), Array(after.utf8))
        let whole = before + object + after + [0x0a]
        let expected = ReadResult.of(F.self, whole)
        #expect(expected.spans.count == 1 && expected.report.badRecords == 0 && expected.services != [""])
        for place in object.indices {
            for byte: UInt8 in [0x20, 0x22, 0x30, 0x5c, 0x7d] where byte != object[place] {
                var changed = object
                changed[place] = byte
                let line = before + changed + after + [0x0a]
                let alone = ReadResult.of(F.self, line)
                let all = ReadResult.of(F.self, whole + whole + line + whole)
                let lines = [expected, expected, alone, expected]
                #expect(all.fingerprint == lines.flatMap(\.fingerprint), "\(String(decoding: line, as: UTF8.self))")
                // At the end of the bytes an object without its end is cut, not bad.
                #expect(all.report.badRecords == ReadResult.of(F.self, line + whole).report.badRecords)
            }
        }
    }

    private static let ids = "\"traceId\":\"000102030405060708090a0b0c0d0e0f\""

    @Test func resources() {
        compare(
            OTLPJSONFormat.self, "{\"resourceSpans\":[{\"resource\":",
            """
            {"attributes":[{"key":"service.name","value":{"stringValue":"shop"}},{"key":"x","value":{"intValue":1}}]}
            """, ",\"scopeSpans\":[{\"spans\":[{\(Self.ids),\"spanId\":\"0102030405060708\",\"name\":\"op\"}]}]}]}")
    }

    @Test func scopes() {
        compare(
            OTLPJSONFormat.self,
            """
            {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},\
            "scopeSpans":[{"scope":
            """, "{\"name\":\"io.shop.search\",\"version\":\"1.0\",\"attributes\":[{}]}",
            ",\"spans\":[{\(Self.ids),\"spanId\":\"0102030405060708\",\"name\":\"op\"}]}]}]}")
    }

    @Test func localEndpoints() {
        compare(
            ZipkinJSONFormat.self, "{\(Self.ids),\"id\":\"0102030405060708\",\"name\":\"op\",\"localEndpoint\":",
            "{\"serviceName\":\"shop\",\"ipv4\":\"10.0.0.1\",\"port\":80}", ",\"tags\":{\"a\":\"b\"}}")
    }

    @Test func processes() {
        compare(
            JaegerJSONFormat.self,
            """
            {"traceID":"0102030405060708","spans":[{"traceID":"0102030405060708","spanID":"0102030405060708",\
            "operationName":"op","startTime":1,"duration":1,"processID":"p1"}],"processes":{"p1":
            """, "{\"serviceName\":\"shop\",\"tags\":[{\"key\":\"ip\",\"type\":\"string\",\"value\":\"10.0.0.1\"}]}",
            "}}")
    }
}
