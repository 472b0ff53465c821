import SpanModel
import Testing

@testable import TraceAnalysis

@Suite("P7 and P8: exits nobody answered, nested exits")
struct OTLPRulesExitTests {
    @Test("a named exit that nobody answered is one call with its own error")
    func callsByName() throws {
        #expect(try otlp("C a! \"x\"") == ["a->x external by server.address 1 failed 1"])
        #expect(try otlp("C a \"x\" [parent=99]") == ["a->x external by server.address 1", "spans_orphan a 1"])
    }

    @Test("local children do not answer")
    func localsDoNotAnswer() throws {
        #expect(try otlp("C a \"x\" > I a > I a") == ["a->x external by server.address 1"])
    }

    @Test("a client with database attributes calls a database, a producer never does")
    func callsDatabases() throws {
        #expect(try otlp("C a \"d\" [db source=db.name]") == ["a->d database by db.name 1"])
        #expect(try otlp("P a \"d\" [db source=db.name]") == ["a->d external by db.name 1"])
    }

    @Test("the callee of an unanswered producer is a node of kind messaging")
    func producersCallMessaging() throws {
        #expect(try observed("P a \"q\"").edges.first?.isMessagingCallee == true)
        #expect(try observed("C a \"q\"").edges.first?.isMessagingCallee == false)
    }

    @Test("an answered exit's attributes are not looked at: the kind stays call")
    func answeredExitsAreCalls() throws {
        #expect(try otlp("C a \"d\" [db source=db.name] > S b") == ["a->b call 1"])
    }

    @Test("without a name it is unresolved, without a service unnamed")
    func countsUnresolved() throws {
        #expect(try otlp("C a") == ["unresolved_outgoing a 1"])
        #expect(try otlp("P - \"q\"") == ["unnamed  1"])
    }

    @Test("a name that equals a service's is no call")
    func namesAreNoServices() throws {
        #expect(try otlp("S b > C b \"b\"") == ["b->b external by server.address 1", "entry b 1"])
    }

    @Test("a client whose server became an orphan calls by name; the server's caller is unknown")
    func doesNotJoinOrphans() throws {
        #expect(
            try otlp("C a \"b\", S b [parent=99]")
                == ["a->b external by server.address 1", "spans_orphan b 1", "unknown_caller b 1"])
    }

    @Test("of nested exits of one kind and service only the inner calls")
    func nestedExits() throws {
        #expect(try otlp("C a > C a > S b") == ["a->b call 1", "outer_exits a 1"])
        #expect(
            try otlp("C a \"stripe\" > C a \"api\"")
                == ["a->api external by server.address 1", "outer_exits a 1"])
        #expect(
            try otlp("C a \"stripe\" > I a > C a \"api\"")
                == ["a->api external by server.address 1", "outer_exits a 1"])
        #expect(
            try otlp("C a \"x\" > C a \"y\" > C a \"z\"")
                == ["a->z external by server.address 1", "outer_exits a 2"])
    }

    @Test("exits of two services count each by its own name")
    func nestedExitsOfTwoServices() throws {
        #expect(
            try otlp("C a \"b\" > C b \"c\"") == [
                "a->b external by server.address 1", "b->c external by server.address 1", "crossings b 1",
            ])
    }

    @Test("the outer lends the inner neither name nor error")
    func outerLendsNothing() throws {
        #expect(try otlp("C a! \"x\" > C a") == ["outer_exits a 1", "unresolved_outgoing a 1"])
        #expect(try otlp("C a! > C a > S b") == ["a->b call 1", "outer_exits a 1"])
    }

    @Test("an outer exit that was answered is a half as any other")
    func answeredOuter() throws {
        #expect(try otlp("C a > (C a \"t\", S b)") == ["a->b call 1", "a->t external by server.address 1"])
    }

    @Test("a client over a producer, or the reverse, are not nested")
    func kindsAreNotNested() throws {
        #expect(
            try otlp("C a \"x\" > P a \"q\"")
                == ["a->q external by server.address 1", "a->x external by server.address 1"])
        #expect(
            try otlp("P a \"q\" > C a \"x\"")
                == ["a->q external by server.address 1", "a->x external by server.address 1"])
    }
}
