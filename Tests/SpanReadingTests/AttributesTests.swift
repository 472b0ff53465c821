import Foundation
import SpanModel
import Testing

@testable import SpanReading

/// Attribute values as tests write them.
private enum Given {
    case text(String)
    case integer(Int64)
    case boolean(Bool)
    case number(Double)
    case other
}

/// A record made of attributes alone, and the text of its names.
private struct Collected {
    var record: SpanRecord
    var peer: String
    var destination: String

    init(
        _ attributes: [(String, Given)], dialect: SpanAttributes.Dialect = .otlp,
        kind: SpanKind = .client,
        flags: SpanFlags = [], traceID: TraceID = TraceID(high: 1, low: .max), traceState: String? = nil
    ) {
        var collector = SpanAttributes(dialect: dialect)
        var names = NameTable()
        var window: [UInt8] = []
        var keys: [(AttributeKey, Range<Int>?, Given)] = []
        for (key, value) in attributes {
            let start = window.count
            window += Array(key.utf8)
            let found = collector.key(window.span.bytes, start, window.count)
            var range: Range<Int>?
            if case .text(let text) = value {
                range = window.count..<(window.count + text.utf8.count)
                window += Array(text.utf8)
            }
            if let found { keys.append((found, range, value)) }
        }
        if let traceState {
            keys.append(
                (.traceState, window.count..<(window.count + traceState.utf8.count), .text(traceState)))
            window += Array(traceState.utf8)
        }
        for (key, range, value) in keys {
            switch value {
            case .text: collector.set(key, text: range?.lowerBound ?? 0, range?.upperBound ?? 0)
            case .integer(let integer): collector.set(key, integer: integer)
            case .boolean(let boolean): collector.set(key, boolean: boolean)
            case .number(let number): collector.set(key, number: number)
            case .other: collector.setOther(key)
            }
        }
        record = SpanRecord(traceID: traceID, spanID: 1)
        record.kind = kind
        record.flags = flags
        collector.finish(window.span.bytes, into: &record, names: &names)
        peer = names.text(record.peer)
        destination = names.text(record.destination)
    }
}

@Suite struct AttributesTests {
    @Test func everyKeyIsFoundByItsWholeText() {
        let collector = SpanAttributes(dialect: .otlp)
        func find(_ text: String) -> AttributeKey? {
            let bytes = Array(text.utf8)
            return collector.key(bytes.span.bytes, 0, bytes.count)
        }
        for key in AttributeKey.allCases {
            guard let text = key.text else { continue }
            #expect(find(text) == key)
            #expect(find(text + "x") == nil)
            #expect(find("x" + text) == nil)
            #expect(find(String(text.dropLast())) != key)
        }
        #expect(find("http.method") == nil)
        #expect(find("") == nil)
        #expect(find(String(repeating: "x", count: 100)) == nil)
    }

    @Test func theEarlierSourceOfANameWins() {
        let sources = NameSource.allCases.filter { $0 < .inferred && $0 != .remoteEndpoint }
        for (index, source) in sources.enumerated() {
            let rest = sources[index...].reversed().map { later in
                (later.key ?? "", Given.text(later == .urlFull || later == .httpURL ? "http://h/p" : "a/b"))
            }
            let found = Collected(rest)
            #expect(found.record.peerSource == source)
        }
    }

    @Test func theLastValueOfARepeatedKeyWins() {
        let found = Collected([("peer.service", .text("a")), ("peer.service", .text("b"))])
        #expect(found.peer == "b")
        let emptied = Collected([
            ("peer.service", .text("a")), ("db.name", .text("d")), ("peer.service", .other),
        ])
        #expect(emptied.peer == "d")
    }

    @Test(arguments: [
        ("host", Given.integer(8080), "host:8080"), ("host", .text("8080"), "host:8080"),
        ("host", .text("080"), "host:80"), ("host", .text("808080"), "host"),
        ("host", .text("8x"), "host"),
        ("host", .integer(0), "host"), ("host", .integer(65536), "host"),
        ("host", .integer(65535), "host:65535"),
        ("host", .integer(-1), "host"), ("host", .number(80), "host"),
        ("::1", .integer(80), "[::1]:80"),
        ("[::1]", .integer(80), "[::1]:80"), ("::1", .other, "::1"),
        ("10.0.0.1", .integer(9), "10.0.0.1:9"),
    ])
    private func anAddressIsJoinedWithAValidPort(host: String, port: Given, name: String) {
        let pairs = [
            ("server.address", "server.port"), ("net.peer.name", "net.peer.port"),
            ("peer.hostname", "peer.port"),
            ("network.peer.address", "network.peer.port"), ("net.sock.peer.addr", "net.sock.peer.port"),
            ("net.peer.ip", "net.peer.port"), ("peer.ipv4", "peer.port"),
        ]
        for (hostKey, portKey) in pairs {
            #expect(Collected([(portKey, port), (hostKey, .text(host))]).peer == name)
        }
    }

