import Compression

/// A compression that wraps a whole archive or a message. One file and one line in `archiveLayers` make a new one.
protocol ArchiveLayer: AnyObject, SendableMetatype {
    /// As shown by `inspect`.
    static var name: String { get }

    /// Whether bytes that begin so are wrapped in this layer.
    static func begins(_ prefix: RawSpan) -> Bool

    init(settings: ReadingSettings) throws(CompressionError)

    /// Begins a new stream.
    func reset()

    /// Unwraps as much as fits; zero of both means that more input is needed.
    func unwrap(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> (taken: Int, made: Int)

    /// Fails where the stream may not end.
    func finish() throws(CompressionError)
}

/// Layers by the order in which they are tried.
let archiveLayers: [any ArchiveLayer.Type] = [ZstdLayer.self, GzipLayer.self]

/// Frames of zstd (RFC 8878), any number, skippable ones among them.
final class ZstdLayer: ArchiveLayer {
    static let name = "zstd"
    private var decompressor: ZstdDecompressor

    init(settings: ReadingSettings) throws(CompressionError) {
        decompressor = try ZstdDecompressor(maximumWindowBytes: settings.maximumZstdWindowBytes)
    }

    static func begins(_ prefix: RawSpan) -> Bool { ZstdFrameHeader.begins(prefix) }

    func reset() { decompressor.reset() }

    func unwrap(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> (taken: Int, made: Int) {
        try decompressor.decompress(input, into: output)
    }

    func finish() throws(CompressionError) { try decompressor.finish() }
}

/// Members of gzip (RFC 1952), any number, zeros behind them.
final class GzipLayer: ArchiveLayer {
    static let name = "gzip"
    private var decompressor: GzipDecompressor

    init(settings: ReadingSettings) throws(CompressionError) {
        decompressor = try GzipDecompressor()
    }

    static func begins(_ prefix: RawSpan) -> Bool { GzipDecompressor.begins(prefix) }

    func reset() { decompressor.reset() }

    func unwrap(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> (taken: Int, made: Int) {
        try decompressor.decompress(input, into: output)
    }

    func finish() throws(CompressionError) { try decompressor.finish() }
}
