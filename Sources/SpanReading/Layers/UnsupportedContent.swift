/// Content that is known by its first bytes, but not read: so that the message can say what to do.
enum UnsupportedContent {
    private static let signatures: [(bytes: [UInt8], what: String)] = [
        (Array("PAR1".utf8), "this is Parquet (a Tempo block, perhaps); export the traces as OTLP JSON"),
        ([0xfd, 0x37, 0x7a, 0x58, 0x5a], "this is xz; unpack it, or pack it as zstd or gzip"),
        (Array("BZh".utf8), "this is bzip2; unpack it, or pack it as zstd or gzip"),
        ([0x04, 0x22, 0x4d, 0x18], "this is lz4; unpack it, or pack it as zstd or gzip"),
        ([0xff, 0x06, 0x00, 0x00, 0x73], "this is framed snappy; unpack it, or pack it as zstd or gzip"),
        (Array("PK\u{3}\u{4}".utf8), "this is a zip archive; unpack it"),
        (Array("Obj\u{1}".utf8), "this is Avro; export the traces as OTLP JSON"),
        (Array("SQLite format 3".utf8), "this is a database, not an archive of spans"),
        ([0x82, 0x21], "this is Jaeger Thrift; export the traces as JSON"),
        ([0x82, 0x81], "this is Jaeger Thrift; export the traces as JSON"),
        ([0x80, 0x01, 0x00], "this is Jaeger Thrift; export the traces as JSON"),
        (Array("Span #".utf8), "this is the debug exporter's text; use the file exporter"),
        (Array("ResourceSpans #".utf8), "this is the debug exporter's text; use the file exporter"),
    ]

    /// What cannot be read and the remedy, for bytes that no format knows.
    static func message(_ prefix: RawSpan) -> String {
        for (bytes, what) in signatures where begins(prefix, bytes) { return what }
        if isZipkinList(prefix) { return "this is Zipkin protobuf; fetch the traces as Zipkin v2 JSON" }
        if let json = UnsupportedJSON(prefix) { return json.message }
        let names = spanFormats.map { $0.name }.joined(separator: ", ")
        return "begins with \(sample(prefix)), which no known format does; known are \(names)"
    }

    private static func begins(_ prefix: RawSpan, _ bytes: [UInt8]) -> Bool {
        guard prefix.byteCount >= bytes.count else { return false }
        return bytes.indices.allSatisfy { prefix.byte($0) == bytes[$0] }
    }

    /// A list's first span begins with its trace id, 8 or 16 bytes.
    private static func isZipkinList(_ prefix: RawSpan) -> Bool {
        var cursor = ProtobufCursor(offset: 0, end: prefix.byteCount)
        guard let tag = try? cursor.tag(prefix), tag == 0x0a, (try? cursor.varint(prefix)) != nil,
            let inner = try? cursor.tag(prefix), inner == 0x0a, let length = try? cursor.varint(prefix)
        else { return false }
        return length == 8 || length == 16
    }

    /// The first bytes in hex, and as text where they are text.
    private static func sample(_ prefix: RawSpan) -> String {
        let bytes = (0..<min(prefix.byteCount, 16)).map { prefix.byte($0) }
        let isText = bytes.allSatisfy { (0x20...0x7e).contains($0) || $0 == 0x0a || $0 == 0x0d || $0 == 0x09 }
        if isText {
            let line = bytes.prefix { $0 >= 0x20 }
            return "\u{22}\(String(decoding: line, as: UTF8.self))\u{22}"
        }
        return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
    }
}