    @Test func aDatabaseNamedByDigitsIsNoName() {
        let redis = Collected([("db.name", .text("0")), ("db.system", .text("redis"))])
        #expect(redis.peer == "redis" && redis.record.peerSource == .dbSystem)
        #expect(redis.record.flags.contains(.database))
        #expect(
            Collected([("db.namespace", .integer(3)), ("db.system", .text("redis"))]).peer == "redis")
        #expect(Collected([("db.name", .text("7days"))]).peer == "7days")
    }

    @Test(arguments: [
        ("/pkg.Service/Method", "pkg.Service"), ("pkg.Service/Method", "pkg.Service"), ("Method", ""),
        ("/Method", ""), ("a/b/c", "a/b"), ("/", ""),
    ])
    func aMethodNamesItsService(method: String, name: String) {
        #expect(Collected([("rpc.method", .text(method))]).peer == name)
    }

    @Test(arguments: [
        ("http://shop:8080/cart?x=1", "shop:8080"), ("https://user:secret@shop/cart", "shop"),
        ("http://shop", "shop"),
        ("http://shop?x", "shop"), ("http://a@b@c#d", "c"), ("/cart", ""), ("http:///cart", ""),
        ("shop:80/x", ""),
        ("http://[::1]:80/", "[::1]:80"),
    ])
    func aURLNamesItsAuthority(url: String, name: String) {
        #expect(Collected([("url.full", .text(url))]).peer == name)
        #expect(Collected([("http.url", .text(url))]).peer == name)
    }

    @Test func anEntrySpanTakesNoNameButAnExplicitService() {
        let plain = Collected(
            [("server.address", .text("me")), ("net.peer.ip", .text("10.0.0.9"))], kind: .server)
        #expect(plain.record.peer == 0 && plain.record.peerSource == .none)
        #expect(Collected([("peer.service", .text("caller"))], kind: .consumer).peer == "caller")
    }

    @Test func theDestinationIsKeptBesideThePeer() {
        let found = Collected([
            ("peer.service", .text("kafka")), ("messaging.destination", .text("orders")),
        ])
        #expect(found.peer == "kafka" && found.destination == "orders")
        let newest = Collected([
            ("message_bus.destination", .text("c")), ("messaging.destination", .text("b")),
            ("messaging.destination.name", .text("a")),
        ])
        #expect(newest.destination == "a" && newest.peer == "a")
    }

    @Test func errorTagsCountByDialect() {
        func flags(_ value: Given, _ dialect: SpanAttributes.Dialect) -> SpanFlags {
            Collected([("error", value)], dialect: dialect).record.flags
        }
        #expect(flags(.boolean(true), .otlp) == [.errorTag])
        #expect(flags(.boolean(true), .jaeger) == [.errorTag, .error])
        #expect(flags(.text("true"), .jaeger) == [.errorTag, .error])
        #expect(flags(.boolean(false), .jaeger) == [.errorTag])
        #expect(flags(.text("timeout"), .jaeger) == [.errorTag])
        #expect(flags(.text(""), .zipkin) == [.errorTag, .error])
        #expect(flags(.text("timeout"), .zipkin) == [.errorTag, .error])
        #expect(flags(.text("false"), .zipkin) == [.errorTag])
        #expect(
            Collected([("otel.status_code", .text("ERROR"))], dialect: .jaeger).record.flags == [.error])
        #expect(Collected([("otel.status_code", .text("OK"))], dialect: .jaeger).record.flags == [])
    }

    @Test func jaegerTellsTheKindByTag() {
        for kind in SpanKind.allCases where kind != .unset {
            let found = Collected([("span.kind", .text(kind.label))], dialect: .jaeger, kind: .unset)
            #expect(found.record.kind == kind)
        }
        #expect(
            Collected([("span.kind", .text("server"))], dialect: .otlp, kind: .unset).record.kind
                == .unset)
    }

    @Test func samplerTagsGiveTheWeight() {
        func weigh(_ type: String, _ parameter: Given, prefix: String = "") -> SpanRecord {
            Collected([(prefix + "sampler.type", .text(type)), (prefix + "sampler.param", parameter)])
                .record
        }
        for parameter in [Given.number(0.25), .text("0.25"), .text("25e-2")] {
            #expect(weigh("probabilistic", parameter).weight.value == 4)
            #expect(weigh("probabilistic", parameter, prefix: "jaeger.").flags.evidence == .tag)
        }
        #expect(weigh("probabilistic", .text("1e-05")).weight.value == 100_000)
        #expect(weigh("probabilistic", .integer(1)).weight == .one)
        #expect(weigh("probabilistic", .number(0)).flags.evidence == .none)
        #expect(weigh("probabilistic", .number(1.5)).flags.evidence == .none)
        #expect(weigh("probabilistic", .number(1e-9)).flags.contains(.weightCapped))
        #expect(weigh("const", .boolean(true)).flags.evidence == .tag)
        for type in ["lowerbound", "ratelimiting"] {
            let record = weigh(type, .number(0.001))
            #expect(
                record.flags.contains(.uncounted) && record.weight == .one && record.flags.evidence == .tag)
        }
        #expect(weigh("remote", .number(0.1)).flags.evidence == .none)
    }

    /// Cases taken down from Jaeger's own reading of sampler tags; nil where they are not there.
    private static var recordedSamplerTags: [[String: Any]]? {
        guard
            let data = RecordedArchives.root.flatMap({
                FileManager.default.contents(atPath: $0 + "/../cases/jaeger.json")
            }),
            let document = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
            let groups = document["groups"] as? [String: [String: Any]]
        else { return nil }
        return groups["get_sampler_params"]?["cases"] as? [[String: Any]]
    }

    @Test(
        "sampler tags are read as Jaeger reads them, whatever their types",
        .enabled(if: recordedSamplerTags != nil, "the shared cases are not beside the checkout"))
    func samplerTagsAreReadAsJaegerReadsThem() throws {
        let cases = try #require(Self.recordedSamplerTags)
        #expect(cases.count == 13)
        for example in cases {
            let tags = try #require(example["tags"] as? [String: [String: Any]])
            let given: [(String, Given)] = try tags.map { key, tag in
                let number = (tag["v"] as? NSNumber)?.doubleValue ?? 0
                switch tag["t"] as? String {
                case "string": return (key, .text(try #require(tag["v"] as? String)))
                case "int64": return (key, .integer(Int64(number)))
                default: return (key, .number(number))
                }
            }
            let record = Collected(given, dialect: .jaeger).record
            switch example["expect_type"] as? String {
            case "probabilistic":
                let probability = try #require((example["expect_param"] as? NSNumber)?.doubleValue)
                #expect(
                    record.flags.evidence == .tag && record.weight == Weight(probability: probability),
                    "\(tags)")
            case "lowerbound", "ratelimiting":
                #expect(record.flags.evidence == .tag && record.flags.contains(.uncounted), "\(tags)")
            case "unrecognized" where tags["sampler.type"]?["v"] as? String == "lowerbound":
                // Its parameter, which Jaeger cannot read here, plays no part: the type alone says that nothing counts.
                #expect(record.flags.contains(.uncounted), "\(tags)")
            default: #expect(record.flags.evidence == .none && record.weight == .one, "\(tags)")
            }
        }
    }

    @Test func vendorsRatesComeLast() {
        #expect(Collected([("SampleRate", .integer(20))]).record.weight.value == 20)
        #expect(Collected([("SampleRate", .integer(0))]).record.flags.evidence == .none)
        #expect(Collected([("sampling.probability", .number(0.5))]).record.weight.value == 2)
        #expect(Collected([("_dd.agent_psr", .number(0.5))]).record.flags.evidence == .vendor)
        #expect(Collected([("_dd.rule_psr", .number(0.1))]).record.weight.value == 10)
        let both = Collected([
            ("SampleRate", .integer(20)), ("sampler.type", .text("probabilistic")),
            ("sampler.param", .number(0.5)),
        ])
        #expect(both.record.weight.value == 2)
    }

    @Test(
        "a vendor's rate that is none leaves the weight to weaker evidence",
        arguments: ["sampling.probability", "SampleRate", "_dd.agent_psr", "_dd.rule_psr"])
    fileprivate func vendorsRatesThatAreNone(key: String) {
        let values: [Given] = [
            .number(0), .integer(0), .number(-0.5), .integer(-1), .number(.nan), .number(.infinity),
            .text("often"),
            .text(""), .text("0"), .text("nan"), .other,
            // A probability above one, and a count of less than one span.
            key == "SampleRate" ? .number(0.5) : .number(1.5),
            key == "SampleRate" ? .text("0.5") : .integer(20),
        ]
        for value in values {
            let record = Collected([(key, value)]).record
            #expect(record.weight == .one && record.flags.evidence == .none, "\(key) = \(value)")
            // The next vendor's is asked instead.
            let next = key == "_dd.rule_psr" ? "_dd.agent_psr" : "_dd.rule_psr"
            let both = Collected([(key, value), (next, .number(0.25))]).record
            #expect(both.weight.value == 4 && both.flags.evidence == .vendor, "\(key) = \(value)")
        }
        #expect(Collected([(key, .number(1))]).record.weight == .one)
        #expect(Collected([(key, .text("1"))]).record.flags.evidence == .vendor)
        #expect(Collected([(key, .integer(1))]).record.flags.evidence == .vendor)
    }

    @Test("rates beyond the largest weight are capped, and the capping is reported")
    func vendorsRatesAreCapped() {
        for (key, value) in [("SampleRate", Given.number(1e300)), ("_dd.rule_psr", .number(1e-300))] {
            let record = Collected([(key, value)]).record
            #expect(record.weight == .maximum && record.flags.contains(.weightCapped))
            #expect(record.flags.evidence == .vendor)
        }
    }

    @Test func traceStateOutranksTags() {
        let tags = [("sampler.type", Given.text("probabilistic")), ("sampler.param", .number(0.5))]
        let kept = Collected(tags, traceState: "ot=th:c")
        #expect(kept.record.weight.value == 4 && kept.record.flags.evidence == .threshold)
        let inconsistent = Collected(tags, traceID: TraceID(high: 1, low: 5), traceState: "ot=th:c")
        #expect(inconsistent.record.weight.value == 2 && inconsistent.record.flags.evidence == .tag)
        let explicit = Collected(
            [], traceID: TraceID(high: 1, low: 5), traceState: "ot=th:c;rv:c0000000000000")
        #expect(explicit.record.weight.value == 4)
        #expect(Collected([], traceState: "ot=p:8;r:62").record.weight.value == 256)
        #expect(Collected([], traceState: "ot=p:63").record.flags.contains(.uncounted))
        #expect(Collected([], traceState: "ot=p:62").record.flags.contains(.weightCapped))
        #expect(Collected([], traceState: "ot=th:ffffffffffffff").record.weight == .maximum)
    }

    @Test func aDebugSpanStandsForItself() {
        let found = Collected([], flags: .debug, traceState: "ot=th:8")
        #expect(found.record.weight == .one && found.record.flags.evidence == .tag)
    }

    @Test(arguments: [
        ("0.3", 0.3), ("1e-05", 1e-05), ("-7.25", -7.25), ("1E3", 1000), ("0.1e+2", 10),
        ("123456789012345678", 1.2345678901234568e17),
        ("1e308", 1e308), ("0.30000000000000004", 0.30000000000000004), (".5", 0.5),
    ])
    func decimalsAreRoundedCorrectly(text: String, value: Double) {
        let bytes = Array(text.utf8)
        #expect(DecimalText.number(bytes.span.bytes) == value)
    }

    @Test(arguments: [
        "", "-", ".", "1e", "e5", "1x", "1e309", "NaN", "1e-9223372036854775808", "1.2.3",
    ])
    func malformedDecimalsAreRefused(text: String) {
        let bytes = Array(text.utf8)
        #expect(DecimalText.number(bytes.span.bytes) == nil)
    }

    @Test func integersOverflowToNil() {
        func integer(_ text: String) -> Int64? { DecimalText.integer(Array(text.utf8).span.bytes) }
        #expect(integer("9223372036854775807") == .max && integer("-9223372036854775808") == .min)
        #expect(integer("9223372036854775808") == nil && integer("-9223372036854775809") == nil)
        #expect(integer("") == nil && integer("-") == nil && integer("1.5") == nil)
    }
}
