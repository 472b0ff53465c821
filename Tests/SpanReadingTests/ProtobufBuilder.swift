/// Writes protobuf by hand, so that tests can also write what no library would.
struct ProtobufBuilder {
    private(set) var bytes: [UInt8] = []

    static func varint(_ value: UInt64) -> [UInt8] {
        var rest = value
        var bytes: [UInt8] = []
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    mutating func varint(_ field: UInt64, _ value: UInt64) {
        bytes += Self.varint(field << 3) + Self.varint(value)
    }

    mutating func fixed64(_ field: UInt64, _ value: UInt64) {
        bytes += Self.varint(field << 3 | 1) + Self.little(value, 8)
    }

    mutating func fixed32(_ field: UInt64, _ value: UInt64) {
        bytes += Self.varint(field << 3 | 5) + Self.little(value, 4)
    }

    mutating func bytes(_ field: UInt64, _ content: [UInt8]) {
        bytes += Self.varint(field << 3 | 2) + Self.varint(UInt64(content.count)) + content
    }

    mutating func text(_ field: UInt64, _ content: String) { bytes(field, Array(content.utf8)) }

    mutating func message(_ field: UInt64, _ body: (inout ProtobufBuilder) -> Void) {
        bytes(field, Self.message(body))
    }

    mutating func raw(_ content: [UInt8]) { bytes += content }

    static func message(_ body: (inout ProtobufBuilder) -> Void) -> [UInt8] {
        var inner = ProtobufBuilder()
        body(&inner)
        return inner.bytes
    }

    /// A text attribute.
    mutating func attribute(_ field: UInt64, _ key: String, _ value: String) {
        message(field) { pair in
            pair.text(1, key)
            pair.message(2) { $0.text(1, value) }
        }
    }

    /// A field of a request that means nothing: behind others it gives the room in which they are recognised whole.
    static let room = message { $0.bytes(100, [UInt8](repeating: 0, count: 200)) }

    private static func little(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
    }
}

/// One span to be written in any format.
struct SampleSpan {
    var trace: UInt64 = 1
    var span: UInt64
    var parent: UInt64 = 0
    var name = "op"
    var kind: UInt64 = 2
    var start: UInt64 = 1_600_000_000_000_000_000
    var milliseconds: UInt64 = 5
    var isError = false

    var traceBytes: [UInt8] { [UInt8](repeating: 7, count: 8) + Self.big(trace) }

    /// Most significant first.
    static func big(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(56 - $0 * 8)) }
    }

    /// A protobuf span.
    func write(_ span: inout ProtobufBuilder) {
        span.bytes(1, traceBytes)
        span.bytes(2, Self.big(self.span))
        if parent != 0 { span.bytes(4, Self.big(parent)) }
        span.text(5, name)
        span.varint(6, kind)
        span.fixed64(7, start)
        span.fixed64(8, start + milliseconds * 1_000_000)
        span.attribute(9, "http.request.method", "GET")
        if isError { span.message(15) { $0.varint(3, 2) } }
        span.fixed32(16, 0x101)
    }

    /// A JSON span of OTLP.
    var json: String {
        func hex(_ bytes: [UInt8]) -> String {
            bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        let parentText = parent == 0 ? "" : "\"parentSpanId\":\"\(hex(Self.big(parent)))\","
        let status = isError ? "{\"code\":2}" : "{}"
        return "{\"traceId\":\"\(hex(traceBytes))\",\"spanId\":\"\(hex(Self.big(span)))\",\(parentText)"
            + "\"name\":\"\(name)\",\"kind\":\(kind),\"startTimeUnixNano\":\"\(start)\","
            + "\"endTimeUnixNano\":\"\(start + milliseconds * 1_000_000)\",\"status\":\(status),\"attributes\":"
            + "[{\"key\":\"http.request.method\",\"value\":{\"stringValue\":\"GET\"}}]}"
    }
}

/// A request of one resource as protobuf.
func protobufRequest(service: String = "shop", _ spans: [SampleSpan]) -> [UInt8] {
    ProtobufBuilder.message { request in
        request.message(1) { resource in
            resource.message(1) { $0.attribute(1, "service.name", service) }
            resource.message(2) { scope in
                scope.message(1) { $0.text(1, "library") }
                for span in spans { scope.message(2) { span.write(&$0) } }
            }
        }
    }
}

/// The same as OTLP JSON, without a newline.
func jsonRequest(service: String = "shop", _ spans: [SampleSpan]) -> [UInt8] {
    let list = spans.map(\.json).joined(separator: ",")
    return Array(
        ("{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":"
            + "{\"stringValue\":\"\(service)\"}}]},\"scopeSpans\":[{\"scope\":{},\"spans\":[\(list)]}]}]}").utf8)
}
