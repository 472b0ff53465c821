internal import SpanModel

/// A record that is dealt into shards, and its form in blocks: rows of fixed size, little endian, no padding
/// that is not zero. Rows are the same on every machine and for every version of the protocol's number.
protocol DealtRecord: BitwiseCopyable, Sendable {
    static var lane: Lane { get }
    static var rowBytes: Int { get }
    func writeRow(_ row: UnsafeMutableRawPointer)
    /// Nil when a field holds what no writer writes.
    init?(row: RawSpan)
}

/// What a block holds.
enum Lane: UInt8, CaseIterable, Sendable {
    case spans = 0
    case links = 1

    var rowBytes: Int { self == .spans ? SpanRecord.rowBytes : LinkRecord.rowBytes }
}

extension SpanRecord: DealtRecord {
    static var lane: Lane { .spans }
    static var rowBytes: Int { 80 }

    func writeRow(_ row: UnsafeMutableRawPointer) {
        let words = (
            traceID.high.littleEndian, traceID.low.littleEndian, spanID.littleEndian, parentID.littleEndian,
            startNanoseconds.littleEndian, durationNanoseconds.littleEndian, weight.units.littleEndian
        )
        row.storeBytes(of: words, as: type(of: words))
        let halves = (
            operation.littleEndian, peer.littleEndian, destination.littleEndian, archiveBytes.littleEndian,
            endpointHash.littleEndian
        )
        row.storeBytes(of: halves, toByteOffset: 56, as: type(of: halves))
        row.storeBytes(of: flags.rawValue.littleEndian, toByteOffset: 76, as: UInt16.self)
        row.storeBytes(of: kind.rawValue, toByteOffset: 78, as: UInt8.self)
        row.storeBytes(of: peerSource.rawValue, toByteOffset: 79, as: UInt8.self)
    }

    init?(row: RawSpan) {
        guard let kind = SpanKind(rawValue: row.byte(78)), let source = NameSource(rawValue: row.byte(79)) else {
            return nil
        }
        self.init(traceID: TraceID(high: row.word(0), low: row.word(8)), spanID: row.word(16))
        parentID = row.word(24)
        startNanoseconds = row.word(32)
        durationNanoseconds = row.word(40)
        weight = Weight(units: row.word(48))
        operation = row.half(56)
        peer = row.half(60)
        destination = row.half(64)
        archiveBytes = row.half(68)
        endpointHash = row.half(72)
        flags = SpanFlags(rawValue: row.quarter(76))
        self.kind = kind
        peerSource = source
    }
}

extension LinkRecord: DealtRecord {
    static var lane: Lane { .links }
    static var rowBytes: Int { 68 }

    func writeRow(_ row: UnsafeMutableRawPointer) {
        let words = (
            targetTraceID.high.littleEndian, targetTraceID.low.littleEndian, targetSpanID.littleEndian,
            traceID.high.littleEndian, traceID.low.littleEndian, spanID.littleEndian, startNanoseconds.littleEndian
        )
        row.storeBytes(of: words, as: type(of: words))
        let halves = (operation.littleEndian, destination.littleEndian)
        row.storeBytes(of: halves, toByteOffset: 56, as: type(of: halves))
        row.storeBytes(of: flags.rawValue.littleEndian, toByteOffset: 64, as: UInt16.self)
        row.storeBytes(of: UInt16(kind.rawValue).littleEndian, toByteOffset: 66, as: UInt16.self)
    }

    init?(row: RawSpan) {
        guard let kind = SpanKind(rawValue: row.byte(66)), row.byte(67) == 0 else { return nil }
        var span = SpanRecord(traceID: TraceID(high: row.word(24), low: row.word(32)), spanID: row.word(40))
        span.startNanoseconds = row.word(48)
        span.operation = row.half(56)
        span.destination = row.half(60)
        span.flags = SpanFlags(rawValue: row.quarter(64))
        span.kind = kind
        self.init(of: span, to: TraceID(high: row.word(0), low: row.word(8)), row.word(16))
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

/// Rows of records, one after another.
enum Rows {
    /// Appends a row for each record.
    static func append<Record: DealtRecord>(_ records: Span<Record>, to bytes: inout [UInt8]) {
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: records.count * Record.rowBytes))
        bytes.withUnsafeMutableBytes { all in
            guard let base = all.baseAddress else { return }
            for index in records.indices { records[index].writeRow(base + start + index * Record.rowBytes) }
        }
    }

    /// Replaces `records` by those of the rows; false when a row is impossible.
    static func read<Record: DealtRecord>(_ bytes: [UInt8], into records: inout [Record]) -> Bool {
        records.removeAll(keepingCapacity: true)
        let rows = bytes.span.bytes
        var offset = 0
        while offset < rows.byteCount {
            guard offset + Record.rowBytes <= rows.byteCount,
                let record = Record(row: rows.extracting(offset..<offset + Record.rowBytes))
            else { return false }
            records.append(record)
            offset += Record.rowBytes
        }
        return true
    }
}
