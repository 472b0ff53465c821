import SpanModel
import Testing

@testable import TraceAnalysis

@Suite struct RecordRowsTests {
    /// Numbers of every length.
    private func number<Number: FixedWidthInteger>(_ generator: inout SystemRandomNumberGenerator) -> Number {
        let shift = Int.random(in: 0...Number.bitWidth, using: &generator)
        return Number.random(in: .min ... .max, using: &generator) >> shift
    }

    private func span(_ generator: inout SystemRandomNumberGenerator) -> SpanRecord {
        var span = SpanRecord(
            traceID: TraceID(high: number(&generator), low: number(&generator)), spanID: number(&generator))
        span.parentID = number(&generator)
        span.startNanoseconds = number(&generator)
        span.durationNanoseconds = number(&generator)
        span.weight = Bool.random() ? .one : Weight(units: number(&generator))
        span.operation = number(&generator)
        span.peer = number(&generator)
        span.destination = number(&generator)
        span.archiveBytes = number(&generator)
        span.endpointHash = Bool.random() ? 0 : number(&generator)
        span.flags = SpanFlags(rawValue: number(&generator))
        span.kind = SpanKind.allCases.randomElement() ?? .unset
        span.peerSource = NameSource.allCases.randomElement() ?? .none
        return span
    }

    private func rows(_ records: [some DealtRecord]) -> [UInt8] {
        var rows: [UInt8] = []
        for record in records {
            withUnsafeTemporaryAllocation(byteCount: type(of: record).longestRowBytes, alignment: 1) { room in
                guard let base = room.baseAddress else { return }
                rows.append(contentsOf: room.prefix(record.writeRow(base)))
            }
        }
        return rows
    }

    private func records<Record: DealtRecord>(_ rows: [UInt8], _: Record.Type) -> [Record]? {
        var (records, offset) = ([Record](), 0)
        while offset < rows.count {
            guard let record = Record(rows.span.bytes, at: &offset) else { return nil }
            records.append(record)
        }
        return offset == rows.count ? records : nil
    }

    @Test("a span is the same after its row, whatever its numbers")
    func spans() throws {
        var generator = SystemRandomNumberGenerator()
        let spans = (0..<20_000).map { _ in span(&generator) }
        let read = try #require(records(rows(spans), SpanRecord.self))
        #expect(read.count == spans.count)
        for (a, b) in zip(read, spans) {
            #expect(a.traceID == b.traceID && a.spanID == b.spanID && SpanRecord.order(a, b) == 0)
        }
    }

    @Test("a link is the same after its row")
    func links() throws {
        var generator = SystemRandomNumberGenerator()
        let links = (0..<2000).map { _ in
            let target = TraceID(high: number(&generator), low: number(&generator))
            return LinkRecord(of: span(&generator), to: target, number(&generator))
        }
        let read = try #require(records(rows(links), LinkRecord.self))
        #expect(read.count == links.count)
        for (a, b) in zip(read, links) {
            #expect(a.targetTraceID == b.targetTraceID && a.targetSpanID == b.targetSpanID)
            #expect(LinkRecord.order(a, b) == 0)
        }
    }

    @Test("the row of an ordinary span has seven words")
    func ordinary() {
        var span = SpanRecord(traceID: TraceID(high: 1, low: 2), spanID: 3)
        span.parentID = 4
        span.startNanoseconds = 1_772_323_200_000_000_000
        span.durationNanoseconds = 600_000_000_000
        span.operation = 20_000
        span.peer = 40_000
        span.archiveBytes = 1200
        span.flags = [.error, .database]
        span.kind = .client
        span.peerSource = .dbNamespace
        #expect(rows([span]).count == 56)
    }

    @Test("rows cut anywhere or of random bytes are refused or read as some record, never beyond their end")
    func hostile() {
        var generator = SystemRandomNumberGenerator()
        let whole = rows((0..<50).map { _ in span(&generator) })
        for end in 0..<whole.count { _ = records(Array(whole[..<end]), SpanRecord.self) }
        for _ in 0..<5000 {
            let count = Int.random(in: 0...200, using: &generator)
            let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            _ = records(bytes, SpanRecord.self)
            _ = records(bytes, LinkRecord.self)
        }
        #expect(records(Array(whole.dropLast()), SpanRecord.self) == nil)
    }

    @Test("rows of impossible kinds and name sources are no records", arguments: [6, 7])
    func impossible(kind: UInt8) {
        let row = rows([SpanRecord(traceID: TraceID(high: 0, low: 1), spanID: 1)])
        #expect(records(row, SpanRecord.self)?.count == 1)
        // The byte of both: kind in the low three bits, source in the high five.
        for byte in [kind | row[47] & 0xf8, 25 << 3, 30 << 3] {
            var damaged = row
            damaged[47] = byte
            #expect(records(damaged, SpanRecord.self) == nil)
        }
    }
}
