/// JSON that is no archive of spans, or none that is read: told by its keys, so that the message can say what to do.
struct UnsupportedJSON {
    /// Names of members at any depth, in the order of appearance.
    let keys: [String]

    private static let lookedAtBytes = 4096
    private static let signatures: [(keys: Set<String>, what: String)] = [
        (
            ["traceID", "spanID"],
            "Jaeger's Elasticsearch documents; fetch the traces from Jaeger's query service as JSON"
        ),
        (["vType", "serviceName"], "Jaeger Thrift as JSON; fetch the traces from Jaeger's query service as JSON"),
        (["vType", "traceIdLow"], "Jaeger Thrift as JSON; fetch the traces from Jaeger's query service as JSON"),
        (["traceId", "spanId", "operationName"], "Jaeger protobuf as JSON; export the traces as OTLP JSON"),
        (["TraceID", "SpanID"], "rows of Jaeger's Cassandra tables; fetch the traces from Jaeger's query service"),
        (["trace_id", "local_endpoint"], "Zipkin protobuf as JSON; fetch the traces as Zipkin v2 JSON"),
        (["trace_id", "annotations"], "Zipkin v1 Thrift as JSON; fetch the traces as Zipkin v2 JSON"),
        (["traceId", "binaryAnnotations"], "Zipkin v1 JSON; fetch the traces as Zipkin v2 JSON"),
        (["TraceId", "SpanName"], "rows of the ClickHouse exporter; export the traces as OTLP JSON"),
        (["traceId", "durationInNanos"], "Data Prepper documents; export the traces as OTLP JSON"),
    ]

    /// Nil where the bytes do not begin like JSON.
    init?(_ prefix: RawSpan) {
        var offset = 0
        while offset < prefix.byteCount, [0x20, 0x09, 0x0a, 0x0d].contains(prefix.byte(offset)) { offset += 1 }
        guard offset < prefix.byteCount, [0x7b, 0x5b].contains(prefix.byte(offset)) else { return nil }
        keys = Self.keys(prefix.extracting(offset..<min(prefix.byteCount, offset + Self.lookedAtBytes)))
    }

    var message: String {
        let known = Set(keys)
        if let found = Self.signatures.first(where: { $0.keys.isSubset(of: known) }) {
            return "these are \(found.what)"
        }
        let formats = spanFormats.map { $0.name }.joined(separator: ", ")
        guard !keys.isEmpty else { return "is JSON without a member; known formats are \(formats)" }
        let first = keys.prefix(4).map { "'\($0)'" }.joined(separator: ", ")
        return "is JSON with the members \(first), which is no known format of spans; known are \(formats)"
    }

    /// Strings that a colon follows.
    private static func keys(_ bytes: RawSpan) -> [String] {
        var keys: [String] = []
        var offset = 0
        while offset < bytes.byteCount, keys.count < 64 {
            defer { offset += 1 }
            guard bytes.byte(offset) == 0x22 else { continue }
            let start = offset + 1
            offset = start
            while offset < bytes.byteCount, bytes.byte(offset) != 0x22 {
                offset += bytes.byte(offset) == 0x5c ? 2 : 1
            }
            var after = offset + 1
            while after < bytes.byteCount, [0x20, 0x09, 0x0a, 0x0d].contains(bytes.byte(after)) { after += 1 }
            guard after < bytes.byteCount, bytes.byte(after) == 0x3a, offset - start <= 64 else { continue }
            let text = (start..<offset).map { bytes.byte($0) }
            guard text.allSatisfy({ (0x20...0x7e).contains($0) }) else { continue }
            let key = String(decoding: text, as: UTF8.self)
            if !keys.contains(key) { keys.append(key) }
        }
        return keys
    }
}
