import Compression
import SpanModel
import Testing

@testable import SpanReading

/// What comes before each message of a framed archive.
func lengthPrefixed(_ message: [UInt8]) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: message.count >> (24 - $0 * 8)) } + message
}

func varintDelimited(_ message: [UInt8]) -> [UInt8] { ProtobufBuilder.varint(UInt64(message.count)) + message }

func zstd(_ content: [UInt8]) throws -> [UInt8] {
    var compressor = try ZstdCompressor(level: 3)
    var frame: [UInt8] = []
    try compressor.compress(content, into: &frame)
    return frame
}

/// A frame that does not say what it holds.
func streamedZstd(_ content: [UInt8]) throws -> [UInt8] {
    var compressor = try ZstdCompressor(level: 3)
    var frame: [UInt8] = []
    try content.span.bytes.withUnsafeBytes { bytes throws(CompressionError) in
        try compressor.write(bytes, into: &frame)
    }
    try compressor.finish(into: &frame)
    return frame
}

func gzip(_ content: [UInt8]) throws -> [UInt8] {
    var compressor = try GzipCompressor()
    var member: [UInt8] = []
    try compressor.compress(content, into: &member)
    return member
}

/// An archive of four requests with 2, 3, 1 and 4 spans, in one of the forms that exporters write.
struct Framing: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var layers: [String]
    var bytes: [UInt8]
    /// What a cut must be told by: the format, unless the archive is bare protobuf, which may end after any request.
    var isMarked = true

    static let requestSizes = [2, 3, 1, 4]

    static func requests(_ encode: (String, [SampleSpan]) -> [UInt8]) -> [[UInt8]] {
        var next: UInt64 = 1
        return requestSizes.enumerated().map { index, size in
            let spans = (0..<size).map { place in
                SampleSpan(span: next + UInt64(place), parent: place == 0 ? 0 : next, milliseconds: UInt64(place + 1))
            }
            next += UInt64(size)
            return encode(index % 2 == 0 ? "shop" : "cart", spans)
        }
    }

    /// Every framing of one payload; `separator` stands between requests that follow one another.
    static func all(_ encode: (String, [SampleSpan]) -> [UInt8], separator: [UInt8]) throws -> [Framing] {
        let requests = requests(encode)
        let stream = requests.flatMap { $0 + separator }
        let framed = requests.flatMap(lengthPrefixed)
        var list = [
            Framing(testDescription: "plain", layers: [], bytes: stream, isMarked: !separator.isEmpty),
            Framing(testDescription: "length-prefixed", layers: ["length-prefixed"], bytes: framed),
            Framing(
                testDescription: "length-prefixed zstd", layers: ["length-prefixed", "zstd"],
                bytes: try requests.flatMap { lengthPrefixed(try zstd($0)) }),
            Framing(testDescription: "zstd", layers: ["zstd"], bytes: try zstd(stream)),
            Framing(
                testDescription: "zstd, a frame each and one for each separator", layers: ["zstd"],
                bytes: try requests.flatMap { try zstd($0) + zstd(separator) }),
            Framing(
                testDescription: "zstd of length-prefixed", layers: ["zstd", "length-prefixed"],
                bytes: try requests.flatMap { request in
                    let message = lengthPrefixed(request)
                    return try zstd(Array(message[..<4])) + zstd(Array(message[4...]))
                }),
            Framing(
                testDescription: "gzip, a member each", layers: ["gzip"],
                bytes: try requests.flatMap { try gzip($0 + separator) }),
            Framing(testDescription: "gzip of gzip", layers: ["gzip", "gzip"], bytes: try gzip(gzip(stream))),
            Framing(
                testDescription: "gzip of zstd of length-prefixed", layers: ["gzip", "zstd", "length-prefixed"],
                bytes: try gzip(zstd(framed))),
            Framing(
                testDescription: "zstd of gzip of zstd", layers: ["zstd", "gzip", "zstd"],
                bytes: try zstd(gzip(zstd(stream)))),
        ]
        if separator.isEmpty {
            list.append(
                Framing(
                    testDescription: "varint-delimited", layers: ["varint-delimited"],
                    bytes: requests.flatMap(varintDelimited)))
        }
        return list
    }
}

/// Spans and summary of an archive in memory.
func readArchive(
    _ bytes: [UInt8], piece: Int = .max, settings: ReadingSettings = ReadingSettings()
) -> (summary: ArchiveSummary, batch: SpanBatch) {
    var reader = ArchiveReader(settings: settings)
    var batch = SpanBatch()
    let summary = reader.read(bytes, piece: piece, into: &batch)
    return (summary, batch)
}
