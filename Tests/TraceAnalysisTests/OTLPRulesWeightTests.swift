import SpanModel
import Testing

@testable import TraceAnalysis

@Suite("Weights and windows of traces")
struct OTLPRulesWeightTests {
    private func weights(_ drawing: String, assumed: Weight? = nil) throws -> [UInt64] {
        var settings = AnalysisSettings()
        settings.assumedWeight = assumed
        return try observed(drawing, settings: settings).trace.spans.map { $0.weight.units >> 20 }
    }

    private func unweighted(_ drawing: String) throws -> UInt64 {
        var quality = QualityAnalysis(settings: AnalysisSettings())
        quality.observe(try observed(drawing))
        return quality.quality[.spansUnweighted]
    }

    @Test("the root's evidence holds for the trace")
    func rootDecides() throws {
        #expect(try weights("S a [weight=4 evidence=tag] > C a > S b [weight=2 evidence=tag]") == [4, 4, 4])
        #expect(try observed("S a [weight=4 evidence=tag]").trace.evidence == .tag)
    }

    @Test("a span's own threshold wins")
    func ownThreshold() throws {
        #expect(try weights("S a [weight=4 evidence=th] > C a > S b [weight=8 evidence=th]") == [4, 4, 8])
    }

    @Test("of several roots the strongest evidence, then the earliest, then the least id")
    func severalRoots() throws {
        #expect(try weights("S a [weight=4 evidence=ledger], S b [weight=2 evidence=tag]") == [2, 2])
        #expect(try weights("S a [start=9 weight=4 evidence=tag], S b [start=5 weight=2 evidence=tag]") == [2, 2])
        #expect(try weights("S a [start=5 weight=4 evidence=tag], S b [start=5 weight=2 evidence=tag]") == [4, 4])
    }

    @Test("without evidence at a root the strongest anywhere decides")
    func anyEvidence() throws {
        #expect(try weights("S a > C a [weight=3 evidence=tag]") == [3, 3])
        #expect(try weights("S a [parent=99 weight=3 evidence=tag] > C a") == [3, 3])
    }

    @Test("without any evidence the job's assumption holds, else one, reported")
    func noEvidence() throws {
        #expect(try weights("S a > C a", assumed: Weight(units: 7 << 20)) == [7, 7])
        #expect(try weights("S a > C a") == [1, 1])
        #expect(try unweighted("S a > C a") == 2)
        #expect(try unweighted("S a [evidence=tag] > C a") == 0)
    }

    @Test("a trace kept by a lower bound or for debugging weighs nothing")
    func uncounted() throws {
        #expect(try weights("S a [uncounted weight=4 evidence=tag] > C a") == [0, 0])
        #expect(try weights("S a [uncounted evidence=tag] > C a [weight=2 evidence=th]") == [0, 2])
        #expect(try weights("S a [debug] > C a") == [0, 0])
        #expect(try unweighted("S a [debug] > C a") == 0)
        #expect(try observed("S a [debug]").trace.weight.units == 0)
    }

    @Test("capped weights and reversed times are reported")
    func reportsDoubts() throws {
        #expect(try otlp("S a [capped reversed]") == ["entry a 1", "spans_reversed a 1", "weights_capped a 1"])
    }

    @Test("a trace belongs to the window of its earliest start; outside it says nothing")
    func windows() throws {
        var settings = AnalysisSettings()
        settings.window = Window(startNanoseconds: 1000, endNanoseconds: 2000)
        #expect(try otlp("S a [start=1000]", settings: settings) == ["entry a 1"])
        #expect(try otlp("S a [start=999] > C a \"x\" [start=1500]", settings: settings) == [])
        #expect(try otlp("S a [start=2000]", settings: settings) == [])
        #expect(try otlp("S a [start=0] > S b [start=1999]", settings: settings) == ["a->b call 1", "entry a 1"])
        #expect(try otlp("S a [start=0]", settings: settings) == [])
        #expect(try observed("S a [start=0]").trace.isInWindow)
        let trace = try observed("S a [start=999]", settings: settings).trace
        #expect(!trace.isInWindow)
        #expect(trace.startNanoseconds == 999)
    }
}
