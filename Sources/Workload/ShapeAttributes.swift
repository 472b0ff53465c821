import SpanModel

/// The attributes of a shape's spans: what the peer says, and what instrumentation libraries add, twelve or so.
struct ShapeAttributes<Dialect: AttributeDialect> {
    private let threads: AttributePart
    private let lines: AttributePart
    private let users: AttributePart

    init() {
        threads = .chosen(
            .spanID,
            (0..<61).map {
                Dialect.attribute("thread.id", .integer($0 + 17))
                    + Dialect.attribute("thread.name", .text("http-nio-8080-exec-\($0)"))
            })
        lines = .chosen(.spanID, (0..<900).map { Dialect.attribute("code.line.number", .integer($0 + 40)) })
        users = .chosen(
            .traceID,
            (0..<30).map {
                Dialect.attribute("enduser.tier", .text($0 % 10 == 0 ? "gold" : "standard"))
                    + Dialect.attribute("app.build", .text("build-\($0 % 3)"))
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
        parts.append(lines)
        parts.append(
            .chosen(.spanID, (0..<7).map { Dialect.attribute("k8s.pod.name", .text("\(service)-6b8f9c7d4d-\($0)")) }))
        parts.append(users)
        return Self.joined(parts)
    }

    private static func joined(_ parts: [AttributePart]) -> [AttributePart] {
        parts.reduce(into: []) { joined, part in
            if case .fixed(let more) = part, case .fixed(let text) = joined.last {
                joined[joined.count - 1] = .fixed(text + more)
            } else {
                joined.append(part)
            }
        }
    }

    private func fixed(_ key: String, _ value: AttributeValue) -> AttributePart {
        .fixed(Dialect.attribute(key, value))
    }

    private func peer(of shape: SpanShape, service: String, isError: Bool) -> [AttributePart] {
        switch shape.peer {
        case .none: [fixed("app.step", .text(shape.name))]
        case .http:
            [
                fixed("http.request.method", .text("POST")),
                Dialect.text("url.path", "/v2/\(service)/items/", then: .traceID, below: 9973),
                fixed("http.response.status_code", .integer(isError ? 500 : 200)),
                fixed("server.address", .text("\(service).shop.internal")),
                fixed("user_agent.original", .text("okhttp/4.12.0 (shop; build 2026.3.1)")),
            ]
        case .host(let host, let port):
            [
                fixed("http.request.method", .text("POST")),
                fixed("server.address", .text(host)),
                fixed("server.port", .integer(UInt64(port))),
                Dialect.text("url.full", "https://\(host):\(port)/v2/items/", then: .traceID, below: 9973),
                fixed("http.response.status_code", .integer(isError ? 503 : 200)),
            ]
        case .database(let system, let name, let verb): database(system, name, verb)
        case .topic(let topic):
            [
                fixed("messaging.system", .text("kafka")),
                fixed("messaging.destination.name", .text(topic)),
                fixed("messaging.operation.type", .text(shape.kind == .producer ? "send" : "process")),
                Dialect.integer("messaging.kafka.message.offset", .traceID, below: 1_000_003),
            ]
        }
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
