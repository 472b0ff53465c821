import SpanModel

/// The attributes of a shape's spans: what the peer says, and what instrumentation libraries add, twelve or so.
///
/// Their values are about as varied as those of real spans: archives shrink as much as real ones do.
struct ShapeAttributes<Dialect: AttributeDialect> {
    private let threads: AttributePart
    private let agents: AttributePart
    private let clients: AttributePart
    private let requests = Dialect.hex("app.request.id", .spanID)
    private let users = Dialect.text("enduser.id", "u-", then: .traceID, below: 3_000_000)

    init() {
        threads = Dialect.chosen(
            "thread.id", .spanID,
            (0..<64).map {
                Dialect.attribute("thread.id", .integer($0 + 17))
                    + Dialect.attribute("thread.name", .text("http-nio-8080-exec-\($0)"))
            })
        agents = Dialect.chosen(
            "user_agent.original", .traceID,
            (0..<24).map {
                Dialect.attribute("user_agent.original", .text("okhttp/4.12.\($0 % 3) (shop; build 2026.3.\($0))"))
            })
        clients = Dialect.chosen(
            "client.address", .traceID,
            (0..<4096).map {
                Dialect.attribute("client.address", .text("10.\(40 + $0 / 1024).\($0 * 37 % 256).\($0 * 11 % 256)"))
            })
    }

    /// In the order of writing; neighbours that are always the same are one.
    func parts(of shape: SpanShape, service: String, isError: Bool) -> [AttributePart] {
        var parts = peer(of: shape, service: service, isError: isError)
        if let parameter = shape.samplerParameter {
            parts.append(fixed("sampler.type", .text("probabilistic")))
            parts.append(fixed("sampler.param", .number(parameter)))
        }
        parts.append(threads)
        parts.append(fixed("code.function.name", .text("io.shop.\(service).Handler.handle")))
        parts.append(users)
        parts.append(requests)
        return Self.joined(parts)
    }

    /// Without what would part the first from one before it.
    private static func joined(_ parts: [AttributePart]) -> [AttributePart] {
        var joined: [AttributePart] = []
        for part in parts {
            if case .fixed(let more) = part, case .fixed(let text) = joined.last {
                joined[joined.count - 1] = .fixed(text + more)
            } else {
                joined.append(part)
            }
        }
        if case .fixed(let text) = joined.first { joined[0] = .fixed(Array(text.dropFirst(Dialect.separatorLength))) }
        return joined
    }

    private func fixed(_ key: String, _ value: AttributeValue) -> AttributePart {
        .fixed(Dialect.attribute(key, value))
    }

    /// Begins with one that is always the same.
    private func peer(of shape: SpanShape, service: String, isError: Bool) -> [AttributePart] {
        switch shape.peer {
        case .none: local(shape)
        case .http: entry(service, isError: isError)
        case .host(let host, let port): exit(host, port, isError: isError)
        case .database(let system, let name, let verb): database(system, name, verb)
        case .topic(let topic): message(topic, isSent: shape.kind == .producer)
        }
    }

    private func local(_ shape: SpanShape) -> [AttributePart] {
        [
            fixed("app.step", .text(shape.name)),
            Dialect.chosen(
                "app.cache.hit", .spanID,
                [true, false].map { Dialect.attribute("app.cache.hit", .truth($0)) }),
            Dialect.integer("app.items", .spanID, below: 400, isSkewed: true),
            Dialect.text("app.tenant", "tenant-", then: .traceID, below: 5000),
            Dialect.hex("app.work.key", .spanID),
        ]
    }

    private func entry(_ service: String, isError: Bool) -> [AttributePart] {
        [
            fixed("http.request.method", .text("POST")),
            Dialect.text("url.path", "/v2/\(service)/items/", then: .traceID, below: 20_000_000),
            fixed("http.response.status_code", .integer(isError ? 500 : 200)),
            fixed("server.address", .text("\(service).shop.internal")),
            agents,
            clients,
            Dialect.integer("network.peer.port", .spanID, below: 61_000),
            Dialect.integer("http.response.body.size", .spanID, below: 200_000, isSkewed: true),
        ]
    }

    private func exit(_ host: String, _ port: Int, isError: Bool) -> [AttributePart] {
        [
            fixed("http.request.method", .text("POST")),
            fixed("server.address", .text(host)),
            fixed("server.port", .integer(UInt64(port))),
            Dialect.text("url.full", "https://\(host):\(port)/v2/items/", then: .traceID, below: 20_000_000),
            fixed("http.response.status_code", .integer(isError ? 503 : 200)),
            fixed("network.protocol.version", .text("1.1")),
            Dialect.integer("http.request.body.size", .spanID, below: 20_000, isSkewed: true),
        ]
    }

    private func message(_ topic: String, isSent: Bool) -> [AttributePart] {
        [
            fixed("messaging.system", .text("kafka")),
            fixed("messaging.destination.name", .text(topic)),
            fixed("messaging.operation.type", .text(isSent ? "send" : "process")),
            fixed("messaging.client.id", .text("shop-events-3")),
            Dialect.integer("messaging.kafka.message.offset", .spanID, below: 900_000_000),
            Dialect.hex("messaging.message.id", .spanID),
            Dialect.integer("messaging.message.body.size", .spanID, below: 60_000, isSkewed: true),
        ]
    }

    private func database(_ system: String, _ name: String, _ verb: String) -> [AttributePart] {
        var parts = [fixed("db.system.name", .text(system))]
        if !name.isEmpty { parts.append(fixed("db.namespace", .text(name))) }
        return parts + [
            fixed("db.operation.name", .text(verb)),
            fixed(
                "db.query.text", .text("\(verb) items WHERE tenant = $1 AND id = $2 ORDER BY updated_at LIMIT 50")),
            fixed("server.address", .text("\(system).shop.internal")),
            fixed("server.port", .integer(system == "redis" ? 6379 : 5432)),
            Dialect.integer("db.response.returned_rows", .spanID, below: 5000, isSkewed: true),
        ]
    }
}

/// What a tracer writes about its decision on every span.
enum TraceStateText {
    /// The W3C tracestate; nil where the sampler does not tell its threshold.
    static func text(_ sampling: Shop.Sampling) -> String? {
        switch sampling {
        case .always: return "ot=th:0"
        case .threshold(let threshold):
            var digits = Substring(Hex.text(threshold).suffix(14))
            while digits.count > 1, digits.last == "0" { digits = digits.dropLast() }
            return "ot=th:\(digits)"
        case .tagged, .silent: return nil
        }
    }
}
