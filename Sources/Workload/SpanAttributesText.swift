import SpanModel

/// The attributes of a generated span: what its peer says, and what instrumentation libraries add, twelve or so.
enum SpanAttributesText {
    enum Value {
        case text(String)
        case integer(Int)
        case number(Double)
    }

    /// The W3C tracestate of a span whose sampler tells its threshold.
    static func traceState(_ span: WorkloadSpan) -> String? {
        switch span.sampling {
        case .always: return "ot=th:0"
        case .threshold(let threshold):
            var digits = Substring(Hex.text(threshold).suffix(14))
            while digits.count > 1, digits.last == "0" { digits = digits.dropLast() }
            return "ot=th:\(digits)"
        case .tagged, .silent: return nil
        }
    }

    static func each(of span: WorkloadSpan, service: String, _ body: (String, Value) -> Void) {
        peer(of: span, service: service, body)
        if span.isRoot, case .tagged(let probability) = span.sampling {
            body("sampler.type", .text("probabilistic"))
            body("sampler.param", .number(probability))
        }
        body("thread.id", .integer(Int(span.spanID % 61) + 17))
        body("thread.name", .text("http-nio-8080-exec-\(span.spanID % 61)"))
        body("code.function.name", .text("io.shop.\(service).Handler.handle"))
        body("code.line.number", .integer(Int(span.spanID % 900) + 40))
        body("k8s.pod.name", .text("\(service)-6b8f9c7d4d-\(span.spanID % 7)"))
        body("enduser.tier", .text(span.traceID.low % 10 == 0 ? "gold" : "standard"))
        body("app.build", .text("build-\(span.traceID.low % 3)"))
    }

    private static func peer(of span: WorkloadSpan, service: String, _ body: (String, Value) -> Void) {
        switch span.peer {
        case .none: body("app.step", .text(span.name))
        case .http(let status):
            body("http.request.method", .text("POST"))
            body("url.path", .text("/v2/\(service)/items/\(span.traceID.low % 9973)"))
            body("http.response.status_code", .integer(status))
            body("server.address", .text("\(service).shop.internal"))
            body("user_agent.original", .text("okhttp/4.12.0 (shop; build 2026.3.1)"))
        case .host(let host, let port):
            body("http.request.method", .text("POST"))
            body("server.address", .text(host))
            body("server.port", .integer(port))
            body("url.full", .text("https://\(host):\(port)/v2/items/\(span.traceID.low % 9973)"))
            body("http.response.status_code", .integer(span.isError ? 503 : 200))
        case .database(let system, let name, let verb):
            body("db.system.name", .text(system))
            if !name.isEmpty { body("db.namespace", .text(name)) }
            body("db.operation.name", .text(verb))
            body("db.query.text", .text("\(verb) items WHERE tenant = $1 AND id = $2 ORDER BY updated_at LIMIT 50"))
            body("server.address", .text("\(system).shop.internal"))
            body("server.port", .integer(system == "redis" ? 6379 : 5432))
        case .topic(let topic):
            body("messaging.system", .text("kafka"))
            body("messaging.destination.name", .text(topic))
            body("messaging.operation.type", .text(span.kind == .producer ? "send" : "process"))
            body("messaging.kafka.message.offset", .integer(Int(span.traceID.low % 1_000_003)))
        }
    }
}
