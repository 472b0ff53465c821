internal import CZstd

/// Makes zstd frames, whole or piece by piece; one value makes many.
public struct ZstdCompressor: ~Copyable {
    private let context: OpaquePointer
    private var bytesTaken: UInt64 = 0

    /// - Parameters:
    ///   - level: −100…22; out of range counts as the nearest. Below zero is faster and larger.
    ///   - checksum: whether frames end with a checksum, without which corruption may stay unseen.
    /// - Throws: `outOfMemory`.
    public init(level: Int = 3, checksum: Bool = true) throws(CompressionError) {
        guard let context = ZSTD_createCCtx() else {
            throw CompressionError(.outOfMemory, offset: 0, message: "no memory for a zstd encoder")
        }
        self.context = context
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(min(max(level, -100), 22)))
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, checksum ? 1 : 0)
    }

    deinit { ZSTD_freeCCtx(context) }

    /// Appends one whole frame, with its content size, that holds `input`.
    public mutating func compress(
        _ input: UnsafeRawBufferPointer, into output: inout [UInt8]
    ) throws(CompressionError) {
        ZSTD_CCtx_reset(context, ZSTD_reset_session_only)
        let start = output.count
        let bound = ZSTD_compressBound(input.count)
        output.append(contentsOf: repeatElement(0, count: bound))
        let result = output.withUnsafeMutableBytes {
            ZSTD_compress2(context, $0.baseAddress.map { $0 + start }, bound, input.baseAddress, input.count)
        }
        let made = ZSTD_isError(result) == 0 ? result : 0
        output.removeLast(bound - made)
        try check(result)
    }

    /// Appends one whole frame, with its content size, that holds `input`.
    public mutating func compress(_ input: [UInt8], into output: inout [UInt8]) throws(CompressionError) {
        try input.span.bytes.withUnsafeBytes { bytes throws(CompressionError) in try compress(bytes, into: &output) }
    }

    /// Adds bytes to the open frame, beginning one if there is none; appends what the encoder gives out.
    public mutating func write(_ input: UnsafeRawBufferPointer, into output: inout [UInt8]) throws(CompressionError) {
        try pump(input, ZSTD_e_continue, into: &output)
    }

    /// Ends the open frame and appends what is left of it; with none open, appends an empty frame.
    public mutating func finish(into output: inout [UInt8]) throws(CompressionError) {
        try pump(UnsafeRawBufferPointer(start: nil, count: 0), ZSTD_e_end, into: &output)
        bytesTaken = 0
    }

    private mutating func pump(
        _ input: UnsafeRawBufferPointer, _ mode: ZSTD_EndDirective, into output: inout [UInt8]
    ) throws(CompressionError) {
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        let room = ZSTD_CStreamOutSize()
        var isDone = false
        while !isDone {
            let start = output.count
            output.append(contentsOf: repeatElement(0, count: room))
            var made = 0
            let result = output.withUnsafeMutableBytes {
                var target = ZSTD_outBuffer(dst: $0.baseAddress.map { $0 + start }, size: room, pos: 0)
                let result = ZSTD_compressStream2(context, &target, &source, mode)
                made = target.pos
                return result
            }
            output.removeLast(room - made)
            try check(result)
            isDone = mode == ZSTD_e_end ? result == 0 : source.pos == source.size
        }
        bytesTaken &+= UInt64(input.count)
    }

    private func check(_ result: Int) throws(CompressionError) {
        guard ZSTD_isError(result) == 0 else {
            let name = String(cString: ZSTD_getErrorName(result))
            throw CompressionError(.outOfMemory, offset: bytesTaken, message: "zstd: \(name.lowercased())")
        }
    }
}
