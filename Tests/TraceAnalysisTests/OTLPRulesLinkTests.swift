import SpanModel
import Testing

@testable import TraceAnalysis

@Suite("P6: links")
struct OTLPRulesLinkTests {
    @Test("a link to the parent adds nothing to the message")
    func linksToParent() throws {
        #expect(try otlp("P a [id=7] > K b [link=7]") == ["a->b message 1", "links_to_parent b 1"])
        #expect(
            try otlp("P a [id=7] > I b > K b [link=7]")
                == ["a->b message 1", "crossings b 1", "links_to_parent b 1"])
    }

    @Test("a parent and a link to another trace: a message and a link")
    func parentAndLink() throws {
        #expect(try otlp("P a > K b [link=2:7]", "P a [id=7]") == ["a->b link 1", "a->b message 1"])
    }

    @Test("a parent of another service and a link to a producer in the trace")
    func parentAndLinkWithinTrace() throws {
        #expect(
            try otlp("S x > (K b [link=7], P a [id=7])")
                == ["a->b link 1", "crossings a 1", "entry x 1", "x->b message 1"])
    }

    @Test("a link that leads nowhere is unresolved, and nothing else")
    func unresolvedLinks() throws {
        #expect(try otlp("K b [link=99]") == ["links_unresolved b 1"])
        #expect(try otlp("K b [link=2:99]") == ["links_unresolved b 1"])
        #expect(try otlp("K b [link=2:99]", "P a") == ["links_unresolved b 1", "unresolved_outgoing a 1"])
    }

    @Test("a link to an exit answers it, whatever it names; an error of either fails the link")
    func linksAnswerExits() throws {
        #expect(try otlp("K b [link=2:7]", "P a! \"q\" [id=7]") == ["a->b link 1 failed 1 client_only 1"])
        #expect(try otlp("K b! [link=2:7]", "C a \"q\" [id=7]") == ["a->b link 1 failed 1"])
        #expect(try otlp("K b [link=2:7]", "P b [id=7]") == ["b->b link 1"])
    }

    @Test("a link to an entry or local of another service is an edge with the consumer's error only")
    func linksToOthers() throws {
        #expect(try otlp("K b [link=2:7]", "S a! [id=7]") == ["a->b link 1", "entry a 1"])
        #expect(try otlp("K b! [link=2:7]", "I a! [id=7]") == ["a->b link 1 failed 1"])
    }

    @Test("a link to an entry or local of the same service is local")
    func linksToSelf() throws {
        #expect(try otlp("K b [link=2:7]", "S b [id=7]") == ["entry b 1", "links_local b 1"])
    }

    @Test("a link to a span without a service is unnamed")
    func linksToUnnamed() throws {
        #expect(try otlp("K b [link=2:7]", "I - [id=7]") == ["unnamed b 1"])
    }

    @Test("of several spans on the id the exit is meant, then the entry, then the local")
    func prefersExits() throws {
        #expect(
            try otlp("K b [link=2:7]", "C z [id=7], S y [id=7], I x [id=7]")
                == ["extra_roots x 1", "z->b link 1", "z->y call 1"])
        #expect(
            try otlp("K b [link=2:7]", "S y [id=7], I x [id=7 parent=99]")
                == ["entry y 1", "spans_orphan x 1", "y->b link 1"])
    }

    @Test("a batch of n messages is n links, n errors; repeats count once")
    func countsBatches() throws {
        #expect(
            try otlp("K b! [link=2:7 link=2:8 link=2:7]", "P a [id=7], P a [id=8]")
                == ["a->b link 2 failed 2", "extra_roots a 1"])
        #expect(
            try otlp("K b [id=5 link=2:7], K b [id=5 link=2:7]", "P a [id=7]")
                == ["a->b link 1", "spans_duplicate b 1"])
        #expect(
            try otlp("K b [id=5 link=7], K b [id=5 link=7], P a [id=7]")
                == ["a->b link 1", "extra_roots a 1", "spans_duplicate b 1"])
    }

    @Test("copies of one consumer merge: a nameless copy is one of the named, an error of any counts")
    func mergesCopies() throws {
        #expect(
            try otlp("K -! [id=5 link=2:7], K b [id=5 link=2:7]", "P a [id=7]")
                == ["a->b link 1 failed 1", "spans_duplicate b 1"])
    }

    @Test("only consumers' links make edges")
    func onlyConsumers() throws {
        #expect(try otlp("S b [link=2:7]", "P a [id=7]") == ["entry b 1", "unresolved_outgoing a 1"])
        #expect(try otlp("u b [link=2:7]", "P a [id=7]") == ["unresolved_outgoing a 1"])
        #expect(
            try otlp("P x > u b [link=7], P a [id=7]")
                == ["a->b link 1", "extra_roots a 1", "x->b message by inferred 1"])
    }

    @Test("an exit that links to its service's producers in the trace sent them: no call of its own")
    func sendersAreOuter() throws {
        #expect(
            try otlp("S a > (P a \"q\" [id=7], P a \"q\" [id=8 link=7])")
                == ["a->q external by server.address 1", "entry a 1", "outer_exits a 1"])
        #expect(
            try otlp("S a > (P b \"q\" [id=7], C a \"q\" [id=8 link=7])")
                == [
                    "a->q external by server.address 1", "b->q external by server.address 1", "crossings b 1",
                    "entry a 1",
                ])
    }

    @Test("the destination is the consumer's own, else its half's or target's")
    func destinations() throws {
        #expect(try otlp("P a [dest=q] > K b [dest=r]") == ["a->b message via r 1"])
        #expect(try otlp("P a [dest=q] > K b") == ["a->b message via q 1"])
        #expect(try otlp("K b [link=2:7]", "P a [id=7 dest=q]") == ["a->b link via q 1"])
        #expect(try otlp("K b [dest=r link=2:7]", "P a [id=7 dest=q]") == ["a->b link via r 1"])
        #expect(try otlp("P a \"q\" [dest=q]") == ["a->q external by server.address via q 1"])
        #expect(try otlp("C a [dest=q] > S b [dest=q]") == ["a->b call 1"])
    }

    @Test("an edge across traces shows the consumer's trace, is not estimated and starts with the consumer")
    func fillsLinksAcrossTraces() throws {
        let archive = DrawnArchive([
            try Drawing("K b [id=3 start=9000 link=2:7]"), try Drawing("P a [id=7 duration=70]", trace: 2),
        ])
        var rules = OTLPRules(settings: AnalysisSettings())
        var observation = TraceObservation()
        rules.observe(archive.traces[1], into: &observation)
        let edge = try #require(observation.edges.first)
        #expect(edge.exemplar == TraceID(high: 0, low: 1))
        #expect(edge.weight == nil)
        #expect(edge.startNanoseconds == 9000)
        #expect(edge.client == 0)
        #expect(edge.server == -1)
        #expect(edge.clientNanoseconds == 70)
        #expect(edge.serverNanoseconds == nil)
        #expect(edge.callerOperation != 0)
        #expect(edge.calleeOperation != 0)
    }

    @Test("an edge within a trace knows both halves and its weight")
    func fillsLinksWithinTraces() throws {
        let observation = try observed("P a [id=7 duration=70], K b [id=8 link=7 duration=30]")
        let edge = try #require(observation.edges.first)
        #expect(edge.clientNanoseconds == 70)
        #expect(edge.serverNanoseconds == 30)
        #expect(edge.client == 0)
        #expect(edge.server == 1)
        #expect(edge.weight == .one)
    }

    @Test("links belong to the consumer's window; those from outside still answer")
    func linksAndWindows() throws {
        var settings = AnalysisSettings()
        settings.window = Window(startNanoseconds: 1000, endNanoseconds: 2000)
        #expect(
            try otlp("K b [start=1500 link=2:7]", "P a [start=500 id=7]", settings: settings) == ["a->b link 1"])
        #expect(try otlp("K b [start=2500 link=2:7]", "P a [start=1500 id=7]", settings: settings) == [])
        #expect(try otlp("K b [start=2500 link=2:9]", "P a [start=500 id=7]", settings: settings) == [])
        #expect(
            try otlp("K b [start=1500 link=2:9]", "P a [start=500 id=7]", settings: settings)
                == ["links_unresolved b 1"])
        #expect(try otlp("P a [start=500 id=7], K b [start=1500 link=7]", settings: settings) == [])
    }

    @Test("a trace that only links point at is no trace")
    func linksWithoutTrace() throws {
        let archive = DrawnArchive([try Drawing("K b [link=2:7]")])
        var rules = OTLPRules(settings: AnalysisSettings())
        var observation = TraceObservation()
        rules.observe(archive.traces[1], into: &observation)
        #expect(!observation.trace.isInWindow)
        #expect(observation.trace.spans.isEmpty)
        #expect(observation.findings.map(\.reason) == [.linksUnresolved])
    }
}
