import SpanModel
import Testing

@testable import TraceAnalysis

@Suite("P5: unknown callers and unset kinds")
struct OTLPRulesUnknownTests {
    @Test("every root entry is an entry call, also the second")
    func countsEntryCalls() throws {
        #expect(try otlp("S a, K b") == ["entry a 1", "entry b 1", "extra_roots b 1"])
    }

    @Test("an entry below root locals of its service is an entry call")
    func countsEntryCallsBelowLocals() throws {
        #expect(try otlp("I a > I a > S a") == ["entry a 1"])
        #expect(try otlp("I - > I a > S a") == ["entry a 1"])
    }

    @Test("a consumer with a link left is spoken for by it, found or not")
    func leavesLinkedConsumers() throws {
        #expect(try otlp("K b [link=99]") == ["links_unresolved b 1"])
        #expect(try otlp("K b \"q\" [source=peer.service link=99]") == ["links_unresolved b 1"])
    }

    @Test("a server that links is an entry call all the same")
    func countsLinkingServers() throws {
        #expect(try otlp("S b [link=99]") == ["entry b 1"])
    }

    @Test("peer.service names the caller of root, orphan and broken entries: no entry call")
    func namesCallers() throws {
        #expect(
            try otlp("S b! \"lb\" [source=peer.service]") == ["lb->b external by peer.service 1 failed 1"])
        #expect(
            try otlp("S b \"lb\" [source=service.peer.name parent=99]")
                == ["lb->b external by service.peer.name 1", "spans_orphan b 1"])
        #expect(
            try otlp("S b \"lb\" [source=peer.service id=1 parent=2], I b [id=2 parent=1]")
                == ["cycles b 1", "lb->b external by peer.service 1"])
    }

    @Test("no other attribute names a caller")
    func ignoresOtherNames() throws {
        #expect(try otlp("S b \"10.0.0.1:80\"") == ["entry b 1"])
        #expect(try otlp("S b \"10.0.0.1:80\" [parent=99]") == ["spans_orphan b 1", "unknown_caller b 1"])
    }

    @Test("a caller is never named when one was seen")
    func prefersSeenCallers() throws {
        #expect(try otlp("C a > S b \"lb\" [source=peer.service]") == ["a->b call 1"])
    }

    @Test("an orphan's caller is unknown, also through its locals")
    func countsUnknownCallers() throws {
        #expect(try otlp("S b [parent=99]") == ["spans_orphan b 1", "unknown_caller b 1"])
        #expect(try otlp("I b [parent=99] > S b") == ["spans_orphan b 1", "unknown_caller b 1"])
    }

    @Test("a span of unset kind below another service is an entry, marked inferred")
    func infersEntries() throws {
        #expect(try otlp("u a > u b") == ["a->b call by inferred 1"])
        #expect(try otlp("u a > u -  > u b") == ["a->b call by inferred 1"])
        #expect(
            try otlp("C a > u b > u b > C b \"x\"")
                == ["a->b call by inferred 1", "b->x external by server.address 1"])
        #expect(try otlp("u a > u b > u c") == ["a->b call by inferred 1", "b->c call by inferred 1"])
    }

    @Test("below a producer an inferred entry is a consumer")
    func infersConsumers() throws {
        #expect(try otlp("P a [dest=q] > u b") == ["a->b message by inferred via q 1"])
        #expect(try otlp("P a > I a > u b") == ["a->b call by inferred 1"])
    }

    @Test("an inferred entry answers the exit it found and carries its error")
    func inferredEntriesAnswer() throws {
        #expect(try otlp("C a! \"x\" > u b") == ["a->b call by inferred 1 failed 1 client_only 1"])
    }

    @Test("an entry that walks over an unset span speaks for it")
    func entriesSpeakForUnsets() throws {
        #expect(try otlp("C a > u b > S b") == ["a->b call 1"])
    }

    @Test("an entry below a client of the same service does not")
    func clientsStopWalks() throws {
        #expect(try otlp("C a > u b > C b > S b") == ["a->b call by inferred 1", "b->b call 1"])
    }

    @Test("an INTERNAL span or an exit of another service than its parent is a crossing, nothing more")
    func countsCrossings() throws {
        #expect(try otlp("S a > I b > C b") == ["crossings b 1", "entry a 1", "unresolved_outgoing b 1"])
        #expect(try otlp("S a > C b") == ["crossings b 1", "entry a 1", "unresolved_outgoing b 1"])
        #expect(try otlp("S a > I - > C b") == ["crossings b 1", "entry a 1", "unresolved_outgoing b 1"])
    }

    @Test("an unset root is neither an entry call nor an unanswered exit")
    func ignoresUnsetRoots() throws {
        #expect(try otlp("u a \"x\" > u a") == [])
    }
}
