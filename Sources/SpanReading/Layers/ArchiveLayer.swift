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

    /// Begins a new stream whose outputs follow one another in memory and stay there, as far back as `lookBackBytes`.
    ///
    /// When one may begin elsewhere is said at `ZstdPlacingDecompressor`.
    ///
    /// - Returns: false where that is no gain.
    func resetForConsecutiveOutput() -> Bool

    /// How many bytes of the outputs before must still be there.
    var lookBackBytes: Int { get }

    /// Unwraps as much as fits; zero of both means that more input is needed.
    func unwrap(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> (taken: Int, made: Int)

    /// Fails where the stream may not end.
    func finish() throws(CompressionError)

    /// The part of the stream that begins here, if it can be unwrapped by itself.
    ///
    /// - Parameter limit: of what it may hold.
    func part(_ bytes: RawSpan, limit: Int) -> ArchivePart

    /// Passes over parts that are unwrapped elsewhere.
    func skip(_ count: Int)

    /// Unwraps whole parts at once, between streams, into just as many bytes as they hold; false where that fails.
    func unwrapParts(_ parts: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool
}

/// A part of a stream that can be unwrapped without what is before it.
enum ArchivePart {
    /// None begins here.
    case none
    /// One may begin here; that shows when more bytes are here.
    case incomplete
    /// One that says what it holds.
    case whole(bytes: Int, contentBytes: Int)
}

/// A layer whose streams have no parts, and which keeps what it needs of its output.
extension ArchiveLayer {
    func resetForConsecutiveOutput() -> Bool { false }
    var lookBackBytes: Int { 0 }
    func part(_ bytes: RawSpan, limit: Int) -> ArchivePart { .none }
    func skip(_ count: Int) {}
    func unwrapParts(_ parts: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool { false }
}

/// Layers by the order in which they are tried.
let archiveLayers: [any ArchiveLayer.Type] = [ZstdLayer.self, GzipLayer.self]

/// Frames of zstd (RFC 8878), any number, skippable ones among them.
final class ZstdLayer: ArchiveLayer {
    static let name = "zstd"
    private var decompressor: ZstdDecompressor
    /// In its stead while outputs follow one another, as those of a whole archive do.
    private var placing: ZstdPlacingDecompressor
    private var isPlacing = false

    init(settings: ReadingSettings) throws(CompressionError) {
        decompressor = try ZstdDecompressor(maximumWindowBytes: settings.maximumZstdWindowBytes)
        placing = try ZstdPlacingDecompressor(maximumWindowBytes: settings.maximumZstdWindowBytes)
    }

    static func begins(_ prefix: RawSpan) -> Bool { ZstdFrameHeader.begins(prefix) }

    func reset() {
        decompressor.reset()
        isPlacing = false
    }

    func resetForConsecutiveOutput() -> Bool {
        placing.reset()
        isPlacing = true
        return true
    }

    var lookBackBytes: Int { isPlacing ? placing.lookBackBytes : 0 }

    func unwrap(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> (taken: Int, made: Int) {
        try isPlacing ? placing.decompress(input, into: output) : decompressor.decompress(input, into: output)
    }

    func finish() throws(CompressionError) { try isPlacing ? placing.finish() : decompressor.finish() }

    func part(_ bytes: RawSpan, limit: Int) -> ArchivePart {
        guard placing.isBetweenFrames else { return .none }
        guard bytes.byteCount >= ZstdFrameHeader.maximumBytes else { return .incomplete }
        guard let contentBytes = ZstdFrameHeader.contentBytes(bytes).flatMap({ Int(exactly: $0) }),
            contentBytes > 0, contentBytes <= limit
        else { return .none }
        if let frameBytes = ZstdFrameHeader.frameBytes(bytes) {
            return .whole(bytes: frameBytes, contentBytes: contentBytes)
        }
        // Nobody who compresses makes much more of it.
        return bytes.byteCount < contentBytes + contentBytes / 128 + 1024 ? .incomplete : .none
    }

    func skip(_ count: Int) { placing.skip(count) }

    func unwrapParts(_ parts: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
        decompressor.decompressFrames(parts, into: output)
    }
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
