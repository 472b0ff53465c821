/// How a generated file is written: payload, framing and compression.
public enum ArchiveLayout: String, CaseIterable, Sendable {
    case jsonLines = "json"
    case jsonGzip = "json-gz"
    case jsonZstd = "json-zst"
    /// Zstd frames of a few megabytes, as appending and parallel compressors write.
    case jsonZstdMany = "json-zst-many"
    /// The Collector's `compression: zstd`: each request a frame behind its length.
    case jsonFrames = "json-frames"
    /// The Collector's `format: proto`: each request behind its length.
    case protobuf = "proto"
    case protobufGzip = "proto-gz"
    case protobufZstd = "proto-zst"
    case protobufZstdMany = "proto-zst-many"
    case protobufFrames = "proto-frames"
    /// Jaeger's query and UI JSON, a document per request.
    case jaeger
    case jaegerGzip = "jaeger-gz"
    case jaegerZstd = "jaeger-zst"
    /// Zipkin v2 JSON, a list per request.
    case zipkin
    case zipkinGzip = "zipkin-gz"
    case zipkinZstd = "zipkin-zst"

    /// What a request becomes.
    enum Payload: String {
        case json, proto, jaeger, zipkin
    }

    /// What stands around the requests.
    enum Wrapping: String {
        case plain = ""
        case gzip = "-gz"
        case zstd = "-zst"
        case zstdMany = "-zst-many"
        case frames = "-frames"
    }

    var payload: Payload {
        switch self {
        case .jsonLines, .jsonGzip, .jsonZstd, .jsonZstdMany, .jsonFrames: .json
        case .protobuf, .protobufGzip, .protobufZstd, .protobufZstdMany, .protobufFrames: .proto
        case .jaeger, .jaegerGzip, .jaegerZstd: .jaeger
        case .zipkin, .zipkinGzip, .zipkinZstd: .zipkin
        }
    }

    var wrapping: Wrapping {
        switch self {
        case .jsonLines, .protobuf, .jaeger, .zipkin: .plain
        case .jsonGzip, .protobufGzip, .jaegerGzip, .zipkinGzip: .gzip
        case .jsonZstd, .protobufZstd, .jaegerZstd, .zipkinZstd: .zstd
        case .jsonZstdMany, .protobufZstdMany: .zstdMany
        case .jsonFrames, .protobufFrames: .frames
        }
    }

    /// The ending of such a file's name.
    public var ending: String {
        let inner =
            switch payload {
            case .json: wrapping == .frames ? ".json" : ".jsonl"
            case .proto: wrapping == .frames ? ".proto" : ".binpb"
            case .jaeger: ".jaeger.json"
            case .zipkin: ".zipkin.json"
            }
        return switch wrapping {
        case .plain: inner
        case .gzip: inner + ".gz"
        case .zstd, .zstdMany: inner + ".zst"
        case .frames: inner + ".bin"
        }
    }
}
