import SpanModel

/// Writes requests as lists of Zipkin v2 spans; Zipkin knows no links.
struct ZipkinJSONEncoder {
    var bytes: [UInt8] = []
    /// `localEndpoint`, by instance.
    private let endpoints: [[UInt8]]
    private let shapes: [Shape]
    /// By sampling.
    private let traceStates: [[UInt8]]

    /// What is the same in all spans of a shape.
    private struct Shape {
        /// Kind and name.
        var head: [UInt8]
        var attributes: [AttributePart]
        var failedAttributes: [AttributePart]
    }

    /// Tags are texts.
    private enum Dialect: AttributeDialect {
        static var separatorLength: Int { 1 }
        static var textTail: [UInt8] { Array("\"".utf8) }
        static var integerTail: [UInt8] { textTail }
        static var hasVarints: Bool { false }

        static func attribute(_ key: String, _ value: AttributeValue) -> [UInt8] {
            let text =
                switch value {
                case .text(let value): value
                case .integer(let value): "\(value)"
                case .number(let value): "\(value)"
                case .truth(let value): "\(value)"
                }
            return Array(",\"\(key)\":\"\(text)\"".utf8)
        }
    }

    init(plan: ShopPlan) {
        let attributes = ShapeAttributes<Dialect>()
        endpoints = ServiceInstance.all(plan).map {
            Array("{\"serviceName\":\"\($0.service)\",\"ipv4\":\"\($0.address)\"}".utf8)
        }
        traceStates = plan.samplings.map { sampling in
            TraceStateText.text(sampling).map { Dialect.attribute("w3c.tracestate", .text($0)) } ?? []
        }
        shapes = plan.shapes.map { shape in
            let kind = shape.kind == .internal ? "" : "\"kind\":\"\(shape.kind.label.uppercased())\","
            let service = plan.services[shape.service]
            return Shape(
                head: Array("\(kind)\"name\":\"\(shape.name)\",\"timestamp\":".utf8),
                attributes: attributes.parts(of: shape, service: service, isError: false),
                failedAttributes: attributes.parts(of: shape, service: service, isError: true))
        }
    }

    mutating func request(_ spans: [WorkloadSpan]) {
        bytes.append("[")
        for (index, span) in spans.enumerated() {
            if index > 0 { bytes.append(",") }
            self.span(span)
        }
        bytes.append("]")
    }

    private mutating func span(_ span: WorkloadSpan) {
        let shape = shapes[Int(span.shape)]
        bytes.append("{\"traceId\":\"")
        bytes.append(hex: span.traceID.high)
        bytes.append(hex: span.traceID.low)
        if span.parentID != 0 {
            bytes.append("\",\"parentId\":\"")
            bytes.append(hex: span.parentID)
        }
        bytes.append("\",\"id\":\"")
        bytes.append(hex: span.spanID)
        bytes.append("\",")
        bytes.append(contentsOf: shape.head)
        bytes.append(decimal: span.startNanoseconds / 1000)
        bytes.append(",\"duration\":")
        bytes.append(decimal: span.durationMicroseconds)
        bytes.append(",\"localEndpoint\":")
        bytes.append(contentsOf: endpoints[Int(span.instance)])
        bytes.append(",\"tags\":{")
        for part in span.isError ? shape.failedAttributes : shape.attributes { part.append(span, to: &bytes) }
        bytes.append(contentsOf: traceStates[Int(span.sampling)])
        bytes.append(span.isError ? ",\"error\":\"failed\"}}" : "}}")
    }
}
