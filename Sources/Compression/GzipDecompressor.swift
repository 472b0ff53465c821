internal import CZlib

/// Turns a stream of gzip members back into bytes, piece by piece; headers and checksums are verified.
///
/// Members may follow one another and zeros may pad the tail. One value serves many streams.
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

    // zlib keeps the address of its stream, so it may not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var place = Place.border
    private var pendingFailure: CompressionError?
    /// Compressed bytes since the start of the stream.
    public private(set) var bytesTaken: UInt64 = 0

    /// - Throws: `outOfMemory`.
    public init() throws(CompressionError) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard spanmill_gzip_inflate_init(stream) == Z_OK else {
            stream.deallocate()
            throw CompressionError(.outOfMemory, offset: 0, message: "no memory for a gzip decoder")
        }
        self.stream = stream
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Whether these bytes begin a gzip member.
    public static func begins(_ bytes: RawSpan) -> Bool {
        bytes.byteCount >= 2 && bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self) == 0x1f
            && bytes.unsafeLoad(fromByteOffset: 1, as: UInt8.self) == 0x8b
    }

    /// Begins a new stream, keeping memory.
    public mutating func reset() {
        inflateReset(stream)
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
        guard let source = input.baseAddress, let target = output.baseAddress, !output.isEmpty, !input.isEmpty else {
            return (0, 0)
        }
        if place != .member, let skipped = try skipPadding(input) { return (skipped, 0) }
        place = .member
        let bytesGiven = min(input.count, Int(UInt32.max))
        let room = min(output.count, Int(UInt32.max))
        stream.pointee.next_in = UnsafeMutablePointer(mutating: source.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(bytesGiven)
        stream.pointee.next_out = target.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(room)
        let result = inflate(stream, Z_NO_FLUSH)
        let step = (taken: bytesGiven - Int(stream.pointee.avail_in), made: room - Int(stream.pointee.avail_out))
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
        switch result {
        case Z_OK, Z_BUF_ERROR: return
        case Z_STREAM_END:
            inflateReset(stream)
            place = .border
        default:
            let reason = stream.pointee.msg.map { String(cString: $0) } ?? "broken data"
            let kind: CompressionError.Kind = result == Z_MEM_ERROR ? .outOfMemory : .corrupt
            let failure = CompressionError(kind, offset: bytesTaken, message: "gzip: \(reason.lowercased())")
            pendingFailure = failure
            if step.made == 0 { throw failure }
        }
    }
}
