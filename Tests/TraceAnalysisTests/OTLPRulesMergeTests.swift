import SpanModel
import Testing

@testable import TraceAnalysis

@Suite("P2: records become spans")
struct OTLPRulesMergeTests {
    /// `C a`, `S b` and so on, in the order of the spans.
    private func spans(_ drawing: String) throws -> [String] {
        let archive = DrawnArchive([try Drawing(drawing)])
        var rules = OTLPRules(settings: AnalysisSettings())
        var observation = TraceObservation()
        guard let records = archive.traces.first else { return [] }
        rules.observe(records, into: &observation)
        return observation.trace.spans.map { span in
            let letter: String =
                switch span.kind {
                case .client: "C"
                case .server: "S"
                case .producer: "P"
                case .consumer: "K"
                case .internal: "I"
                case .unset: "u"
                }
            return "\(letter) \(archive.names[Int(span.service)])"
        }
    }

    @Test("equal records are one span, and counted")
    func mergesRepeats() throws {
        #expect(try spans("S a [id=1], S a [id=1], S a [id=1]") == ["S a"])
        #expect(try otlp("S a [id=1], S a [id=1], S a [id=1]") == ["entry a 1", "spans_duplicate a 2"])
    }

    @Test("records that differ in anything but side and service are one span")
    func mergesPieces() throws {
        #expect(try spans("S a [id=1 start=5], S a! [id=1 parent=3 duration=9]") == ["S a"])
        #expect(try spans("C a [id=1], P a [id=1]") == ["C a"])
        #expect(try spans("K a [id=1], S a [id=1]") == ["S a"])
        #expect(try spans("u a [id=1], I a [id=1]") == ["I a"])
    }

    @Test("a record without a service joins the least named one of its side")
    func mergesNameless() throws {
        #expect(try spans("S - [id=1], S c [id=1], S b [id=1]") == ["S b", "S c"])
        #expect(try spans("S - [id=1], C b [id=1]") == ["C b", "S "])
        #expect(try spans("S - [id=1], S - [id=1]") == ["S "])
    }

    @Test("a record of unset kind joins an exit, else an entry, of its service")
    func mergesUnset() throws {
        #expect(try spans("u a [id=1], C a [id=1], S a [id=1]") == ["C a", "S a"])
        #expect(try spans("u b [id=1], C a [id=1], S b [id=1]") == ["C a", "S b"])
        #expect(try spans("u c [id=1], C a [id=1], S b [id=1]") == ["C a", "S b", "u c"])
    }

    @Test("a record without kind and service joins any exit, else any entry")
    func mergesUnsetNameless() throws {
        #expect(try spans("u - [id=1], C b [id=1], C a [id=1], S a [id=1]") == ["C a", "C b", "S a"])
        #expect(try spans("u - [id=1], S b [id=1]") == ["S b"])
        #expect(try spans("u - [id=1], I b [id=1]") == ["I b"])
    }

    @Test("INTERNAL never merges across sides")
    func keepsInternal() throws {
        #expect(try spans("I a [id=1], C a [id=1]") == ["C a", "I a"])
    }

    @Test("sides and services make spans of their own")
    func keepsSidesApart() throws {
        #expect(try spans("C a [id=1], S b [id=1]") == ["C a", "S b"])
        #expect(try spans("S b [id=1], S c [id=1]") == ["S b", "S c"])
        #expect(try spans("C a [id=1], C b [id=1]") == ["C a", "C b"])
    }

    @Test("no piece wins: every field merges by a rule of its own")
    func mergesFields() throws {
        let drawing =
            "C a \"y\" [id=9 parent=5 start=200 duration=100 dest=r source=peer.service], "
            + "C a! \"x\" [id=9 parent=4 start=100 duration=50 dest=q source=server.address db link=3], "
            + "C a \"z\" [id=9 parent=9 start=0 duration=1 source=peer.service timeless]"
        let archive = DrawnArchive([try Drawing(drawing)])
        let observation = try observed(drawing)
        let span = try #require(observation.trace.spans.first)
        #expect(span.parentID == 4)
        #expect(span.startNanoseconds == 100)
        #expect(span.endNanoseconds == 300)
        #expect(span.flags.isSuperset(of: [.error, .database, .links]))
        #expect(!span.flags.contains(.noDuration))
        #expect(archive.names[Int(span.peer)] == "y")
        #expect(span.peerSource == .peerService)
        #expect(archive.names[Int(span.destination)] == "q")
        #expect(observation.trace.records == 3)
    }

    @Test("a piece with a duration but no start adds it to the start another piece knows")
    func mergesSplitTimes() throws {
        let span = try #require(
            try observed("S a [id=1 start=500 duration=0], S a [id=1 start=0 duration=80]").trace.spans.first)
        #expect(span.startNanoseconds == 500)
        #expect(span.durationNanoseconds == 80)
    }
}
