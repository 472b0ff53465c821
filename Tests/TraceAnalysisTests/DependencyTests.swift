import SpanModel
import Testing

@testable import TraceAnalysis

@Suite struct DependencyTests {
    private let world = AggregateWorld()

    private func node(_ report: Report, _ name: String) -> Node? { report.nodes.first { $0.name == name } }

    @Test("calls, errors, durations and destinations of one edge add up")
    func counts() throws {
        let report = world.report([
            world.drawn(trace: 5) {
                $0.call("api", "cart", .message, client: 100, server: 80, destination: "topic-b")
                $0.call("api", "cart", .message, client: 120, source: .inferred, isError: true, isClientOnlyError: true)
            },
            world.drawn(trace: 3) {
                $0.call(
                    "api", "cart", .message, server: 60, at: Nanoseconds.hour, isError: true, destination: "topic-a")
            },
        ])
        let edge = try #require(report.edges.first)
        #expect(report.edges.count == 1)
        #expect((edge.caller, edge.callee, edge.kind) == ("api", "cart", .message))
        #expect((edge.calls, edge.errors, edge.clientOnlyErrors) == (3, 2, 1))
        #expect(edge.nameSource == .none)
        #expect(edge.destinations == ["topic-a", "topic-b"])
        #expect(edge.exemplars == [TraceID(high: 0, low: 3), TraceID(high: 0, low: 5)])
        #expect((edge.client.count, edge.client.minimumNanoseconds, edge.client.maximumNanoseconds) == (2, 100, 120))
        #expect((edge.server.count, edge.server.minimumNanoseconds, edge.server.maximumNanoseconds) == (2, 60, 80))
        let first = UInt32(AggregateDrawing.firstHour)
        #expect(edge.hours.map(\.hour) == [first, first + 1])
        #expect(edge.hours.map(\.calls) == [2, 1])
        #expect(edge.hours.map(\.errors) == [1, 1])
        // As the callee saw it, and the caller where no callee was seen.
        #expect(edge.hours.map(\.latency.sumNanoseconds) == [200, 60])
    }

    @Test("the trace is the sampling unit: three calls of one trace are one draw of three")
    func estimates() throws {
        let ten = Weight(units: 10 << 20)
        let report = world.report([
            world.drawn(trace: 1, weight: ten) { drawing in
                for _ in 0..<3 { drawing.call("api", "cart", .call, weight: ten) }
            },
            world.drawn(trace: 2) { $0.call("api", "cart", .call, weight: Weight(units: 0)) },
            world.drawn(trace: 3) {
                $0.call("api", "cart", .call, weight: Weight(units: 2 << 20))
                $0.call("api", "cart", .call, weight: Weight(units: 4 << 20))
            },
        ])
        let sums = try #require(report.edges.first?.estimated)
        #expect(report.edges.first?.calls == 6)
        #expect(sums.estimate == 36)
        #expect(sums.variance == 10 * 9 * 9 + 3 * 2 * 4)
        #expect(sums.s3 >> 40 == 100 * 9 + 9 * 4)
    }

    @Test("links are counted, never estimated, also from a trace outside the window")
    func links() throws {
        let report = world.report([
            world.drawn(trace: 9, isInWindow: false) {
                $0.span("api", "GET /", .producer, at: 0, for: 5, .root)
                $0.call("api", "mail", .link, server: 7, exemplar: TraceID(high: 0, low: 4), weight: nil)
            }
        ])
        let edge = try #require(report.edges.first)
        #expect(edge.estimated == nil)
        #expect(edge.calls == 1)
        #expect(edge.exemplars == [TraceID(high: 0, low: 4)])
        #expect(report.quality.spansOutside == 1)
        #expect(report.quality.spans == 0 && report.quality.traces == 0)
        #expect(report.operations.isEmpty && report.roots.isEmpty)
        #expect(report.nodes.map(\.kind) == [.service, .service])
    }

    @Test("edges that meet keep the name source that comes first: none, attributes in order, inferred")
    func nameSources() {
        func source(_ sources: NameSource...) -> NameSource? {
            world.report([
                world.drawn(trace: 1) { drawing in
                    for source in sources { drawing.call("api", "db", .database, source: source) }
                }
            ]).edges.first?.nameSource
        }
        #expect(source(.dbName, .peerService, .inferred) == .peerService)
        #expect(source(.inferred, .dbType) == .dbType)
        #expect(source(.inferred, .none, .servicePeerName) == NameSource.none)
        #expect(source(.inferred) == .inferred)
    }

    @Test("nodes are typed by the edges that lead to them, services first")
    func nodes() throws {
        var entry = world.drawn(trace: 1) {
            $0.span("api", "GET /", .server, at: 0, for: 5, .root, flags: .error)
            $0.call("api", "db", .database)
            $0.call("api", "host:80", .external, source: .serverAddress, isError: true)
            $0.call("api", "topic-a", .external, source: .messagingDestinationName, isMessagingCallee: true)
            $0.call("api", "topic-b", .external, source: .messagingDestinationName, isMessagingCallee: true)
            $0.call("api", "topic-b", .external, source: .serverAddress)
            $0.call("web", "api", .external, source: .peerService)
            $0.call("api", "api", .database)
            $0.call("api", "cart", .call)
        }
        entry.entryCalls = [0]
        let report = world.report([entry])
        let kinds = Dictionary(uniqueKeysWithValues: report.nodes.map { ($0.name, $0.kind) })
        #expect(
            kinds == [
                "api": .service, "db": .database, "host:80": .external, "topic-a": .messaging, "topic-b": .messaging,
                "web": .external, "cart": .service,
            ])
        let api = try #require(node(report, "api"))
        #expect((api.callsIn, api.errorsIn, api.callsOut, api.entryCalls) == (3, 1, 7, 1))
        let host = try #require(node(report, "host:80"))
        #expect((host.callsIn, host.errorsIn, host.callsOut) == (1, 1, 0))
        #expect(report.quality.entryCalls == 1)
    }

    @Test("of kinds that disagree the first of database, messaging, external holds")
    func conflicts() {
        let report = world.report([
            world.drawn(trace: 1) {
                $0.span("api", "GET /", .client, at: 0, for: 5, .root)
                $0.call("api", "db", .external)
                $0.call("api", "db", .database)
                $0.call("cart", "mail", .external)
                $0.call("api", "mail", .external, isMessagingCallee: true)
            }
        ])
        #expect(node(report, "db")?.kind == .database)
        #expect(node(report, "mail")?.kind == .messaging)
    }

    @Test("a service without any edge is a node")
    func lonely() {
        let report = world.report([world.drawn(trace: 1) { $0.span("mail", "run", .internal, at: 0, for: 5, .root) }])
        #expect(report.nodes == [Node(name: "mail", kind: .service)])
    }

    @Test("of many destinations the least sixty-four are kept, in any order")
    func destinations() {
        func tally(_ ids: [UInt32]) -> [UInt32] {
            var tally = EdgeTally(key: EdgeKey(1, 2, .message))
            for id in ids {
                var drawing = AggregateDrawing(world: world)
                drawing.call("api", "cart", .message)
                var call = drawing.observation.edges[0]
                call.destination = id
                tally.add(call, ofTrace: UInt64(id))
            }
            return tally.destinations
        }
        let ids = Array(UInt32(1)...100)
        #expect(tally(ids) == Array(1...64))
        #expect(tally(ids.reversed()) == Array(1...64))
        #expect(tally(ids + ids) == Array(1...64))
    }
}
