import Testing
@testable import TraceAnalysis
@Test func dumpAll() {
    for c in LinkerCase.of("tempo-servicegraphs","spark-dependencies","otel-servicegraphconnector") {
        let o = DrawnArchive(c.otlpDrawings).outcome(OTLPRules(settings: AnalysisSettings())).lines
        print("DUMP", c.id, "| peer:", c.expected, "| otlp:", o)
    }
}
