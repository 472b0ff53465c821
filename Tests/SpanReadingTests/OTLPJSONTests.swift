import Foundation
import SpanModel
import Testing

@testable import SpanReading

@Suite struct OTLPJSONTests {
    static let traceHex = "000102030405060708090a0b0c0d0e0f"

    private func read(_ text: String, step: Int = .max) -> ReadResult { .of(OTLPJSONFormat.self, text, step: step) }

    /// A request of one service with these span objects.
    private func request(_ spans: String..., service: String = "shop") -> String {
        """
        {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"\(service)"}}]},\
        "scopeSpans":[{"scope":{"name":"x"},"spans":[\(spans.joined(separator: ","))]}]}]}
        """
    }

    private func span(_ id: Int, _ more: String = "") -> String {
        """
        {"traceId":"\(Self.traceHex)","spanId":"\(Hex.text(UInt64(id)))","name":"op","kind":2,\
        "startTimeUnixNano":"1000","endTimeUnixNano":"3500"\(more)}
        """
    }

    @Test func theOfficialDialectFillsTheRecord() {
        let found = read(
            request(
                span(
                    1,
                    """
                    ,"parentSpanId":"00000000000000AB","status":{"code":2},"attributes":[\
                    {"key":"peer.service","value":{"stringValue":"bank"}},{"key":"n","value":{"intValue":"5"}}]
                    """)))
        #expect(found.spans.count == 1 && found.report.badRecords == 0)
        #expect(found.services == ["shop"] && found.operations == ["op"] && found.peers == ["bank"])
        let span = found.spans[0]
        #expect(span.traceID == TraceID(high: 0x0001_0203_0405_0607, low: 0x0809_0a0b_0c0d_0e0f))
        #expect(span.spanID == 1 && span.parentID == 0xab && span.kind == .server)
        #expect(span.startNanoseconds == 1000 && span.durationNanoseconds == 2500)
        #expect(span.flags == .error && span.archiveBytes > 200)
    }

    static let dialects: [(String, String)] = [
        (
            "protobuf-standard",
            """
            {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
            "scopeSpans":[{"spans":[{"traceId":"AAECAwQFBgcICQoLDA0ODw==","spanId":"AAAAAAAAAAE=","name":"op",
            "kind":"SPAN_KIND_CLIENT","startTimeUnixNano":1000,"endTimeUnixNano":3500,
            "status":{"code":"STATUS_CODE_ERROR"}}]}]}]}
            """
        ),
        (
            "escaped base64",
            """
            {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
            "scopeSpans":[{"spans":[{"traceId":"AAECAwQFBgcICQoLDA0ODw\\u003d\\u003d","spanId":"AAAAAAAAAAE\\u003d",
            "name":"o\\u0070","kind":"3","startTimeUnixNano":1e3,"endTimeUnixNano":"3500","status":{"code":"2"}}]}]}]}
            """
        ),
        (
            "snake case",
            """
            {"resource_spans":[{"resource":{"attributes":[{"key":"service.name","value":{"string_value":"shop"}}]},
            "scope_spans":[{"spans":[{"trace_id":"000102030405060708090A0B0C0D0E0F","span_id":"0000000000000001",
            "parent_span_id":"","name":"op","kind":"SPAN_KIND_CLIENT","start_time_unix_nano":"1000",
            "end_time_unix_nano":"3500","status":{"code":"STATUS_CODE_ERROR"}}]}]}]}
            """
        ),
        ("instrumentation libraries", wrap("instrumentationLibrarySpans", "{\"resourceSpans\":[@]}")),
        ("Tempo v1", wrap("scopeSpans", "{\"batches\":[@]}")),
        ("Tempo v2", wrap("scopeSpans", "{\"trace\":{\"resourceSpans\":[@]}}")),
        ("Jaeger api_v3", wrap("scopeSpans", "{\"result\":{\"resourceSpans\":[@]}}")),
        ("bare ResourceSpans", wrap("scopeSpans", "@")),
        ("list of requests", wrap("scopeSpans", "[{\"resourceSpans\":[@]}]")),
        (
            "resource last",
            """
            {"resourceSpans":[{"scopeSpans":[{"spans":[\(plain)]}],"resource":{"attributes":[
            {"value":{"stringValue":"shop"},"key":"service.name"}]}}]}
            """
        ),
        (
            "nulls",
            """
            {"resourceSpans":[null,{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}],
            "entityRefs":null},"scopeSpans":[{"scope":null,"spans":[\(plain)]},{"spans":null}],"schemaUrl":null}]}
            """
        ),
    ]

    static let plain = """
        {"traceId":"\(traceHex)","spanId":"0000000000000001","parentSpanId":null,"traceState":null,"links":null,
        "events":[{"name":"]}","attributes":[]}],"name":"op","kind":3,"attributes":null,
        "startTimeUnixNano":"1000","endTimeUnixNano":"3500","status":{"message":"x","code":2}}
        """

    static func wrap(_ scopes: String, _ around: String) -> String {
        around.replacingOccurrences(
            of: "@",
            with: """
                {"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
                "\(scopes)":[{"spans":[\(plain)]}]}
                """)
    }

    @Test(arguments: dialects)
    func everyDialectGivesTheSameRecord(dialect: String, text: String) {
        for text in [text, text.replacingOccurrences(of: "\n", with: ""), "\u{feff}" + text, text + "\n" + text + text]
        {
            let isKnown = OTLPJSONFormat.recognizes(Array(text.utf8).span.bytes, isWhole: true)
            #expect(isKnown)
            let found = read(text)
            #expect(found.report.badRecords == 0 && found.report.truncatedAt == nil && found.report.otherRecords == 0)
            #expect(Set(found.fingerprint).count == 1 && found.services.allSatisfy { $0 == "shop" })
            let span = found.spans[0]
            #expect(span.traceID.hex == Self.traceHex && span.spanID == 1 && span.parentID == 0)
            #expect(span.kind == .client && span.flags == .error && span.durationNanoseconds == 2500)
        }
    }

