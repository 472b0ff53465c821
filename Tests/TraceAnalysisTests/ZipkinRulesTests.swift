import SpanModel
import Testing

@testable import TraceAnalysis

/// Pairs as Zipkin reports them: kinds and name sources left out.
func zipkinLinks(_ drawings: [Drawing]) -> [String] {
    let archive = DrawnArchive(drawings)
    var rules = ZipkinRules(settings: AnalysisSettings())
    var observation = TraceObservation()
    var calls: [[String]: (Int, Int)] = [:]
    for records in archive.traces {
        rules.observe(records, into: &observation)
        for edge in observation.edges {
            let pair = [archive.names[Int(edge.caller)], archive.names[Int(edge.callee)]]
            let known = calls[pair] ?? (0, 0)
            calls[pair] = (known.0 + 1, known.1 + (edge.isError ? 1 : 0))
        }
    }
    return LinkerCase.lines(calls.map { ($0.key[0], $0.key[1], $0.value.0, $0.value.1) })
}

@Suite("Zipkin's rules")
struct ZipkinRulesTests {
    @Test(
        "every case of Zipkin's linker comes out exactly",
        .enabled(if: LinkerCase.all != nil, "the shared cases are not beside the checkout"),
        arguments: LinkerCase.of("zipkin"))
    func conformance(_ linkerCase: LinkerCase) {
        let drawings = linkerCase.zipkinDrawings
        let times = linkerCase.putTimes ?? 1
        let repeated = (0..<times).flatMap { time in
            drawings.map { Drawing(traceID: $0.traceID &+ UInt64(time) << 48, spans: $0.spans) }
        }
        #expect(zipkinLinks(repeated) == linkerCase.expected, "\(linkerCase.id)")
    }

    private func links(_ drawing: String) throws -> [String] { zipkinLinks([try Drawing(drawing)]) }

    /// Peers named by a remote endpoint, as Zipkin documents have them.
    private func remote(_ name: String) -> String { "\"\(name)\" [source=remoteEndpoint.serviceName " }

    @Test("the linker's own basic trace: shared id, error at the leaf")
    func basicTrace() throws {
        #expect(
            try links(
                "S web [id=a], C web \(remote("app"))id=b parent=a], S app \(remote("web"))id=b parent=a shared], "
                    + "C app! \(remote("db"))id=c parent=b]") == ["app->db 1 failed 1", "web->app 1"])
    }

    @Test("a missing shared flag and a missing parent id are filled in from the client")
    func repairsSharedSpans() throws {
        #expect(
            try links("S arn [id=a], C arn [id=b parent=a], S link [id=b]") == ["arn->link 1"])
        #expect(
            try links("S arn [id=a], C arn [id=b parent=a], S link [id=b shared]") == ["arn->link 1"])
    }

    @Test("errors of a parent client count, not through local spans, not by a shared id")
    func parentErrors() throws {
        #expect(try links("C a! > S b") == ["a->b 1 failed 1"])
        #expect(try links("C a! > I a > S b") == ["a->b 1"])
        #expect(try links("C a! [id=1], S b [id=1 shared]") == ["a->b 1"])
    }

    @Test("a client is silent when it has any child")
    func clientsWithChildren() throws {
        #expect(try links("C a \(remote("db"))id=1] > I a") == [])
    }

    @Test("unknown kinds with both names are clients, also with children")
    func unknownKinds() throws {
        #expect(try links("u a \(remote("b"))id=1] > u b \(remote("c"))id=2]") == ["a->b 1", "b->c 1"])
    }

    @Test("a client of another service than the nearest remote ancestor is linked to it, without error")
    func backfills() throws {
        #expect(try links("S a > u a > C b! \(remote("c"))id=9]") == ["a->b 1", "b->c 1 failed 1"])
        #expect(try links("S a > C b") == ["a->b 1"])
    }

    @Test("producers and consumers are linked with their brokers only")
    func brokers() throws {
        #expect(try links("P a > K b") == [])
        #expect(try links("P a \(remote("k1"))id=1] > K b \(remote("k2"))id=2]") == ["a->k1 1", "k2->b 1"])
        #expect(try links("P a > S b") == ["a->b 1"])
    }

    @Test("orphans and second roots hang below the root")
    func guessesParents() throws {
        #expect(try links("S a [id=1], S b [id=2]") == ["a->b 1"])
        #expect(try links("S a [id=1], S b [id=2 parent=99]") == ["a->b 1"])
        #expect(try links("S a [id=1 parent=98], S b [id=2 parent=99]") == [])
    }

    @Test("a peer named by anything but a remote endpoint is none")
    func otherNames() throws {
        #expect(try links("C a \"10.0.0.1:80\"") == [])
    }

    @Test("the observed trace is merged and hung by the default rules, with the edge's halves in it")
    func observesTrace() throws {
        let archive = DrawnArchive([
            try Drawing("S x [id=1], C x [id=2 parent=1 duration=70], S y [id=2 parent=1 shared duration=40]")
        ])
        var rules = ZipkinRules(settings: AnalysisSettings())
        var observation = TraceObservation()
        rules.observe(try #require(archive.traces.first), into: &observation)
        #expect(observation.trace.parents == [-1, 0, 1])
        #expect(observation.trace.isComplete)
        let edge = try #require(observation.edges.first)
        #expect(edge.kind == .call)
        #expect(edge.client == 1)
        #expect(edge.server == 2)
        #expect(edge.clientNanoseconds == 70)
        #expect(edge.serverNanoseconds == 40)
        #expect(Array(observation.entryCalls) == [0])
    }
}
