internal import SpanModel

/// A record that is dealt into shards, and its row: what chunks, blocks and frames hold of it.
///
/// Little endian, without padding, equal on every machine; a row tells its length itself.
protocol DealtRecord: BitwiseCopyable, Sendable {
    static var lane: Lane { get }
    static var longestRowBytes: Int { get }

    /// Writes the row, for which there is room.
    ///
    /// - Returns: its length.
    func writeRow(_ row: UnsafeMutableRawPointer) -> Int

    /// Reads the row at an offset, which then is that of the next; nil where no writer wrote it.
    init?(_ rows: RawSpan, at offset: inout Int)
}

/// What a block holds.
enum Lane: UInt8, CaseIterable, Sendable {
    case spans = 0
    case links = 1
}

/// Spans wait in memory until all archives have been read, and memory is what dealing them costs. So a row has seven
/// words, and more only for what few spans have:
///
/// ```
/// trace id 128, span id 64, parent id 64, start 64
/// duration 40, flags 16, kind 3, name source 5
/// shape 3, bytes in the archive 13, destination 11, peer 18, operation 19
/// [weight 64]                                          where it is not one
/// [operation 32, peer 32, destination 32, bytes 32]    where one of them, or the duration, is too large for its place:
///                                                      the place of all four then holds the duration's high 24 bits
/// [endpoint hash 32]                                   where there is one
/// ```
extension SpanRecord: DealtRecord {
    static var lane: Lane { .spans }
    static var longestRowBytes: Int { shortestRowBytes + 8 + 16 + 4 }

    private static var shortestRowBytes: Int { 56 }

    /// What a row has beyond its seven words.
    private struct Shape: OptionSet {
        let rawValue: UInt64
        static var weight: Shape { Shape(rawValue: 1) }
        static var wide: Shape { Shape(rawValue: 2) }
        static var endpoint: Shape { Shape(rawValue: 4) }
        static var all: Shape { Shape(rawValue: 7) }
    }

    /// Stands for `NameSource.none`.
    private static var noSource: UInt64 { 31 }

    @inline(__always)
    func writeRow(_ row: UnsafeMutableRawPointer) -> Int {
        let tooLarge = operation >> 19 | peer >> 18 | destination >> 11 | archiveBytes >> 13
        var shape: Shape = tooLarge == 0 && durationNanoseconds >> 40 == 0 ? [] : .wide
        if weight != .one { shape.insert(.weight) }
        if endpointHash != 0 { shape.insert(.endpoint) }
        let facts =
            durationNanoseconds & (1 << 40 - 1) | UInt64(flags.rawValue) << 40 | UInt64(kind.rawValue) << 56
            | min(UInt64(peerSource.rawValue), Self.noSource) << 59
        let names =
            shape.contains(.wide)
            ? (durationNanoseconds >> 40) << 3
            : UInt64(archiveBytes) << 3 | UInt64(destination) << 16 | UInt64(peer) << 27 | UInt64(operation) << 45
        let words = (
            traceID.high.littleEndian, traceID.low.littleEndian, spanID.littleEndian, parentID.littleEndian,
            startNanoseconds.littleEndian, facts.littleEndian, (names | shape.rawValue).littleEndian
        )
        row.storeBytes(of: words, as: type(of: words))
        return shape.isEmpty ? Self.shortestRowBytes : writeRest(row, shape)
    }

    /// - Returns: the row's length.
    @inline(never)
    private func writeRest(_ row: UnsafeMutableRawPointer, _ shape: Shape) -> Int {
        var offset = Self.shortestRowBytes
        if shape.contains(.weight) {
            row.storeBytes(of: weight.units.littleEndian, toByteOffset: offset, as: UInt64.self)
            offset += 8
        }
        if shape.contains(.wide) {
            let names = (
                operation.littleEndian, peer.littleEndian, destination.littleEndian, archiveBytes.littleEndian
            )
            row.storeBytes(of: names, toByteOffset: offset, as: type(of: names))
            offset += 16
        }
        if shape.contains(.endpoint) {
            row.storeBytes(of: endpointHash.littleEndian, toByteOffset: offset, as: UInt32.self)
            offset += 4
        }
        return offset
    }

