import SpanModel

/// Writes requests as Jaeger's query and UI JSON: a document whose traces have what the request holds of them.
struct JaegerJSONEncoder {
    var bytes: [UInt8] = []
    private var spans: [WorkloadSpan] = []
    /// The instances of a trace; a process's id is its place.
    private var processes: [Int32] = []
    /// A process, by instance.
    private let resources: [[UInt8]]
    private let shapes: [Shape]
    /// By sampling.
    private let traceStates: [[UInt8]]

    /// What is the same in all spans of a shape.
    private struct Shape {
        var name: [UInt8]
        var attributes: [AttributePart]
        var failedAttributes: [AttributePart]
        /// The span's kind.
        var tail: [UInt8]
    }

    private enum Dialect: AttributeDialect {
        static var separatorLength: Int { 1 }
        static var textTail: [UInt8] { Array("\"}".utf8) }
        static var integerTail: [UInt8] { Array("}".utf8) }
        static var hasVarints: Bool { false }

        static func attribute(_ key: String, _ value: AttributeValue) -> [UInt8] {
            let text =
                switch value {
                case .text(let value): "\"string\",\"value\":\"\(value)\""
                case .integer(let value): "\"int64\",\"value\":\(value)"
                case .number(let value): "\"float64\",\"value\":\(value)"
                case .truth(let value): "\"bool\",\"value\":\(value)"
                }
            return Array(",{\"key\":\"\(key)\",\"type\":\(text)}".utf8)
        }
    }

    init(plan: ShopPlan) {
        let attributes = ShapeAttributes<Dialect>()
        resources = ServiceInstance.all(plan).map { instance in
            let tags = instance.attributes.flatMap { Dialect.attribute($0, $1) }.dropFirst()
            return Array("{\"serviceName\":\"\(instance.service)\",\"tags\":[".utf8) + tags + Array("]}".utf8)
        }
        traceStates = plan.samplings.map { sampling in
            TraceStateText.text(sampling).map { Dialect.attribute("w3c.tracestate", .text($0)) } ?? []
        }
        shapes = plan.shapes.map { shape in
            let service = plan.services[shape.service]
            return Shape(
                name: Array(shape.name.utf8),
                attributes: attributes.parts(of: shape, service: service, isError: false),
                failedAttributes: attributes.parts(of: shape, service: service, isError: true),
                tail: Dialect.attribute("span.kind", .text(shape.kind.label)))
        }
    }

    mutating func request(_ request: [WorkloadSpan], links: [UInt32: [WorkloadLink]]) {
        spans.removeAll(keepingCapacity: true)
        spans.append(contentsOf: request)
        spans.sort {
            ($0.traceID.high, $0.traceID.low, $0.startNanoseconds)
                < ($1.traceID.high, $1.traceID.low, $1.startNanoseconds)
        }
        bytes.append("{\"data\":[")
        var start = 0
        while start < spans.count {
            let traceID = spans[start].traceID
            let end = spans[start...].firstIndex { $0.traceID != traceID } ?? spans.count
            if start > 0 { bytes.append(",") }
            trace(traceID, start..<end, links: links)
            start = end
        }
        bytes.append("],\"total\":0,\"limit\":0,\"offset\":0,\"errors\":null}")
    }

    private mutating func trace(_ traceID: TraceID, _ range: Range<Int>, links: [UInt32: [WorkloadLink]]) {
        processes.removeAll(keepingCapacity: true)
        bytes.append("{\"traceID\":\"")
        put(traceID)
        bytes.append("\",\"spans\":[")
        for index in range {
            if index > range.lowerBound { bytes.append(",") }
            let number = spans[index].links
            span(spans[index], links: number == 0 ? [] : links[number] ?? [])
        }
        bytes.append("],\"processes\":{")
        for (index, instance) in processes.enumerated() {
            bytes.append(index == 0 ? "\"p" : ",\"p")
            bytes.append(decimal: UInt64(index + 1))
            bytes.append("\":")
            bytes.append(contentsOf: resources[Int(instance)])
        }
        bytes.append("},\"warnings\":null}")
    }

    private mutating func span(_ span: WorkloadSpan, links: [WorkloadLink]) {
        let shape = shapes[Int(span.shape)]
        bytes.append("{\"traceID\":\"")
        put(span.traceID)
        bytes.append("\",\"spanID\":\"")
        bytes.append(hex: span.spanID)
        bytes.append("\",\"operationName\":\"")
        bytes.append(contentsOf: shape.name)
        references(span, links)
        bytes.append("\"startTime\":")
        bytes.append(decimal: span.startNanoseconds / 1000)
        bytes.append(",\"duration\":")
        bytes.append(decimal: span.durationMicroseconds)
        bytes.append(",\"tags\":[")
        for part in span.isError ? shape.failedAttributes : shape.attributes { part.append(span, to: &bytes) }
        bytes.append(contentsOf: shape.tail)
        bytes.append(contentsOf: traceStates[Int(span.sampling)])
        if span.isError { bytes.append(",{\"key\":\"error\",\"type\":\"bool\",\"value\":true}") }
        bytes.append("],\"logs\":[],\"processID\":\"p")
        bytes.append(decimal: UInt64(process(span.instance)))
        bytes.append("\",\"warnings\":null}")
    }

    private mutating func references(_ span: WorkloadSpan, _ links: [WorkloadLink]) {
        bytes.append("\",\"references\":[")
        if span.parentID != 0 {
            bytes.append("{\"refType\":\"CHILD_OF\"")
            put(WorkloadLink(traceID: span.traceID, spanID: span.parentID))
        }
        for (index, link) in links.enumerated() {
            if index > 0 || span.parentID != 0 { bytes.append(",") }
            bytes.append("{\"refType\":\"FOLLOWS_FROM\"")
            put(link)
        }
        bytes.append("],")
    }

    private mutating func put(_ reference: WorkloadLink) {
        bytes.append(",\"traceID\":\"")
        put(reference.traceID)
        bytes.append("\",\"spanID\":\"")
        bytes.append(hex: reference.spanID)
        bytes.append("\"}")
    }

    private mutating func put(_ traceID: TraceID) {
        bytes.append(hex: traceID.high)
        bytes.append(hex: traceID.low)
    }

    private mutating func process(_ instance: Int32) -> Int {
        if let index = processes.firstIndex(of: instance) { return index + 1 }
        processes.append(instance)
        return processes.count
    }
}

extension WorkloadSpan {
    /// As tracers that count microseconds write it: at least one.
    var durationMicroseconds: UInt64 { max(1, (endNanoseconds - startNanoseconds) / 1000) }
}
