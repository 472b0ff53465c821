internal import CZstd

/// Turns a stream of zstd frames back into bytes that stay where they are put.
///
/// As `ZstdDecompressor`, but without a window of its own: each output begins where the last one ended, and what
/// `lookBackBytes` says is still there before it. So nothing that was made is copied once more, nor is there a ring whose
/// seam matches must be looked up across.
///
/// An output may begin elsewhere, if as many bytes as the frame's window have been made since the last one that did. The
/// addresses of all that was made since the one before must then stay readable until the next or the frame's end, for
/// a broken frame may look at them; what is there decides nothing that a whole frame holds.
///
/// zstd calls these functions bufferless and advises the streaming ones, which can do the same (`ZSTD_d_stableOutBuffer`)
/// but let a hostile block of 128 KiB write gigabytes: only here a block's room can be limited.
public struct ZstdPlacingDecompressor: ~Copyable {
    private enum Stage {
        case header
        case blocks
        /// Bytes left of a skippable frame.
        case skipping(UInt64)
    }

    /// What each call needs of room: the longest block, and some that zstd's copies may run over.
    public static let roomBytes = 132 << 10

    private let context: OpaquePointer
    private let maximumWindowBytes: UInt64
    private var stage = Stage.header
    /// Bytes of a header or a block that is not all here.
    private var pending: [UInt8] = []
    private var windowBytes = 0
    /// Bytes of the open frame.
    private var madeBytes = 0
    /// Compressed bytes since the start of the stream.
    private var bytesTaken: UInt64 = 0

    /// - Parameter maximumWindowBytes: as for `ZstdDecompressor`.
    /// - Throws: `outOfMemory`.
    public init(maximumWindowBytes: UInt64 = 128 << 20) throws(CompressionError) {
        guard let context = ZSTD_createDCtx() else {
            throw CompressionError(.outOfMemory, offset: 0, message: "no memory for a zstd decoder")
        }
        self.context = context
        self.maximumWindowBytes = 1 << UInt64(ZstdDecompressor.windowLog(maximumWindowBytes))
    }

    deinit { ZSTD_freeDCtx(context) }

    /// Begins a new stream.
    public mutating func reset() {
        stage = .header
        pending.removeAll(keepingCapacity: true)
        bytesTaken = 0
    }

    /// Whether the last byte taken ended a frame; true before the first.
    public var isBetweenFrames: Bool {
        if case .header = stage { return pending.isEmpty }
        return false
    }

    /// How many bytes of the output before must still be what they were; zero where no frame is open.
    public var lookBackBytes: Int {
        if case .blocks = stage { return min(windowBytes, madeBytes) }
        return 0
    }

    /// Passes over whole frames at a border, which are decompressed elsewhere.
    ///
    /// - Parameter count: their compressed bytes.
    public mutating func skip(_ count: Int) { bytesTaken &+= UInt64(count) }