    @Test(arguments: [
        "", "0102", String(repeating: "0", count: 32), String(repeating: "g", count: 32), "AAECAwQFBgcICQoLDA0OD===",
    ])
    func aSpanWithoutValidIDsIsCountedAndSkipped(id: String) {
        let bad = span(1).replacingOccurrences(of: Self.traceHex, with: id)
        let found = read(request(bad, span(2)))
        #expect(found.spans.map(\.spanID) == [2] && found.report.spansInvalid == 1 && found.report.badRecords == 0)
    }

    @Test func endsBeforeTheStartAreMarked() {
        let found = read(request(span(1).replacingOccurrences(of: "3500", with: "999")))
        #expect(found.spans[0].flags == .reversedTimes && found.spans[0].durationNanoseconds == 0)
    }

    @Test func aMalformedLineLosesItsSpansOnly() {
        let good = request(span(1))
        let lines = [good, request(span(2), "{\"traceId\":\"\(Self.traceHex)\",}"), good, "garbage", "{\"a\":", good]
        let found = read(lines.joined(separator: "\n") + "\n")
        #expect(found.spans.map(\.spanID) == [1, 1, 1])
        #expect(found.report.badRecords == 3 && found.report.truncatedAt == nil && found.left == 0)
        #expect(found.report.firstError?.code == .badRecord)
    }

    @Test func aMalformedPrettyDocumentIsOneBadRecord() {
        let bad = "{\n  \"resourceSpans\": [\n    {\n      \"resource\": x\n    },\n    {}\n  ]\n}\n"
        let found = read(bad + request(span(1)) + "\n" + bad)
        #expect(found.report.badRecords == 2 && found.spans.count == 1)
    }

    @Test func theCutLastLineIsATruncation() {
        let lines = request(span(1)) + "\n"
        let cut = request(span(2), span(3)).dropLast(10)
        let found = read(lines + cut)
        #expect(found.spans.map(\.spanID) == [1] && found.report.badRecords == 0)
        #expect(found.report.truncatedAt != nil && found.left == cut.utf8.count)
        #expect(read("[" + request(span(1)) + ",").report.truncatedAt != nil)
    }

    @Test func otherSignalsAreCounted() {
        let found = read(
            """
            {"resourceMetrics":[{"scopeMetrics":[]}]}
            {"resourceLogs":[]}
            \(request(span(1)))
            {"foo":1}
            {}
            """)
        #expect(found.report.otherRecords == 3 && found.spans.count == 1 && found.report.badRecords == 0)
    }

    @Test func linksBecomeRecordsOfTheLinkingSpan() {
        let other = String(repeating: "1", count: 32)
        let links = """
            ,"parentSpanId":"00000000000000aa","kind":5,"links":[{"traceId":"\(other)","spanId":"00000000000000bb"},\
            {"traceId":"\(Self.traceHex)","spanId":"00000000000000aa"},{"spanId":"x"}]
            """
        let found = read(
            """
            {"resourceSpans":[{"scopeSpans":[{"spans":[\(span(1, links))]}],"resource":{"attributes":[
            {"key":"service.name","value":{"stringValue":"late"}}]}}]}
            """)
        #expect(found.spans[0].flags == .links && found.links.count == 1)
        #expect(found.links[0].targetTraceID.hex == other && found.links[0].targetSpanID == 0xbb)
        #expect(found.service(found.links[0].operation) == "late" && found.services == ["late"])
    }

    @Test func identityAttributesAreJoined() {
        var settings = ReadingSettings()
        settings.identity = ["service.namespace", "service.name", "deployment.environment"]
        let text = request(span(1)).replacingOccurrences(
            of: "\"attributes\":[{",
            with: "\"attributes\":[{\"key\":\"service.namespace\",\"value\":{\"stringValue\":\"eu\"}},{")
        let found = ReadResult.of(OTLPJSONFormat.self, Array(text.utf8), settings: settings)
        #expect(found.services == ["eu/shop"])
    }

    @Test func everyPieceSizeGivesTheSameSpans() {
        let text = Self.dialects.map(\.1).joined(separator: "\n") + "\ngarbage\n" + request(span(7))
        let whole = read(text)
        for step in [1, 2, 3, 7, 64, 1000] {
            let found = read(text, step: step)
            #expect(found.fingerprint == whole.fingerprint)
            #expect(found.report.badRecords == 1 && found.report.truncatedAt == nil && found.left == 0)
        }
    }

    @Test(
        .enabled(if: SharedData.directory != nil, "set SPANMILL_SHARED"),
        arguments: [
            ("otel-traces.json", 1066, 168, 3, 0), ("diverse_trace_full.json", 1632, 1, 1, 0),
            ("pabot_trace.json", 18, 1, 1, 0), ("malformed_trace.json", 3, 3, 1, 2),
        ])
    func recordedFilesHaveTheirCounts(file: String, spans: Int, traces: Int, services: Int, bad: UInt64) throws {
        let bytes = try SharedData.bytes("otlp-collector-file/\(file)")
        let isKnown = OTLPJSONFormat.recognizes(bytes.span.bytes.extracting(first: 65536), isWhole: false)
        #expect(isKnown)
        for step in [Int.max, 100_000] {
            let found = ReadResult.of(OTLPJSONFormat.self, bytes, step: step)
            #expect(found.spans.count == spans && found.traceCount == traces && found.serviceCount == services)
            #expect(found.report.badRecords == bad && found.report.spansInvalid == 0 && found.left == 0)
        }
    }
}
