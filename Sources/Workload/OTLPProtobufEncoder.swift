import SpanModel

/// Writes export requests as OTLP protobuf.
struct OTLPProtobufEncoder {
    var bytes: [UInt8] = []
    private var scope: [UInt8] = []
    private var body: [UInt8] = []
    /// The resource, by instance.
    private let resources: [[UInt8]]
    private let shapes: [Shape]
    /// By sampling.
    private let traceStates: [[UInt8]]
    private static let scopeHead = field(1, field(1, Array("io.shop.instrumentation".utf8)))

    /// What is the same in all spans of a shape.
    private struct Shape {
        /// Name and kind.
        var head: [UInt8]
        var attributes: [AttributePart]
        var failedAttributes: [AttributePart]
    }

    private enum Dialect: AttributeDialect {
        static var textTail: [UInt8] { [] }
        static var integerTail: [UInt8] { [] }
        static var separatorLength: Int { 0 }
        static var hasVarints: Bool { true }

        static func attribute(_ key: String, _ value: AttributeValue) -> [UInt8] {
            field(9, pair(key, value))
        }
    }

    init(plan: ShopPlan) {
        let attributes = ShapeAttributes<Dialect>()
        resources = ServiceInstance.all(plan).map(Self.resource)
        traceStates = plan.samplings.map { sampling in
            TraceStateText.text(sampling).map { Self.field(3, Array($0.utf8)) } ?? []
        }
        shapes = plan.shapes.map { shape in
            let service = plan.services[shape.service]
            return Shape(
                head: Self.field(5, Array(shape.name.utf8)) + [6 << 3, shape.kind.rawValue],
                attributes: attributes.parts(of: shape, service: service, isError: false),
                failedAttributes: attributes.parts(of: shape, service: service, isError: true))
        }
    }

    private static func resource(_ instance: ServiceInstance) -> [UInt8] {
        let attributes = [("service.name", .text(instance.service))] + instance.attributes
        return field(1, attributes.flatMap { field(1, pair($0, $1)) })
    }

    /// A key and its value, without the field's head.
    private static func pair(_ key: String, _ value: AttributeValue) -> [UInt8] {
        var any: [UInt8] = []
        switch value {
        case .text(let text): any = field(1, Array(text.utf8))
        case .integer(let number):
            any = [3 << 3]
            any.append(varint: number)
        case .number(let number):
            any = [4 << 3 | 1]
            any.append(littleEndian: number.bitPattern)
        case .truth(let truth): any = [2 << 3, truth ? 1 : 0]
        }
        return field(1, Array(key.utf8)) + field(2, any)
    }

    /// A field with a length.
    private static func field(_ number: UInt64, _ content: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(varint: number << 3 | 2)
        bytes.append(varint: UInt64(content.count))
        return bytes + content
    }

    /// One request: neighbours of one instance are a resource.
    mutating func request(_ spans: [WorkloadSpan], links: [UInt32: [WorkloadLink]]) {
        var start = 0
        while start < spans.count {
            let instance = spans[start].instance
            scope.removeAll(keepingCapacity: true)
            scope.append(contentsOf: Self.scopeHead)
            var end = start
            while end < spans.count, spans[end].instance == instance {
                body.removeAll(keepingCapacity: true)
                let number = spans[end].links
                span(spans[end], links: number == 0 ? [] : links[number] ?? [])
                scope.append(2 << 3 | 2)
                scope.append(varint: UInt64(body.count))
                scope.append(contentsOf: body)
                end += 1
            }
            put(instance: Int(instance))
            start = end
        }
    }

    /// Appends the gathered scope as the spans of an instance.
    private mutating func put(instance: Int) {
        let length = resources[instance].count + 1 + UInt64(scope.count).varintWidth + scope.count
        bytes.append(1 << 3 | 2)
        bytes.append(varint: UInt64(length))
        bytes.append(contentsOf: resources[instance])
        bytes.append(2 << 3 | 2)
        bytes.append(varint: UInt64(scope.count))
        bytes.append(contentsOf: scope)
    }

    private mutating func span(_ span: WorkloadSpan, links: [WorkloadLink]) {
        let shape = shapes[Int(span.shape)]
        body.append(1 << 3 | 2)
        body.append(16)
        body.append(bigEndian: span.traceID.high)
        body.append(bigEndian: span.traceID.low)
        body.append(2 << 3 | 2)
        body.append(8)
        body.append(bigEndian: span.spanID)
        body.append(contentsOf: traceStates[Int(span.sampling)])
        if span.parentID != 0 {
            body.append(4 << 3 | 2)
            body.append(8)
            body.append(bigEndian: span.parentID)
        }
        body.append(contentsOf: shape.head)
        body.append(7 << 3 | 1)
        body.append(littleEndian: span.startNanoseconds)
        body.append(8 << 3 | 1)
        body.append(littleEndian: span.endNanoseconds)
        for part in span.isError ? shape.failedAttributes : shape.attributes { part.append(span, to: &body) }
        for link in links {
            body.append(contentsOf: [13 << 3 | 2, 28, 1 << 3 | 2, 16])
            body.append(bigEndian: link.traceID.high)
            body.append(bigEndian: link.traceID.low)
            body.append(contentsOf: [2 << 3 | 2, 8])
            body.append(bigEndian: link.spanID)
        }
        if span.isError { body.append(contentsOf: [15 << 3 | 2, 2, 3 << 3, 2]) }
    }
}
