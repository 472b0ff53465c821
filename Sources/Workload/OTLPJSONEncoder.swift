import SpanModel

/// Writes export requests as OTLP JSON, as the Collector's exporters do: compact, zero values left out.
struct OTLPJSONEncoder {
    var bytes: [UInt8] = []
    /// Up to the first span, by instance.
    private let resources: [[UInt8]]
    private let shapes: [Shape]
    /// By sampling.
    private let traceStates: [[UInt8]]

    /// What is the same in all spans of a shape.
    private struct Shape {
        /// Between the parent and the start.
        var head: [UInt8]
        var attributes: [AttributePart]
        var failedAttributes: [AttributePart]
    }

    private enum Dialect: AttributeDialect {
        static var textTail: [UInt8] { Array("\"}}".utf8) }
        static var integerTail: [UInt8] { textTail }
        static var separatorLength: Int { 1 }
        static var hasVarints: Bool { false }

        /// With a comma before it.
        static func attribute(_ key: String, _ value: AttributeValue) -> [UInt8] {
            let text =
                switch value {
                case .text(let value): "\"stringValue\":\"\(value)\""
                case .integer(let value): "\"intValue\":\"\(value)\""
                case .number(let value): "\"doubleValue\":\(value)"
                case .truth(let value): "\"boolValue\":\(value)"
                }
            return Array(",{\"key\":\"\(key)\",\"value\":{\(text)}}".utf8)
        }
    }

    init(plan: ShopPlan) {
        let attributes = ShapeAttributes<Dialect>()
        resources = ServiceInstance.all(plan).map(Self.resource)
        traceStates = plan.samplings.map { sampling in
            TraceStateText.text(sampling).map { Array(",\"traceState\":\"\($0)\"".utf8) } ?? []
        }
        shapes = plan.shapes.map { shape in
            let name = "\",\"flags\":257,\"name\":\"\(shape.name)\",\"kind\":\(shape.kind.rawValue)"
            let service = plan.services[shape.service]
            return Shape(
                head: Array("\(name),\"startTimeUnixNano\":\"".utf8),
                attributes: attributes.parts(of: shape, service: service, isError: false),
                failedAttributes: attributes.parts(of: shape, service: service, isError: true))
        }
    }

    private static func resource(_ instance: ServiceInstance) -> [UInt8] {
        var bytes = Array("{\"resource\":{\"attributes\":[".utf8)
        bytes += Dialect.attribute("service.name", .text(instance.service)).dropFirst()
        for (key, value) in instance.attributes { bytes += Dialect.attribute(key, value) }
        let scope = "{\"name\":\"io.shop.instrumentation\",\"version\":\"2.11.0\"}"
        return bytes + Array("]},\"scopeSpans\":[{\"scope\":\(scope),\"spans\":[".utf8)
    }

    /// One request: neighbours of one instance are a resource.
    mutating func request(_ spans: [WorkloadSpan], links: [UInt32: [WorkloadLink]]) {
        put("{\"resourceSpans\":[")
        var instance: Int32 = -1
        for span in spans {
            if span.instance != instance {
                if instance >= 0 { put("]}]},") }
                instance = span.instance
                bytes.append(contentsOf: resources[Int(instance)])
            } else {
                put(",")
            }
            self.span(span, links: span.links == 0 ? [] : links[span.links] ?? [])
        }
        put(spans.isEmpty ? "]}" : "]}]}]}")
    }

    private mutating func span(_ span: WorkloadSpan, links: [WorkloadLink]) {
        let shape = shapes[Int(span.shape)]
        put("{\"traceId\":\"")
        bytes.append(hex: span.traceID.high)
        bytes.append(hex: span.traceID.low)
        put("\",\"spanId\":\"")
        bytes.append(hex: span.spanID)
        put("\"")
        bytes.append(contentsOf: traceStates[Int(span.sampling)])
        put(",\"parentSpanId\":\"")
        if span.parentID != 0 { bytes.append(hex: span.parentID) }
        bytes.append(contentsOf: shape.head)
        bytes.append(decimal: span.startNanoseconds)
        put("\",\"endTimeUnixNano\":\"")
        bytes.append(decimal: span.endNanoseconds)
        put("\",\"attributes\":[")
        for part in span.isError ? shape.failedAttributes : shape.attributes { part.append(span, to: &bytes) }
        put("]")
        if !links.isEmpty { self.links(links) }
        put(span.isError ? ",\"status\":{\"message\":\"failed\",\"code\":2}}" : ",\"status\":{}}")
    }

    private mutating func links(_ links: [WorkloadLink]) {
        put(",\"links\":[")
        for (index, link) in links.enumerated() {
            put(index > 0 ? ",{\"traceId\":\"" : "{\"traceId\":\"")
            bytes.append(hex: link.traceID.high)
            bytes.append(hex: link.traceID.low)
            put("\",\"spanId\":\"")
            bytes.append(hex: link.spanID)
            put("\"}")
        }
        put("]")
    }

    private mutating func put(_ text: StaticString) { bytes.append(text) }
}