    @inline(__always)
    init?(_ rows: RawSpan, at offset: inout Int) {
        guard rows.byteCount - offset >= Self.shortestRowBytes else { return nil }
        let (facts, names) = (rows.word(offset + 40), rows.word(offset + 48))
        let source = facts >> 59 == Self.noSource ? NameSource.none.rawValue : UInt8(truncatingIfNeeded: facts >> 59)
        guard let kind = SpanKind(rawValue: UInt8(truncatingIfNeeded: facts >> 56 & 7)),
            let source = NameSource(rawValue: source)
        else { return nil }
        self.init(
            traceID: TraceID(high: rows.word(offset), low: rows.word(offset + 8)), spanID: rows.word(offset + 16))
        parentID = rows.word(offset + 24)
        startNanoseconds = rows.word(offset + 32)
        durationNanoseconds = facts & (1 << 40 - 1)
        flags = SpanFlags(rawValue: UInt16(truncatingIfNeeded: facts >> 40))
        self.kind = kind
        peerSource = source
        offset += Self.shortestRowBytes
        let shape = Shape(rawValue: names).intersection(.all)
        if !shape.contains(.wide) {
            archiveBytes = UInt32(truncatingIfNeeded: names >> 3 & (1 << 13 - 1))
            destination = UInt32(truncatingIfNeeded: names >> 16 & (1 << 11 - 1))
            peer = UInt32(truncatingIfNeeded: names >> 27 & (1 << 18 - 1))
            operation = UInt32(truncatingIfNeeded: names >> 45)
        }
        guard shape.isEmpty || readRest(shape, names, rows, at: &offset) else { return nil }
    }

    /// - Returns: whether it is there.
    @inline(never)
    private mutating func readRest(_ shape: Shape, _ names: UInt64, _ rows: RawSpan, at offset: inout Int) -> Bool {
        let sizes = (
            shape.contains(.weight) ? 8 : 0, shape.contains(.wide) ? 16 : 0, shape.contains(.endpoint) ? 4 : 0
        )
        guard rows.byteCount - offset >= sizes.0 + sizes.1 + sizes.2 else { return false }
        if shape.contains(.weight) { weight = Weight(units: rows.word(offset)) }
        offset += sizes.0
        if shape.contains(.wide) {
            durationNanoseconds |= (names >> 3) << 40
            operation = rows.half(offset)
            peer = rows.half(offset + 4)
            destination = rows.half(offset + 8)
            archiveBytes = rows.half(offset + 12)
        }
        offset += sizes.1
        if shape.contains(.endpoint) { endpointHash = rows.half(offset) }
        offset += sizes.2
        return true
    }
}

extension LinkRecord: DealtRecord {
    static var lane: Lane { .links }
    static var longestRowBytes: Int { 68 }

    func writeRow(_ row: UnsafeMutableRawPointer) -> Int {
        let words = (
            targetTraceID.high.littleEndian, targetTraceID.low.littleEndian, targetSpanID.littleEndian,
            traceID.high.littleEndian, traceID.low.littleEndian, spanID.littleEndian, startNanoseconds.littleEndian
        )
        row.storeBytes(of: words, as: type(of: words))
        let halves = (operation.littleEndian, destination.littleEndian)
        row.storeBytes(of: halves, toByteOffset: 56, as: type(of: halves))
        row.storeBytes(of: flags.rawValue.littleEndian, toByteOffset: 64, as: UInt16.self)
        row.storeBytes(of: UInt16(kind.rawValue).littleEndian, toByteOffset: 66, as: UInt16.self)
        return Self.longestRowBytes
    }

    init?(_ rows: RawSpan, at offset: inout Int) {
        guard rows.byteCount - offset >= Self.longestRowBytes else { return nil }
        let row = rows.extracting(offset..<offset + Self.longestRowBytes)
        guard let kind = SpanKind(rawValue: row.byte(66)), row.byte(67) == 0 else { return nil }
        var span = SpanRecord(traceID: TraceID(high: row.word(24), low: row.word(32)), spanID: row.word(40))
        span.startNanoseconds = row.word(48)
        span.operation = row.half(56)
        span.destination = row.half(60)
        span.flags = SpanFlags(rawValue: row.quarter(64))
        span.kind = kind
        self.init(of: span, to: TraceID(high: row.word(0), low: row.word(8)), row.word(16))
        offset += Self.longestRowBytes
    }
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
