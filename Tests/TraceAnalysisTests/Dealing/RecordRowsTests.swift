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
        var (rows, before) = ([UInt8](), RowContext())
        for record in records {
            withUnsafeTemporaryAllocation(byteCount: type(of: record).longestRowBytes, alignment: 1) { room in
                guard let base = room.baseAddress else { return }
                rows.append(contentsOf: room.prefix(record.writeRow(base, after: &before)))
            }
        }
        return rows
    }

    private func records<Record: DealtRecord>(_ rows: [UInt8], _: Record.Type) -> [Record]? {
        var (records, offset, before) = ([Record](), 0, RowContext())
        while offset < rows.count {
            guard let record = Record(rows.span.bytes, at: &offset, after: &before) else { return nil }
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

    /// A server's span and the call it made, as a service hands them over: the inner one ended first.
    private func pair() -> [SpanRecord] {
        var server = SpanRecord(traceID: TraceID(high: 1, low: 2), spanID: 3)
        server.parentID = 4
        server.startNanoseconds = 1_772_323_200_000_000_000
        server.durationNanoseconds = 270_000_000_000
        server.operation = 20_000
        server.archiveBytes = 1200
        server.flags = [.error, .database]
        server.kind = .server
        var client = server
        client.spanID = 5
        client.parentID = 3
        client.startNanoseconds += 1_000_000_000
        client.peer = 40_000
        client.kind = .client
        client.peerSource = .dbNamespace
        return [client, server]
    }

    @Test("a row says nothing that the row before it says")
    func continuing() {
        let (client, server) = (pair()[0], pair()[1])
        #expect(rows([server]).count == 56)
        #expect(rows([client, server]).count == 56 + 28)
        #expect(rows([client, client]).count == 56 + 28, "the parent is that of the row before")
        var root = server
        root.parentID = 0
        #expect(rows([client, root]).count == 56 + 20)
        var later = server
        later.startNanoseconds += 4_000_000_000
        #expect(rows([client, later]).count == 56 + 56, "too long a time between them")
        var other = server
        other.traceID.low = 7
        #expect(rows([client, other]).count == 56 + 56)
    }

    @Test("spans of few traces, handed over in any order, are the same after their rows")
    func interleaved() throws {
        var generator = SystemRandomNumberGenerator()
        let spans = (0..<20_000).map { _ in
            var span = span(&generator)
            span.traceID = TraceID(high: .random(in: 0...1), low: .random(in: 0...1))
            span.spanID = .random(in: 0...4)
            span.parentID = .random(in: 0...4)
            span.startNanoseconds = .random(in: 0...5_000_000_000)
            return span
        }
        let read = try #require(records(rows(spans), SpanRecord.self))
        #expect(read.count == spans.count)
        for (a, b) in zip(read, spans) {
            #expect(a.traceID == b.traceID && a.spanID == b.spanID && SpanRecord.order(a, b) == 0)
        }
    }

    @Test("rows of several chunks may stand one behind the other")
    func chunks() throws {
        let chunk = rows(pair())
        let read = try #require(records(chunk + chunk, SpanRecord.self))
        #expect(read.map(\.spanID) == [5, 3, 5, 3])
        let second = chunk[56...]
        #expect(records(Array(second), SpanRecord.self) == nil, "without a row before it")
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
        // In the first word: three bits of kind, five of source.
        for (facts, place) in [(UInt64(kind), UInt64(54)), (25, 57), (30, 57)] {
            var damaged = row.span.bytes.word(0) & ~((place == 54 ? 7 : 31) << place) | facts << place
            var bytes: [UInt8] = []
            for _ in 0..<8 {
                bytes.append(UInt8(truncatingIfNeeded: damaged))
                damaged >>= 8
            }
            #expect(records(bytes + row[8...], SpanRecord.self) == nil)
        }
    }
}
