import Foundation
import SpanModel
import Testing

@testable import SpanReading

@Suite struct ZipkinJSONTests {
    private func read(_ text: String, step: Int = .max) -> ReadResult { .of(ZipkinJSONFormat.self, text, step: step) }

    private func span(_ more: String = "", id: String = "00000000000000ab") -> String {
        """
        {"traceId":"463ac35c9f6413ad48485a3953bb6124","id":"\(id)","kind":"CLIENT","name":"get",\
        "timestamp":1600000000000000,"duration":5,"localEndpoint":{"serviceName":"Shop","ipv4":"10.0.0.1"}\(more)}
        """
    }

    @Test func aSpanFillsTheRecord() {
        let found = read(
            "[\(span(",\"parentId\":\"1\",\"remoteEndpoint\":{\"serviceName\":\"BANK\",\"port\":80},\"tags\":{\"a\":\"b\"}"))]"
        )
        #expect(found.services == ["shop"] && found.operations == ["get"] && found.peers == ["bank"])
        let span = found.spans[0]
        #expect(span.traceID.hex == "463ac35c9f6413ad48485a3953bb6124" && span.spanID == 0xab && span.parentID == 1)
        #expect(span.kind == .client && span.peerSource == .remoteEndpoint && span.flags == [])
        #expect(span.startNanoseconds == 1_600_000_000_000_000_000 && span.durationNanoseconds == 5000)
        #expect(span.endpointHash != 0 && found.report.badRecords == 0 && found.left == 0)
    }

    @Test func everyFramingGivesTheSameSpans() {
        let one = span()
        let expected = read(one).fingerprint
        for (text, count) in [
            ("[\(one),\(one)]", 2), ("[[\(one)],[\(one),\(one)]]", 3), ("\(one)\n\(one)\n", 2),
            ("[\(one)]\n[\(one)]", 2),
            ("[\n  \(one) ,\n  \(one)\n]\n", 2), ("[]\n[\(one)]", 1),
        ] {
            for step in [Int.max, 1, 100] {
                let found = read(text, step: step)
                #expect(found.fingerprint == Array(repeating: expected[0], count: count))
                #expect(found.report.badRecords == 0 && found.report.truncatedAt == nil && found.left == 0)
            }
            let isKnown = ZipkinJSONFormat.recognizes(Array(text.utf8).span.bytes, isWhole: true)
            #expect(isKnown)
        }
        let cut = read("[\(one),\(one.dropLast(5))")
        #expect(cut.spans.count == 1 && cut.report.truncatedAt != nil)
        #expect(read("[\(one),").report.truncatedAt != nil)
    }

    @Test func shortIDsArePadded() {
        let found = read(
            span(id: "1").replacingOccurrences(
                of: "463ac35c9f6413ad48485a3953bb6124", with: "00000000000000000000000000000abc"))
        #expect(found.spans[0].traceID == TraceID(high: 0, low: 0xabc) && found.spans[0].spanID == 1)
    }

    @Test func missingTimesAreAllowed() {
        let found = read(
            "{\"traceId\":\"1\",\"id\":\"2\"}\n{\"traceId\":\"1\",\"id\":\"2\",\"timestamp\":\"7\",\"duration\":1.5}")
        #expect(found.spans[0].startNanoseconds == 0 && found.spans[0].flags == .noDuration)
        #expect(found.spans[1].startNanoseconds == 7000 && found.spans[1].durationNanoseconds == 1000)
        #expect(found.services == ["", ""])
    }

    @Test func errorTagsCountWhateverTheySayButFalse() {
        func flags(_ value: String) -> SpanFlags { read(span(",\"tags\":{\"error\":\(value)}")).spans[0].flags }
        #expect(flags("\"\"") == [.error, .errorTag] && flags("\"timeout\"") == [.error, .errorTag])
        #expect(flags("true") == [.error, .errorTag] && flags("\"false\"") == .errorTag && flags("false") == .errorTag)
    }

    @Test func sharedAndDebugAreKept() {
        let found = read(span(",\"shared\":true,\"debug\":true"))
        #expect(found.spans[0].flags.isSuperset(of: [.shared, .debug]))
        #expect(read(span(",\"shared\":false,\"debug\":null")).spans[0].flags == [])
    }

    @Test func anExplicitServiceTagOutranksTheEndpoint() {
        let found = read(
            span(",\"remoteEndpoint\":{\"serviceName\":\"ip\"},\"tags\":{\"peer.service\":\"bank\",\"server.port\":80}")
        )
        #expect(found.peers == ["bank"] && found.spans[0].peerSource == .peerService)
    }

    @Test func endpointsHashByAddressOnly() {
        func hash(_ endpoint: String) -> UInt32 {
            read("{\"traceId\":\"1\",\"id\":\"2\",\"localEndpoint\":{\(endpoint)}}").spans[0].endpointHash
        }
        #expect(hash("\"serviceName\":\"a\"") == 0)
        #expect(
            hash("\"port\":1,\"ipv4\":\"1.2.3.4\"") == hash("\"ipv4\":\"1.2.3.4\",\"serviceName\":\"x\",\"port\":1"))
        #expect(hash("\"ipv4\":\"1.2.3.4\"") != hash("\"ipv4\":\"1.2.3.5\""))
        #expect(hash("\"ipv4\":\"1.2.3.4\"") != hash("\"ipv4\":\"1.2.3.4\",\"port\":1"))
    }

    @Test func versionOneIsRefusedWithTheRemedy() {
        let first = """
            [{"traceId":"1","id":"2","name":"get","annotations":[{"timestamp":1,"value":"cs","endpoint":{"serviceName":"a"}}],\
            "binaryAnnotations":[]}]
            """
        let isKnown = ZipkinJSONFormat.recognizes(Array(first.utf8).span.bytes, isWhole: true)
        #expect(isKnown)
        let found = read(first)
        #expect(found.spans.isEmpty && found.report.badRecords == 1)
        #expect(found.report.firstError?.message.contains("Zipkin v1 JSON, which is not supported yet") == true)
        #expect(read(span(",\"annotations\":[{\"timestamp\":1,\"value\":\"x\"}]")).spans.count == 1)
    }

    @Test(
        .enabled(if: SharedData.directory != nil, "set SPANMILL_SHARED"),
        arguments: [
            ("smartthings-mobile-web-install", 1041, 16), ("smartthings-oauth-authorization", 175, 8),
            ("messaging-kafka", 28, 2), ("yelp", 16, 6), ("messaging2", 11, 4), ("netflix", 8, 3), ("ascend", 8, 3),
            ("malformed", 7, 1),
        ])
    func recordedTracesHaveTheirCounts(file: String, spans: Int, services: Int) throws {
        let bytes = try SharedData.bytes("zipkin-lens/\(file).json")
        let found = ReadResult.of(ZipkinJSONFormat.self, bytes, step: 3000)
        #expect(found.spans.count + Int(found.report.spansInvalid) == spans && found.traceCount == 1)
        #expect(found.serviceCount == services && found.report.badRecords == 0 && found.left == 0)
    }
}
