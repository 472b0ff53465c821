import SpanModel

/// Writes export requests as OTLP JSON, as the Collector's exporters do: compact, zero values left out.
struct OTLPJSONEncoder {
    var bytes: [UInt8] = []

    /// One request: the spans of each service as a resource.
    mutating func request(_ groups: [(service: String, spans: ArraySlice<WorkloadSpan>)]) {
        put("{\"resourceSpans\":[")
        for (index, group) in groups.enumerated() {
            if index > 0 { put(",") }
            put("{\"resource\":{\"attributes\":[")
            text("service.name", group.service)
            put(",")
            text("service.version", "2026.3.1")
            put(",")
            text("host.name", "node-17.eu-central-1.shop.internal")
            put(",")
            text("telemetry.sdk.language", "java")
            put(
                "]},\"scopeSpans\":[{\"scope\":{\"name\":\"io.shop.instrumentation\",\"version\":\"2.11.0\"},\"spans\":["
            )
            for (position, span) in group.spans.enumerated() {
                if position > 0 { put(",") }
                self.span(span, service: group.service)
            }
            put("]}]}")
        }
        put("]}")
    }

    private mutating func span(_ span: WorkloadSpan, service: String) {
        put("{\"traceId\":\"")
        hex(span.traceID.high)
        hex(span.traceID.low)
        put("\",\"spanId\":\"")
        hex(span.spanID)
        put("\"")
        if let state = SpanAttributesText.traceState(span) { put(",\"traceState\":\"\(state)\"") }
        put(",\"parentSpanId\":\"")
        if span.parentID != 0 { hex(span.parentID) }
        put("\",\"flags\":257,\"name\":\"")
        put(span.name)
        put("\",\"kind\":\(span.kind.rawValue),\"startTimeUnixNano\":\"\(span.startNanoseconds)\"")
        put(",\"endTimeUnixNano\":\"\(span.endNanoseconds)\",\"attributes\":[")
        var isFirst = true
        SpanAttributesText.each(of: span, service: service) { key, value in
            if !isFirst { put(",") }
            isFirst = false
            switch value {
            case .text(let value): text(key, value)
            case .integer(let value): put("{\"key\":\"\(key)\",\"value\":{\"intValue\":\"\(value)\"}}")
            case .number(let value): put("{\"key\":\"\(key)\",\"value\":{\"doubleValue\":\(value)}}")
            }
        }
        put("]")
        if !span.links.isEmpty { links(span.links) }
        put(span.isError ? ",\"status\":{\"message\":\"failed\",\"code\":2}}" : ",\"status\":{}}")
    }

    private mutating func links(_ links: [(traceID: TraceID, spanID: UInt64)]) {
        put(",\"links\":[")
        for (index, link) in links.enumerated() {
            put(index > 0 ? ",{\"traceId\":\"" : "{\"traceId\":\"")
            hex(link.traceID.high)
            hex(link.traceID.low)
            put("\",\"spanId\":\"")
            hex(link.spanID)
            put("\"}")
        }
        put("]")
    }

    private mutating func text(_ key: String, _ value: String) {
        put("{\"key\":\"")
        put(key)
        put("\",\"value\":{\"stringValue\":\"")
        put(value)
        put("\"}}")
    }

    private mutating func put(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private mutating func hex(_ value: UInt64) {
        for shift in stride(from: 60, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(shift)) & 15
            bytes.append(digit < 10 ? 48 + digit : 87 + digit)
        }
    }
}
