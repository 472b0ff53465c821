internal import CZlib

/// Makes gzip members, whole or piece by piece; one value makes many.
public struct GzipCompressor: ~Copyable {
    private let stream: UnsafeMutablePointer<z_stream>

    /// - Parameter level: 1…9; out of range counts as the nearest.
    /// - Throws: `outOfMemory`.
    public init(level: Int = 6) throws(CompressionError) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard spanmill_gzip_deflate_init(stream, Int32(min(max(level, 1), 9))) == Z_OK else {
            stream.deallocate()
            throw CompressionError(.outOfMemory, offset: 0, message: "no memory for a gzip encoder")
        }
        self.stream = stream
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Appends one whole member that holds `input`; no member may be open.
    public mutating func compress(
        _ input: UnsafeRawBufferPointer, into output: inout [UInt8]
    ) throws(CompressionError) {
        try write(input, into: &output)
        try finish(into: &output)
    }

    /// Appends one whole member that holds `input`; no member may be open.
    public mutating func compress(_ input: [UInt8], into output: inout [UInt8]) throws(CompressionError) {
        try input.span.bytes.withUnsafeBytes { bytes throws(CompressionError) in try compress(bytes, into: &output) }
    }

    /// Adds bytes to the open member, beginning one if there is none; appends what the encoder gives out.
    public mutating func write(_ input: UnsafeRawBufferPointer, into output: inout [UInt8]) throws(CompressionError) {
        var rest = input
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
            try pump(piece, Z_NO_FLUSH, into: &output)
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
        }
    }

    /// Ends the open member and appends what is left of it; with none open, appends an empty member.
    public mutating func finish(into output: inout [UInt8]) throws(CompressionError) {
        try pump(UnsafeRawBufferPointer(start: nil, count: 0), Z_FINISH, into: &output)
        deflateReset(stream)
    }

    private mutating func pump(
        _ input: UnsafeRawBufferPointer, _ mode: Int32, into output: inout [UInt8]
    ) throws(CompressionError) {
        let source = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.next_in = UnsafeMutablePointer(mutating: source)
        stream.pointee.avail_in = UInt32(input.count)
        let room = 64 << 10
        var isDone = false
        while !isDone {
            let start = output.count
            output.append(contentsOf: repeatElement(0, count: room))
            let result = output.withUnsafeMutableBytes { bytes in
                let target = bytes.baseAddress.map { ($0 + start).assumingMemoryBound(to: UInt8.self) }
                stream.pointee.next_out = target
                stream.pointee.avail_out = UInt32(room)
                return deflate(stream, mode)
            }
            let left = Int(stream.pointee.avail_out)
            output.removeLast(left)
            guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else {
                throw CompressionError(.outOfMemory, offset: 0, message: "gzip: the encoder failed")
            }
            isDone = mode == Z_FINISH ? result == Z_STREAM_END : left > 0
        }
    }
}
