internal import CISAL

/// Turns a stream of gzip members back into bytes, piece by piece; headers and checksums are verified.
///
/// Members may follow one another and zeros may pad the tail. One value serves many streams. The library is ISA-L,
/// which decompresses more than twice as fast as zlib.
public struct GzipDecompressor: ~Copyable {
    /// What one call took from its input and wrote to its output.
    public typealias Step = (taken: Int, made: Int)

    private enum Place {
        /// Before the first member, or between two.
        case border
        case member
        /// Zeros after the last member.
        case padding
    }

    private let decoder: UnsafeMutableRawPointer
    private var place = Place.border
    private var pendingFailure: CompressionError?
    /// Compressed bytes since the start of the stream.
    public private(set) var bytesTaken: UInt64 = 0

    /// - Throws: `outOfMemory`.
    public init() throws(CompressionError) {
        guard let decoder = spanmill_gunzip_make() else {
            throw CompressionError(.outOfMemory, offset: 0, message: "no memory for a gzip decoder")
        }
        spanmill_gunzip_begin(decoder)
        self.decoder = decoder
    }

    deinit { spanmill_gunzip_free(decoder) }

    /// Whether these bytes begin a gzip member.
    public static func begins(_ bytes: RawSpan) -> Bool {
        bytes.byteCount >= 2 && bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self) == 0x1f
            && bytes.unsafeLoad(fromByteOffset: 1, as: UInt8.self) == 0x8b
    }

    /// Begins a new stream, keeping memory.
    public mutating func reset() {
        spanmill_gunzip_begin(decoder)
        place = .border
        pendingFailure = nil
        bytesTaken = 0
    }

    /// Decompresses as much as fits; zero of both means that more input is needed.
    ///
    /// - Throws: `corrupt`, after which only `reset` helps. All that was made before it has been delivered.
    public mutating func decompress(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> Step {
        if let pendingFailure { throw pendingFailure }
        guard let target = output.baseAddress, !output.isEmpty else { return (0, 0) }
        if place != .member {
            guard !input.isEmpty else { return (0, 0) }
            if let skipped = try skipPadding(input) { return (skipped, 0) }
            // The decoder waits for a whole header before it looks.
            guard input[0] == 0x1f else {
                let failure = CompressionError(.corrupt, offset: bytesTaken, message: "gzip: incorrect header")
                pendingFailure = failure
                throw failure
            }
        }
        place = .member
        // The decoder may hold back what did not fit into the last output, so it is asked without input as well.
        var taken = UInt32(clamping: input.count)
        var made = UInt32(clamping: output.count)
        let source = input.isEmpty ? nil : input.baseAddress
        let result = spanmill_gunzip_step(
            decoder, source?.assumingMemoryBound(to: UInt8.self), &taken,
            target.assumingMemoryBound(to: UInt8.self), &made)
        let step = (taken: Int(taken), made: Int(made))
        bytesTaken &+= UInt64(step.taken)
        try settle(result, step)
        return step
    }

    /// Says whether the stream may end here.
    ///
    /// - Throws: `truncated` inside a member.
    public func finish() throws(CompressionError) {
        if let pendingFailure { throw pendingFailure }
        guard place != .member else {
            throw CompressionError(.truncated, offset: bytesTaken, message: "ends inside a gzip member")
        }
    }

    /// Takes zeros after a member: how many, or nil where a member begins.
    private mutating func skipPadding(_ input: UnsafeRawBufferPointer) throws(CompressionError) -> Int? {
        if place == .border, input[0] != 0 || bytesTaken == 0 { return nil }
        place = .padding
        let zeros = input.firstIndex { $0 != 0 } ?? input.count
        bytesTaken &+= UInt64(zeros)
        guard zeros == input.count else {
            throw CompressionError(.corrupt, offset: bytesTaken, message: "bytes after the zeros that follow gzip data")
        }
        return zeros
    }

    private mutating func settle(_ result: Int32, _ step: Step) throws(CompressionError) {
        guard result < 0 else {
            guard spanmill_gunzip_has_ended(decoder) != 0 else { return }
            spanmill_gunzip_begin(decoder)
            place = .border
            return
        }
        let reason =
            switch result {
            case ISAL_INVALID_BLOCK: "invalid block"
            case ISAL_INVALID_SYMBOL: "invalid code"
            case ISAL_INVALID_LOOKBACK: "invalid distance too far back"
            case ISAL_INVALID_WRAPPER: "incorrect header"
            case ISAL_UNSUPPORTED_METHOD: "unknown compression method"
            case ISAL_INCORRECT_CHECKSUM: "incorrect checksum or size"
            default: "broken data"
            }
        let failure = CompressionError(.corrupt, offset: bytesTaken, message: "gzip: \(reason)")
        pendingFailure = failure
        if step.made == 0 { throw failure }
    }
}
