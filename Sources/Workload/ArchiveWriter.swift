import Compression
import Glibc

/// Why a workload could not be written.
public struct WorkloadError: Error, Hashable, Sendable, CustomStringConvertible {
    public var message: String
    public var description: String { message }
}

/// One archive being written, in one layout.
struct ArchiveWriter: ~Copyable {
    let path: String
    let layout: ArchiveLayout
    private let descriptor: Int32
    private var zstd: Optional<ZstdCompressor>
    private var gzip: Optional<GzipCompressor>
    private var framed: [UInt8] = []
    private var output: [UInt8] = []
    /// Content of the next of many frames, each of which says what it holds.
    private var frameContent: [UInt8] = []
    private static let frameContentBytes = 4 << 20
    private(set) var bytesWritten: UInt64 = 0

    init(path: String, layout: ArchiveLayout) throws(WorkloadError) {
        let zstd = try Self.zstd(for: layout, path)
        let gzip = try Self.gzip(for: layout, path)
        let descriptor = path == "-" ? dup(1) : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw WorkloadError(message: "cannot write \(path): \(String(cString: strerror(errno)))")
        }
        self.path = path
        self.layout = layout
        self.descriptor = descriptor
        self.zstd = zstd
        self.gzip = gzip
    }

    private static func zstd(for layout: ArchiveLayout, _ path: String) throws(WorkloadError) -> ZstdCompressor? {
        guard [.zstd, .zstdMany, .frames].contains(layout.wrapping) else { return nil }
        do throws(CompressionError) { return try ZstdCompressor(level: 3) } catch { throw problem(path, error) }
    }

    private static func gzip(for layout: ArchiveLayout, _ path: String) throws(WorkloadError) -> GzipCompressor? {
        guard layout.wrapping == .gzip else { return nil }
        do throws(CompressionError) { return try GzipCompressor(level: 6) } catch { throw problem(path, error) }
    }

    private static func problem(_ path: String, _ error: CompressionError) -> WorkloadError {
        WorkloadError(message: "cannot compress \(path): \(error.message)")
    }

    deinit { close(descriptor) }

    /// Adds one request, framed and compressed as the layout asks.
    mutating func write(_ request: [UInt8]) throws(WorkloadError) {
        do throws(CompressionError) {
            if layout.wrapping == .frames {
                var frame: [UInt8] = []
                try zstd?.compress(request, into: &frame)
                Self.put(length: frame.count, into: &output)
                output += frame
            } else {
                framed.removeAll(keepingCapacity: true)
                if layout.payload == .proto { Self.put(length: request.count, into: &framed) }
                framed += request
                if layout.payload != .proto { framed.append(0x0a) }
                try compressFramed()
            }
        } catch {
            throw Self.problem(path, error)
        }
        if output.count > 1 << 20 { try flush() }
    }

    /// Ends the file.
    mutating func finish() throws(WorkloadError) {
        do throws(CompressionError) {
            if layout.wrapping == .gzip { try gzip?.finish(into: &output) }
            if layout.wrapping == .zstd { try zstd?.finish(into: &output) }
            if !frameContent.isEmpty { try zstd?.compress(frameContent, into: &output) }
        } catch {
            throw Self.problem(path, error)
        }
        try flush()
    }

    private mutating func compressFramed() throws(CompressionError) {
        let framed = framed
        switch layout.wrapping {
        case .plain, .frames: output += framed
        case .gzip:
            try framed.span.bytes.withUnsafeBytes { buffer throws(CompressionError) in
                try gzip?.write(buffer, into: &output)
            }
        case .zstdMany:
            frameContent += framed
            guard frameContent.count >= Self.frameContentBytes else { return }
            try zstd?.compress(frameContent, into: &output)
            frameContent.removeAll(keepingCapacity: true)
        case .zstd:
            try framed.span.bytes.withUnsafeBytes { buffer throws(CompressionError) in
                try zstd?.write(buffer, into: &output)
            }
        }
    }

    private mutating func flush() throws(WorkloadError) {
        var written = 0
        while written < output.count {
            let target = descriptor
            let offset = written
            let count = output.withUnsafeBytes { bytes in
                bytes.baseAddress.map { Glibc.write(target, $0 + offset, bytes.count - offset) } ?? 0
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw WorkloadError(message: "cannot write \(path): \(String(cString: strerror(errno)))")
            }
            written += count
        }
        bytesWritten += UInt64(written)
        output.removeAll(keepingCapacity: true)
    }

    private static func put(length: Int, into bytes: inout [UInt8]) {
        for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: length >> shift)) }
    }
}
