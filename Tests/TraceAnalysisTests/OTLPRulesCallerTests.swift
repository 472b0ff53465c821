import SpanModel
import Testing

@testable import TraceAnalysis

@Suite("P4: the caller of an entry span")
struct OTLPRulesCallerTests {
    @Test("local spans between client and server are walked over")
    func walksOverLocals() throws {
        #expect(try otlp("C a > I a > S b") == ["a->b call 1"])
        #expect(try otlp("C a > I a > u a > I a > S b") == ["a->b call 1"])
    }

    @Test("locals without a service are walked over")
    func walksOverNamelessLocals() throws {
        #expect(try otlp("C a > I - > S b") == ["a->b call 1"])
        #expect(try otlp("C a > I - > I b > u - > I b > S b") == ["a->b call 1", "crossings b 1"])
    }

    @Test("two clients, two servers, one failed: two calls, one error")
    func countsEachCall() throws {
        #expect(try otlp("C a > S b, C a > S b!") == ["a->b call 2 failed 1", "extra_roots a 1"])
    }

    @Test("a failed client fails each of its calls, and only it knows")
    func failsEachCall() throws {
        #expect(try otlp("C a! > S b, > S b") == ["a->b call 2 failed 2 client_only 2"])
    }

    @Test("both halves failed: one error, not of the client only")
    func countsOneError() throws {
        #expect(try otlp("C a! > S b!") == ["a->b call 1 failed 1"])
    }

    @Test("errors of local spans do not count")
    func ignoresLocalErrors() throws {
        #expect(try otlp("C a > I a! > S b") == ["a->b call 1"])
    }

    @Test("a local span of the callee below the client is walked over")
    func walksOverCalleesLocals() throws {
        #expect(try otlp("C a > I b > S b") == ["a->b call 1", "crossings b 1"])
    }

    @Test("a client and a server of one service are a call")
    func countsSelfCalls() throws {
        #expect(try otlp("C b > S b") == ["b->b call 1"])
    }

    @Test("an entry below an entry of its own service is no call")
    func ignoresInnerEntries() throws {
        #expect(try otlp("S b > S b") == ["entry b 1", "inner_entries b 1"])
        #expect(try otlp("S b > K b") == ["entry b 1", "inner_entries b 1"])
        #expect(try otlp("S b > I b > S b") == ["entry b 1", "inner_entries b 1"])
    }

    @Test("an entry of another service above calls without a half")
    func callsFromEntries() throws {
        #expect(try otlp("S a > I a > S b") == ["a->b call 1", "entry a 1"])
        let edge = try #require(try observed("S a > I a > S b").edges.first)
        #expect(edge.client == -1)
        #expect(edge.server == 2)
    }

    @Test("a client of a third service above the caller's locals is not answered")
    func leavesForeignClients() throws {
        #expect(try otlp("C z > I a > S b") == ["a->b call 1", "crossings a 1", "unresolved_outgoing z 1"])
    }

    @Test("an exit of the caller above its locals is the half")
    func findsHalfAboveLocals() throws {
        #expect(try otlp("C a! > I a > I a > S b") == ["a->b call 1 failed 1 client_only 1"])
    }

    @Test("the kind of a call is that of its entry")
    func kindOfEntry() throws {
        #expect(try otlp("P a > S b") == ["a->b call 1"])
        #expect(try otlp("C a > K b") == ["a->b message 1"])
        #expect(try otlp("K a > K b") == ["a->b message 1", "entry a 1"])
    }

    @Test("an entry below an exit without a service is unnamed")
    func reportsUnnamedCallers() throws {
        #expect(try otlp("C - > S b") == ["unnamed  1", "unnamed b 1"])
        #expect(try otlp("S - > S b") == ["unnamed  1", "unnamed b 1"])
    }

    @Test("an entry without a service makes no edge and answers nobody")
    func ignoresUnnamedEntries() throws {
        #expect(try otlp("C a \"db\" > S -") == ["a->db external by server.address 1", "unnamed  1"])
    }

    @Test("a call knows both halves: indices, durations, operations, start, weight, example")
    func fillsBothHalves() throws {
        let drawing =
            "C a [start=5000 duration=70 name=get weight=2 evidence=th] > "
            + "S b [start=5010 duration=40 name=serve weight=8 evidence=th]"
        let observation = try observed(drawing)
        let edge = try #require(observation.edges.first)
        #expect(edge.client == 0)
        #expect(edge.server == 1)
        #expect(edge.clientNanoseconds == 70)
        #expect(edge.serverNanoseconds == 40)
        #expect(edge.startNanoseconds == 5010)
        #expect(edge.callerOperation == observation.trace.spans[0].operation)
        #expect(edge.calleeOperation == observation.trace.spans[1].operation)
        #expect(edge.callerOperation != edge.calleeOperation)
        #expect(edge.weight?.units == 8 << 20)
        #expect(edge.exemplar == observation.trace.id)
    }

    @Test("a half without a duration has no latency; a half without a start lends the hour of the other")
    func leavesOutMissingTimes() throws {
        let edge = try #require(try observed("C a [start=5000] > S b [start=0 timeless]").edges.first)
        #expect(edge.serverNanoseconds == nil)
        #expect(edge.clientNanoseconds == 10)
        #expect(edge.startNanoseconds == 5000)
    }
}
