import Foundation
import SpanModel
import Testing

@testable import SpanReading

@Suite struct JaegerJSONTests {
    private func read(_ text: String, step: Int = .max) -> ReadResult { .of(JaegerJSONFormat.self, text, step: step) }

    private let processes =
        "\"processes\":{\"p1\":{\"serviceName\":\"shop\",\"tags\":[]},\"p2\":{\"serviceName\":\"bank\"}}"

    private func span(_ id: String, _ more: String = "", process: String = "p1") -> String {
        """
        {"traceID":"abc","spanID":"\(id)","operationName":"op","startTime":1600000000000000,"duration":5\(more),\
        "processID":"\(process)"}
        """
    }

    private func trace(_ spans: String...) -> String {
        "{\"traceID\":\"abc\",\"spans\":[\(spans.joined(separator: ","))],\(processes),\"warnings\":null}"
    }

    @Test func aTraceFillsRecords() {
        let found = read("{\"data\":[\(trace(span("1"), span("2", process: "p2")))],\"total\":0,\"errors\":null}")
        #expect(found.services == ["shop", "bank"] && found.operations == ["op", "op"])
        #expect(found.spans[0].traceID == TraceID(high: 0, low: 0xabc) && found.spans[1].spanID == 2)
        #expect(found.spans[0].startNanoseconds == 1_600_000_000_000_000_000)
        #expect(found.spans[0].durationNanoseconds == 5000 && found.spans[0].flags == [])
        #expect(found.report.badRecords == 0 && found.report.truncatedAt == nil && found.left == 0)
    }