    /// Decompresses one block at most, and no further than a frame's end; zero of both means that more input is needed.
    ///
    /// - Parameter output: `roomBytes` at least, of which 128 KiB at most are made and all may be written.
    /// - Throws: `corrupt`, `windowTooLarge`, or `outputTooLarge` for too little room; then only `reset` helps. All that
    ///   was made before the broken place has been returned, and nothing is written beyond `roomBytes`.
    public mutating func decompress(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> ZstdDecompressor.Step {
        var rest = input
        while !rest.isEmpty {
            var made = 0
            let taken: Int
            switch stage {
            case .header: taken = try readHeader(rest)
            case .skipping(let left): taken = skip(rest.count, of: left)
            case .blocks: (taken, made) = try decompressBlock(rest, into: output)
            }
            bytesTaken &+= UInt64(taken)
            rest = UnsafeRawBufferPointer(rebasing: rest[taken...])
            if made > 0 || isBetweenFrames { return (input.count - rest.count, made) }
        }
        return (input.count, 0)
    }

    /// Says whether the stream may end here.
    ///
    /// - Throws: `truncated` inside a frame.
    public func finish() throws(CompressionError) {
        guard isBetweenFrames else {
            throw CompressionError(.truncated, offset: bytesTaken, message: "ends inside a zstd frame")
        }
    }

    private mutating func skip(_ count: Int, of left: UInt64) -> Int {
        let taken = min(UInt64(count), left)
        stage = taken == left ? .header : .skipping(left - taken)
        return Int(taken)
    }

    /// - Returns: the bytes taken.
    private mutating func readHeader(_ input: UnsafeRawBufferPointer) throws(CompressionError) -> Int {
        let before = pending.count
        pending += input.prefix(ZstdFrameHeader.maximumBytes - before)
        guard let kind = pending.withUnsafeBytes({ ZstdFrameHeader.kind($0) }) else {
            throw CompressionError(
                .corrupt, offset: bytesTaken &- UInt64(before), message: "zstd: unknown frame descriptor")
        }
        switch kind {
        case .incomplete:
            return pending.count - before
        case .skippable(let headerBytes, let contentBytes):
            stage = contentBytes > 0 ? .skipping(contentBytes) : .header
            pending.removeAll(keepingCapacity: true)
            return headerBytes - before
        case .frame(let headerBytes):
            let head = pending
            pending.removeAll(keepingCapacity: true)
            try head.span.bytes.withUnsafeBytes { head throws(CompressionError) in
                try begin(UnsafeRawBufferPointer(rebasing: head[..<headerBytes]), at: bytesTaken &- UInt64(before))
            }
            stage = .blocks
            madeBytes = 0
            return headerBytes - before
        }
    }

    private mutating func begin(_ header: UnsafeRawBufferPointer, at offset: UInt64) throws(CompressionError) {
        let window = ZstdFrameHeader.windowBytes(header) ?? .max
        guard window <= maximumWindowBytes else {
            throw CompressionError.windowTooLarge(window, limit: maximumWindowBytes, offset: offset)
        }
        windowBytes = Int(clamping: window)
        ZSTD_decompressBegin(context)
        var taken = 0
        while taken < header.count {
            let count = ZSTD_nextSrcSizeToDecompress(context)
            guard count > 0, count <= header.count - taken else {
                throw CompressionError(.corrupt, offset: offset, message: "zstd: unknown frame descriptor")
            }
            let result = ZSTD_decompressContinue(context, nil, 0, header.baseAddress.map { $0 + taken }, count)
            guard ZSTD_isError(result) == 0 else { throw CompressionError(zstd: result, offset: offset) }
            taken += count
        }
    }

    /// Takes a block's header, a block or a checksum, as far as it is here.
    private mutating func decompressBlock(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> ZstdDecompressor.Step {
        let needed = ZSTD_nextSrcSizeToDecompress(context)
        guard pending.isEmpty, input.count >= needed else {
            let added = min(max(needed - pending.count, 0), input.count)
            pending += input.prefix(added)
            guard pending.count >= needed else { return (added, 0) }
            let offset = bytesTaken &+ UInt64(added) &- UInt64(needed)
            var part: [UInt8] = []
            swap(&part, &pending)
            let made = try part.span.bytes.withUnsafeBytes { part throws(CompressionError) in
                try decompressPart(part, into: output, at: offset)
            }
            swap(&part, &pending)
            pending.removeAll(keepingCapacity: true)
            return (added, made)
        }
        let part = UnsafeRawBufferPointer(rebasing: input[..<needed])
        return (needed, try decompressPart(part, into: output, at: bytesTaken))
    }

    private mutating func decompressPart(
        _ part: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(CompressionError) -> Int {
        guard output.count >= Self.roomBytes else {
            throw CompressionError(
                .outputTooLarge, offset: offset,
                message: "no addresses for all that a zstd frame holds; raise the limit of ulimit -v")
        }
        let made = ZSTD_decompressContinue(context, output.baseAddress, Self.roomBytes, part.baseAddress, part.count)
        guard ZSTD_isError(made) == 0 else { throw CompressionError(zstd: made, offset: offset) }
        madeBytes += made
        if ZSTD_nextSrcSizeToDecompress(context) == 0 { stage = .header }
        return made
    }
}
