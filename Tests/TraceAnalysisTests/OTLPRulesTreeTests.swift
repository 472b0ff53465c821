import SpanModel
import Testing

@testable import TraceAnalysis

@Suite("P3: the tree")
struct OTLPRulesTreeTests {
    @Test("an entry with an exit on its id is that exit's child, of the least service")
    func sharedIDs() throws {
        let trace = try observed("C b [id=1], C a [id=1], S c [id=1 parent=9]").trace
        #expect(trace.parents == [-1, -1, 0])
    }

    @Test("an exit without a parent id takes the entry's")
    func adoptsParents() throws {
        #expect(try observed("S x [id=9], C a [id=1], S c [id=1 parent=9]").trace.parents == [2, 0, -1])
        #expect(try otlp("S x [id=9], C x [id=1], S c [id=1 parent=9]") == ["entry x 1", "x->c call 1"])
    }

    @Test("of several spans on the parent id the child's service wins, then entry, local, exit, least service")
    func ambiguousParents() throws {
        func parent(_ drawing: String) throws -> Int32? { try observed(drawing).trace.parents.last }
        #expect(try parent("C a [id=1], S b [id=1], I a [id=2 parent=1]") == 0)
        #expect(try parent("C a [id=1], S b [id=1], I b [id=2 parent=1]") == 1)
        #expect(try parent("C a [id=1], S b [id=1], I z [id=2 parent=1]") == 1)
        #expect(try parent("C a [id=1], I b [id=1], I z [id=2 parent=1]") == 1)
        #expect(try parent("C b [id=1], C a [id=1], I z [id=2 parent=1]") == 0)
        #expect(try parent("S c [id=1], S b [id=1], I z [id=2 parent=1]") == 0)
        #expect(try parent("C a [id=1], S a [id=1], I a [id=1], I a [id=2 parent=1]") == 1)
    }

    @Test("a span that names itself as parent is a root")
    func selfParents() throws {
        #expect(
            try otlp("S a [id=1 parent=1] > C a \"x\"")
                == ["a->x external by server.address 1", "entry a 1", "self_parents a 1"])
        #expect(try observed("S a [id=1 parent=1]").trace.isComplete)
    }

    @Test("every root but the earliest is extra")
    func extraRoots() throws {
        #expect(
            try otlp("S a [start=9], S b [start=5], S c [start=7]")
                == ["entry a 1", "entry b 1", "entry c 1", "extra_roots a 1", "extra_roots c 1"])
        #expect(try !observed("S a, S b").trace.isComplete)
    }

    @Test("an orphan counts for its own service, whatever its kind")
    func orphans() throws {
        #expect(try otlp("I a [parent=99]") == ["spans_orphan a 1"])
        let trace = try observed("S a, I a [parent=99]").trace
        #expect(trace.spans.map(\.state) == [.root, .orphan])
        #expect(!trace.isComplete)
    }

    @Test("a cycle is broken at its earliest member, which is neither root nor orphan")
    func cycles() throws {
        let trace = try observed(
            "I a [id=1 parent=3 start=30], I a [id=2 parent=1 start=20], I a [id=3 parent=2 start=40]"
        )
        .trace
        #expect(trace.parents == [2, -1, 1])
        #expect(trace.spans.map(\.state) == [.child, .broken, .child])
        #expect(
            try otlp("S a [id=1 parent=2], S b [id=2 parent=1]")
                == ["a->b call 1", "cycles a 1", "unknown_caller a 1"])
    }

    @Test("two cycles and a tail are cut once each")
    func severalCycles() throws {
        #expect(
            try otlp(
                "I a [id=1 parent=2], I a [id=2 parent=1], I b [id=3 parent=4], I b [id=4 parent=3], I a [id=5 parent=1]"
            )
                == ["cycles a 1", "cycles b 1"])
    }

    @Test("a trace with one root and nothing amiss is complete; a cut one is not")
    func completeTraces() throws {
        #expect(try observed("S a > C a \"x\"").trace.isComplete)
        var rules = OTLPRules(settings: AnalysisSettings())
        var records = try #require(DrawnArchive([try Drawing("S a")]).traces.first)
        records.isCut = true
        var observation = TraceObservation()
        rules.observe(records, into: &observation)
        #expect(!observation.trace.isComplete)
        #expect(observation.findings.contains { $0.reason == .tracesCut && $0.count == 1 })
    }

    @Test("the first span of any id is found, however ids lie", arguments: [1, 2, 7, 60, 3000])
    func index(count: Int) {
        var random = SeededTraces(UInt64(count))
        let few = UInt64(count)
        let drawings: [(inout SeededTraces) -> UInt64] = [
            { UInt64.random(in: 1...(.max), using: &$0) },
            { UInt64.random(in: 1...few, using: &$0) },
            { UInt64.random(in: 0..<few, using: &$0) % 9 == 0 ? .max : UInt64.random(in: 1...few * 2, using: &$0) },
            { UInt64.random(in: 0..<64, using: &$0) << 58 | UInt64.random(in: 1...few, using: &$0) },
        ]
        var index = SpanIndex()
        for draw in drawings {
            let ids = (0..<count).map { _ in draw(&random) }.sorted()
            index.build(ids.map { TraceSpan(SpanRecord(traceID: TraceID(high: 0, low: 1), spanID: $0), service: 0) })
            #expect(index.hasRepeats == (Set(ids).count < count))
            for id in ids { #expect(index.first(id) == ids.firstIndex(of: id)) }
            for id in ids where !ids.contains(id &+ 1) { #expect(index.first(id &+ 1) == nil) }
            #expect(index.first(0) == nil || ids.first == 0)
        }
    }
}
