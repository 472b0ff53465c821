import Foundation
import SpanModel
import Testing

@testable import SpanReading

@Suite struct JSONDialectTests {
    private func dialect(_ text: String) -> JSONDialect { .of(Array(text.utf8).span.bytes) }

    @Test func memberNamesTellTheDialect() {
        #expect(dialect("{\"resourceSpans\":[") == .otlp)
        #expect(dialect("{\"resource\":{},\"scopeSpans\":[]}") == .otlp)
        #expect(dialect("{\"resourceLogs\":[") == .otlp)
        #expect(dialect("{\"traceID\":\"1\",\"spans\":[") == .jaeger)
        #expect(dialect("{\"total\":0,\"data\":[") == .jaeger)
        #expect(dialect("[[{\"id\":\"1\",\"traceId\":\"2\"}]]") == .zipkin)
        #expect(dialect("{\"_index\":\"x\",\"_source\":{\"traceID\":\"1\"}}") == .jaegerElasticsearch)
        #expect(dialect("{\"index\":{}}\n{\"traceID\":\"1\",\"spanID\":\"2\"}") == .jaegerElasticsearch)
        #expect(dialect("{\"traceId\":\"x==\",\"spanId\":\"y=\",\"operationName\":\"z\"}") == .jaegerModel)
        #expect(dialect("{\"a\":1}\n{\"b\":[1,2]}") == .unknown)
        #expect(dialect("") == .unknown && dialect("[]") == .unknown && dialect("trace") == .unknown)
    }

    @Test func aBadFirstLineDoesNotHideTheRest() {
        #expect(dialect("{broken\n{\"resourceSpans\":[]}") == .otlp)
        #expect(dialect("{\"a\":\"cut\n{\"traceId\":\"1\",\"id\":\"2\"}") == .zipkin)
    }

    /// Fixtures of Jaeger's own tests: some broken, empty or no spans at all on purpose.
    @Test(.enabled(if: SharedData.directory != nil, "set SPANMILL_SHARED"))
    func fixturesAreReadOrRefusedByExactlyOneFormat() throws {
        let formats: [any SpanFormat.Type] = [OTLPJSONFormat.self, JaegerJSONFormat.self, ZipkinJSONFormat.self]
        var readable = 0
        for folder in ["jaeger-fixtures", "zipkin-lens", "otlp-collector-file"] {
            for file in try SharedData.files(folder) where file.hasSuffix(".json") {
                let bytes = try SharedData.bytes(file)
                let matching = formats.filter {
                    $0.recognizes(bytes.span.bytes.extracting(first: 65536), isWhole: false)
                }
                #expect(matching.count <= 1, "\(file)")
                for format in formats {
                    let found = ReadResult.of(format, bytes)
                    let isMatching = matching.contains { $0 == format }
                    let reports = found.report.badRecords + found.report.otherRecords + found.report.spansInvalid
                    let isSilent = found.spans.isEmpty && reports == 0 && found.report.truncatedAt == nil
                    if isMatching, !found.spans.isEmpty { readable += 1 }
                    // Other formats' files may be called empty, but never give spans in silence.
                    #expect(isMatching || found.spans.isEmpty || isSilent, "\(file) as \(format.name)")
                }
            }
        }
        #expect(readable >= 15)
    }
}
