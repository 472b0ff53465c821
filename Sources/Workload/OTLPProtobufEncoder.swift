import SpanModel

/// Writes export requests as OTLP protobuf.
struct OTLPProtobufEncoder {
    var bytes: [UInt8] = []
    private var spare: [[UInt8]] = []

    /// One request: the spans of each service as a resource.
    mutating func request(_ groups: [(service: String, spans: ArraySlice<WorkloadSpan>)]) {
        for group in groups {
            message(1) { body in
                body.message(1) { resource in
                    resource.attribute(1, "service.name", .text(group.service))
                    resource.attribute(1, "service.version", .text("2026.3.1"))
                    resource.attribute(1, "host.name", .text("node-17.eu-central-1.shop.internal"))
                    resource.attribute(1, "telemetry.sdk.language", .text("java"))
                }
                body.message(2) { scope in
                    scope.message(1) { $0.text(1, "io.shop.instrumentation") }
                    for span in group.spans { scope.message(2) { $0.span(span, service: group.service) } }
                }
            }
        }
    }

    private mutating func span(_ span: WorkloadSpan, service: String) {
        varint(1 << 3 | 2)
        varint(16)
        bigEndian(span.traceID.high)
        bigEndian(span.traceID.low)
        varint(2 << 3 | 2)
        varint(8)
        bigEndian(span.spanID)
        if let state = SpanAttributesText.traceState(span) { text(3, state) }
        if span.parentID != 0 {
            varint(4 << 3 | 2)
            varint(8)
            bigEndian(span.parentID)
        }
        text(5, span.name)
        varint(6 << 3)
        varint(UInt64(span.kind.rawValue))
        fixed64(7, span.startNanoseconds)
        fixed64(8, span.endNanoseconds)
        SpanAttributesText.each(of: span, service: service) { attribute(9, $0, $1) }
        for link in span.links {
            message(13) { body in
                body.varint(1 << 3 | 2)
                body.varint(16)
                body.bigEndian(link.traceID.high)
                body.bigEndian(link.traceID.low)
                body.varint(2 << 3 | 2)
                body.varint(8)
                body.bigEndian(link.spanID)
            }
        }
        if span.isError {
            message(15) {
                $0.varint(3 << 3); $0.varint(2)
            }
        }
    }

    private mutating func attribute(_ field: UInt64, _ key: String, _ value: SpanAttributesText.Value) {
        message(field) { pair in
            pair.text(1, key)
            pair.message(2) { any in
                switch value {
                case .text(let value): any.text(1, value)
                case .integer(let value):
                    any.varint(3 << 3)
                    any.varint(UInt64(bitPattern: Int64(value)))
                case .number(let value): any.fixed64(4, value.bitPattern)
                }
            }
        }
    }

    /// Appends a field whose length is known only when its body is written.
    private mutating func message(_ field: UInt64, _ body: (inout OTLPProtobufEncoder) -> Void) {
        var inner = OTLPProtobufEncoder()
        if let storage = spare.popLast() { inner.bytes = storage }
        swap(&inner.spare, &spare)
        body(&inner)
        swap(&inner.spare, &spare)
        varint(field << 3 | 2)
        varint(UInt64(inner.bytes.count))
        bytes.append(contentsOf: inner.bytes)
        inner.bytes.removeAll(keepingCapacity: true)
        spare.append(inner.bytes)
    }

    private mutating func text(_ field: UInt64, _ text: String) {
        varint(field << 3 | 2)
        varint(UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func fixed64(_ field: UInt64, _ value: UInt64) {
        varint(field << 3 | 1)
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift))) }
    }

    private mutating func bigEndian(_ value: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }

    private mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
