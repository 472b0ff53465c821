internal import Compression
internal import SpanModel

/// The hours of an edge or an operation as bytes: a version, and behind it, for version 1, how many hours and each of
/// them; for version 2 a zstd frame that holds the same.
///
/// A value keeps the encoder and the decoder from blob to blob; it serves one thread.
final class HourBlob {
    struct Hour {
        let hour: UInt32
        let count: UInt64
        let errors: UInt64
        let latency: LatencySketch

        init(_ hour: UInt32, _ count: UInt64, _ errors: UInt64, _ latency: LatencySketch) {
            self.hour = hour
            self.count = count
            self.errors = errors
            self.latency = latency
        }
    }

    private static let plain: UInt64 = 1
    private static let compressed: UInt64 = 2

    /// Most bytes that a frame may ask for: far more than a month of full sketches.
    private static let maximumBytes = 64 << 20

    private var compressor: ZstdCompressor?
    private var decompressor: ZstdDecompressor?

    /// - Returns: the shorter of both versions.
    func encode(_ hours: [Hour]) throws -> [UInt8] {
        var body = VarintWriter()
        body.append(hours.count)
        var previous: UInt32 = 0
        for hour in hours {
            body.append(hour.hour &- previous)
            body.append(hour.count)
            body.append(hour.errors)
            hour.latency.encode(into: &body)
            previous = hour.hour
        }
        var frame: [UInt8] = [UInt8(Self.compressed)]
        // SQLite has no checksum either; what is damaged rarely decodes.
        if compressor == nil { compressor = try ZstdCompressor(checksum: false) }
        try compressor?.compress(body.bytes, into: &frame)
        return frame.count <= body.bytes.count ? frame : [UInt8(Self.plain)] + body.bytes
    }

    /// - Throws: `StoreError` where the bytes are not what `encode` makes.
    func decode(_ bytes: [UInt8]) throws -> [Hour] {
        var reader = VarintReader(bytes)
        guard let version = try? reader.number() else { throw Columns.damage }
        if version == Self.compressed { reader = VarintReader(try decompress(bytes.dropFirst())) }
        guard [Self.plain, Self.compressed].contains(version), let hours = try? Self.hours(&reader), reader.isAtEnd
        else { throw Columns.damage }
        return hours
    }

    private func decompress(_ frame: ArraySlice<UInt8>) throws -> [UInt8] {
        if decompressor == nil { decompressor = try ZstdDecompressor() }
        var body: [UInt8] = []
        do throws(CompressionError) {
            try frame.span.bytes.withUnsafeBytes { (bytes) throws(CompressionError) in
                try decompressor?.decompressFrame(bytes, into: &body, maximumBytes: Self.maximumBytes)
            }
        } catch { throw Columns.damage }
        return body
    }

    private static func hours(_ reader: inout VarintReader) throws(VarintReader.Failure) -> [Hour] {
        var hours: [Hour] = []
        var previous: UInt32 = 0
        for _ in 0..<(try reader.count()) {
            previous &+= try reader.number32()
            hours.append(
                Hour(previous, try reader.number(), try reader.number(), try LatencySketch(decoding: &reader)))
        }
        return hours
    }
}
