/// How a generated file is written: payload, framing and compression.
public enum ArchiveLayout: String, CaseIterable, Sendable {
    case jsonLines = "json"
    case jsonGzip = "json-gz"
    case jsonZstd = "json-zst"
    /// The Collector's `compression: zstd`: each request a frame behind its length.
    case jsonFrames = "json-frames"
    /// The Collector's `format: proto`: each request behind its length.
    case protobuf = "proto"
    case protobufZstd = "proto-zst"
    case protobufGzip = "proto-gz"
    case protobufFrames = "proto-frames"

    /// The ending of such a file's name.
    public var ending: String {
        switch self {
        case .jsonLines: ".jsonl"
        case .jsonGzip: ".jsonl.gz"
        case .jsonZstd: ".jsonl.zst"
        case .jsonFrames: ".json.bin"
        case .protobuf: ".binpb"
        case .protobufZstd: ".binpb.zst"
        case .protobufGzip: ".binpb.gz"
        case .protobufFrames: ".proto.bin"
        }
    }

    var isProtobuf: Bool { rawValue.hasPrefix("proto") }
    var isFramed: Bool { self == .jsonFrames || self == .protobufFrames }
    var isGzip: Bool { self == .jsonGzip || self == .protobufGzip }
    var isZstd: Bool { self == .jsonZstd || self == .protobufZstd }
}