    @Test func everyWrappingGivesTheSameSpans() {
        let one = trace(span("1"), span("2", process: "p2"))
        let first = "{\(processes),\"spans\":[\(span("1")),\(span("2", process: "p2"))],\"traceID\":\"abc\"}"
        let reply = "{\"data\":[\(one)],\"total\":0,\"limit\":0,\"offset\":0,\"errors\":null}"
        let expected = read(one).fingerprint
        for text in [
            one, first, "[\(one)]", reply, "{\"data\":\(one)}",
            "{\"total\":0,\"errors\":[{\"a\":1}],\"data\":[\(one)]}", "{\n  \"data\" : [\n \(one) ]\n}\n",
        ] {
            let isKnown = JaegerJSONFormat.recognizes(Array(text.utf8).span.bytes, isWhole: true)
            #expect(isKnown)
            for step in [Int.max, 1, 50] { #expect(read(text, step: step).fingerprint == expected) }
            let twice = read(text + "\n" + text)
            #expect(twice.fingerprint == expected + expected && twice.report.badRecords == 0 && twice.left == 0)
        }
        #expect(read("{\"data\":null,\"errors\":[]}").report.badRecords == 0)
        #expect(read("{\"data\":[]}\n\(one)").spans.count == 2)
    }

    @Test func theFirstChildOfInTheTraceIsTheParent() {
        func parent(_ references: String, _ more: String = "") -> ReadResult {
            read(trace(span("9", ",\"references\":[\(references)]\(more)")))
        }
        let follows = "{\"refType\":\"FOLLOWS_FROM\",\"traceID\":\"0abc\",\"spanID\":\"05\"}"
        let child = "{\"refType\":\"CHILD_OF\",\"traceID\":\"abc\",\"spanID\":\"6\"}"
        let away = "{\"refType\":\"CHILD_OF\",\"traceID\":\"def\",\"spanID\":\"7\"}"
        #expect(parent("\(follows),\(child)").spans[0].parentID == 6)
        #expect(parent("\(away),\(follows)").spans[0].parentID == 5)
        let linked = parent("\(away),\(child),\(follows)")
        #expect(linked.spans[0].parentID == 6 && linked.spans[0].flags == .links)
        #expect(linked.links.map(\.targetSpanID) == [7, 5] && linked.service(linked.links[0].operation) == "shop")
        #expect(parent(away, ",\"parentSpanID\":\"8\"").spans[0].parentID == 8)
        #expect(read(trace(span("9", ",\"parentSpanID\":\"8\""))).spans[0].parentID == 8)
        #expect(parent(child, ",\"parentSpanID\":\"8\"").spans[0].parentID == 6)
    }

    @Test func tagsTellKindErrorWeightAndPeer() {
        func tagged(_ tags: String) -> SpanRecord { read(trace(span("1", ",\"tags\":[\(tags)]"))).spans[0] }
        func tag(_ key: String, _ value: String) -> String { "{\"key\":\"\(key)\",\"type\":\"x\",\"value\":\(value)}" }
        #expect(tagged(tag("span.kind", "\"server\"")).kind == .server)
        #expect(tagged("").kind == .unset)
        #expect(tagged(tag("error", "true")).flags == [.error, .errorTag])
        #expect(tagged(tag("error", "false")).flags == [.errorTag])
        #expect(tagged(tag("error", "\"true\"")).flags == [.error, .errorTag])
        #expect(tagged(tag("otel.status_code", "\"ERROR\"")).flags == [.error])
        let weighted = tagged(tag("sampler.type", "\"probabilistic\"") + "," + tag("sampler.param", "0.25"))
        #expect(weighted.weight.value == 4 && weighted.flags.evidence == .tag)
        #expect(tagged(tag("w3c.tracestate", "\"ot=th:0\"")).flags.evidence == .threshold)
        let peer = read(
            trace(
                span(
                    "1",
                    ",\"tags\":[\(tag("peer.hostname", "\"h\"")),\(tag("peer.port", "80")),\(tag("span.kind", "\"client\""))]"
                )))
        #expect(peer.peers == ["h:80"])
        #expect(tagged("{\"value\":\"client\",\"type\":\"string\",\"key\":\"span.kind\"}").kind == .client)
    }

    @Test func flagTwoIsDebug() {
        #expect(read(trace(span("1", ",\"flags\":3"))).spans[0].flags.contains(.debug))
        #expect(!read(trace(span("1", ",\"flags\":1"))).spans[0].flags.contains(.debug))
    }

    @Test func timesBeyondTheRangeAreUnknown() {
        let found = read(trace(span("1").replacingOccurrences(of: "1600000000000000", with: "18446744073709552000")))
        #expect(found.spans[0].startNanoseconds == 0)
        let long = read(
            trace(span("1").replacingOccurrences(of: "\"duration\":5", with: "\"duration\":18446744073709552")))
        #expect(long.spans[0].flags == .noDuration)
    }

    @Test func spansWithoutValidIDsAreCounted() {
        let found = read(trace(span("0"), span(""), span("xyz"), span(String(repeating: "1", count: 17)), span("1")))
        #expect(found.spans.count == 1 && found.report.spansInvalid == 4)
    }

    @Test func aMalformedTraceIsSkippedToTheNextLine() {
        let good = trace(span("1"))
        let found = read("\(good)\n\(trace(span("2"), "{]"))\n\(good)\n{\"data\":[\(good),\(good.dropLast(8))")
        #expect(found.spans.map(\.spanID) == [1, 1, 1])
        #expect(found.report.badRecords == 1 && found.report.truncatedAt != nil)
    }

    @Test(.enabled(if: SharedData.directory != nil, "set SPANMILL_SHARED"))
    func theRecordedHotelHasItsCounts() throws {
        var spans = 0
        var traces: Set<TraceID> = []
        var services: Set<String> = []
        var weighted = 0
        for file in try SharedData.files("jaeger-hotel-reservation") where file.hasSuffix(".json") {
            let bytes = try SharedData.bytes(file)
            let isKnown = JaegerJSONFormat.recognizes(bytes.span.bytes.extracting(first: 65536), isWhole: false)
            #expect(isKnown)
            let found = ReadResult.of(JaegerJSONFormat.self, bytes, step: 5000)
            #expect(found.report.badRecords == 0 && found.report.spansInvalid == 0 && found.left == 0)
            spans += found.spans.count
            traces.formUnion(found.spans.map(\.traceID))
            services.formUnion(found.services)
            weighted += found.spans.count { $0.flags.evidence == .tag && abs($0.weight.value - 1 / 0.3) < 1e-5 }
        }
        #expect(spans == 2200 && traces.count == 200 && services.count == 6 && !services.contains(""))
        #expect(weighted == 200)
    }
}
