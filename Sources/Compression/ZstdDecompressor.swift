internal import CZstd

/// Turns a stream of zstd frames back into bytes, piece by piece.
///
/// Frames may follow one another, lack their content size, carry a checksum, be empty or be skippable. One
/// value serves many streams: `reset` begins the next.
///
/// ```swift
/// let step = try decompressor.decompress(input, into: output)   // repeat while either is non-zero
/// try decompressor.finish()                                     // the input has ended: was it whole?
/// ```
public struct ZstdDecompressor: ~Copyable {
    /// What one call took from its input and wrote to its output.
    public typealias Step = (taken: Int, made: Int)

    private let context: OpaquePointer
    private let maximumWindowBytes: UInt64
    /// Whether the last byte taken ended a frame; true before the first.
    private var isBetweenFrames = true
    /// Compressed bytes since the start of the stream.
    public private(set) var bytesTaken: UInt64 = 0

    /// zstd reports no output when it fails, so a call that makes much would lose much.
    private static let longestStep = 256 << 10

    /// - Parameter maximumWindowBytes: frames that ask for more are refused; counts as the next lower power of
    ///   two between 1 KiB and 2 GiB.
    /// - Throws: `outOfMemory`.
    public init(maximumWindowBytes: UInt64 = 128 << 20) throws(CompressionError) {
        let windowLog = Self.windowLog(maximumWindowBytes)
        guard let context = ZSTD_createDCtx() else {
            throw CompressionError(.outOfMemory, offset: 0, message: "no memory for a zstd decoder")
        }
        self.context = context
        self.maximumWindowBytes = 1 << UInt64(windowLog)
        ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, windowLog)
    }

    deinit { ZSTD_freeDCtx(context) }

    /// The limit as zstd takes it: a power of two between 1 KiB and 2 GiB.
    static func windowLog(_ maximumWindowBytes: UInt64) -> Int32 {
        let limit = min(max(maximumWindowBytes, 1 << 10), 1 << 31)
        return Int32(63 - limit.leadingZeroBitCount)
    }

    /// Begins a new stream, keeping memory and settings.
    public mutating func reset() {
        ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
        isBetweenFrames = true
        bytesTaken = 0
    }

    /// Decompresses whole frames at once, between streams; a window is not needed for that.
    ///
    /// - Parameter output: just as long as what the frames hold.
    /// - Returns: false where anything is wrong with them.
    public mutating func decompressFrames(
        _ frames: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        defer { reset() }
        return ZSTD_decompressDCtx(context, output.baseAddress, output.count, frames.baseAddress, frames.count)
            == output.count
    }

    /// Decompresses as much as fits; zero of both means that more input is needed.
    ///
    /// - Throws: `corrupt` or `windowTooLarge`, after which only `reset` helps. Up to 256 KiB made just before
    ///   the broken place may be missing.
    public mutating func decompress(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> Step {
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        let room = min(output.count, Self.longestStep)
        var target = ZSTD_outBuffer(dst: output.baseAddress, size: room, pos: 0)
        // At a border with nothing to read, zstd would begin to wait for a frame and no longer say that none is open.
        if input.isEmpty, isBetweenFrames { return (0, 0) }
        let startsFrame = isBetweenFrames
        let result = ZSTD_decompressStream(context, &target, &source)
        guard ZSTD_isError(result) == 0 else {
            throw failure(result, head: startsFrame ? input : UnsafeRawBufferPointer(start: nil, count: 0))
        }
        isBetweenFrames = result == 0
        bytesTaken &+= UInt64(source.pos)
        return (source.pos, target.pos)
    }

    /// Says whether the stream may end here.
    ///
    /// - Throws: `truncated` inside a frame.
    public func finish() throws(CompressionError) {
        guard isBetweenFrames else {
            throw CompressionError(.truncated, offset: bytesTaken, message: "ends inside a zstd frame")
        }
    }

    /// Appends the content of one whole frame that carries its content size, as `ZstdCompressor` writes.
    ///
    /// - Parameter maximumBytes: a frame that says it holds more is refused before memory is taken.
    /// - Throws: `corrupt`, `truncated` or `outputTooLarge`; `output` is then as before.
    public mutating func decompressFrame(
        _ frame: UnsafeRawBufferPointer, into output: inout [UInt8], maximumBytes: Int
    ) throws(CompressionError) {
        let size = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
        // The two highest values mean "not said" and "not a frame".
        guard size < .max - 1 else {
            throw CompressionError(.corrupt, offset: 0, message: "not a zstd frame with a content size")
        }
        guard size <= UInt64(max(maximumBytes, 0)) else {
            throw CompressionError(
                .outputTooLarge, offset: 0, message: "holds \(size) bytes, more than the \(maximumBytes) allowed")
        }
        let start = output.count
        output.append(contentsOf: repeatElement(0, count: Int(size)))
        let result = output.withUnsafeMutableBytes {
            ZSTD_decompressDCtx(context, $0.baseAddress.map { $0 + start }, Int(size), frame.baseAddress, frame.count)
        }
        guard ZSTD_isError(result) == 0, result == Int(size) else {
            output.removeLast(output.count - start)
            throw failure(result, head: frame)
        }
    }

    private func failure(_ result: Int, head: UnsafeRawBufferPointer) -> CompressionError {
        guard ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge else {
            return CompressionError(zstd: result, offset: bytesTaken)
        }
        return .windowTooLarge(ZstdFrameHeader.windowBytes(head), limit: maximumWindowBytes, offset: bytesTaken)
    }
}

extension CompressionError {
    static func windowTooLarge(_ needed: UInt64?, limit: UInt64, offset: UInt64) -> CompressionError {
        let size = needed.map { "of \($0) bytes" } ?? "size"
        return CompressionError(
            .windowTooLarge(needed: needed), offset: offset,
            message: "zstd window \(size) is over the limit of \(limit) bytes")
    }

    /// What zstd says is wrong.
    init(zstd result: Int, offset: UInt64) {
        let name =
            ZSTD_isError(result) == 0 ? "size differs from the header" : String(cString: ZSTD_getErrorName(result))
        switch ZSTD_getErrorCode(result) {
        case ZSTD_error_memory_allocation:
            self.init(.outOfMemory, offset: offset, message: "no memory for a zstd window")
        case ZSTD_error_srcSize_wrong:
            self.init(.truncated, offset: offset, message: "ends inside a zstd frame")
        default:
            self.init(.corrupt, offset: offset, message: "zstd: \(name.lowercased())")
        }
    }
}
