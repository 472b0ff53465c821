internal import SpanModel

/// A record that is dealt into shards, and its row: what chunks, blocks and frames hold of it.
///
/// Little endian, without padding, equal on every machine; a row tells its length itself, and leaves out what the row
/// before it says.
protocol DealtRecord: BitwiseCopyable, Sendable {
    static var lane: Lane { get }
    static var longestRowBytes: Int { get }

    /// Writes the row, for which there is room.
    ///
    /// - Parameter before: what the row before it says; nothing at the start of a chunk. Becomes what this one says.
    /// - Returns: its length.
    func writeRow(_ row: UnsafeMutableRawPointer, after before: inout RowContext) -> Int

    /// Reads the row at an offset, which then is that of the next; nil where no writer wrote it.
    ///
    /// - Parameter before: nothing at the start of a chunk or a block.
    init?(_ rows: RawSpan, at offset: inout Int, after before: inout RowContext)
}

/// What a row may leave out, since the row before it says it.
///
/// The first row of a chunk leaves nothing out, so that rows of several chunks may stand one behind the other.
struct RowContext: Sendable {
    /// Zero: there is no row before.
    var traceID = TraceID(high: 0, low: 0)
    var parentID: UInt64 = 0
    var startNanoseconds: UInt64 = 0
}

/// What a block holds.
enum Lane: UInt8, CaseIterable, Sendable {
    case spans = 0
    case links = 1
}

/// Little-endian integers at offsets, bounds checked.
extension RawSpan {
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 { unsafeLoad(fromByteOffset: offset, as: UInt8.self) }

    @inline(__always)
    func quarter(_ offset: Int) -> UInt16 {
        UInt16(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    @inline(__always)
    func half(_ offset: Int) -> UInt32 {
        UInt32(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    @inline(__always)
    func word(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
