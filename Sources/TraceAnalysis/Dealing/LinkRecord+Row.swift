internal import SpanModel

/// All of it in every row: links are few.
extension LinkRecord: DealtRecord {
    static var lane: Lane { .links }
    static var longestRowBytes: Int { 68 }

    func writeRow(_ row: UnsafeMutableRawPointer, after _: inout RowContext) -> Int {
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

    init?(_ rows: RawSpan, at offset: inout Int, after _: inout RowContext) {
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
