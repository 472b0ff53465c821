import SpanModel

/// Records become spans: one per (span id, side, service), whatever came in pieces or twice (P2).
struct PieceMerger {
    /// Index of the span each record became; filled only when `keepsOrigins`.
    private(set) var spanOfRecord: [Int32] = []
    /// How many records were merged away, by service; a service may repeat.
    private(set) var duplicates: [(service: UInt32, count: UInt64)] = []
    /// Flags that any span has.
    private(set) var anyFlags: SpanFlags = []
    /// Least start that is not zero; zero when no span has one.
    private(set) var startNanoseconds: UInt64 = 0
    let keepsOrigins: Bool

    /// A record with the place it belongs to: side and service.
    private struct Piece {
        var key: UInt64
        var record: Int
    }

    private var pieces: [Piece] = []
    private var kindless: [Piece] = []

    init(keepsOrigins: Bool) { self.keepsOrigins = keepsOrigins }

    /// Appends the spans of a trace by span id, side, service.
    mutating func merge(_ records: borrowing TraceRecords, into spans: inout [TraceSpan]) {
        duplicates.empty()
        let (records, services) = (records.records.span, records.services.span)
        spans.append(addingCapacity: records.count) { merge(records, services, into: &$0) }
    }

    /// - Parameters:
    ///   - services: of each record.
    ///   - spans: room for as many as there are records.
    private mutating func merge(
        _ records: Span<SpanRecord>, _ services: Span<UInt32>, into spans: inout OutputSpan<TraceSpan>
    ) {
        let count = records.count
        let hasRepeats = survey(records)
        guard hasRepeats || keepsOrigins else {
            // All are spans of their own, as is usual.
            for index in records.indices { spans.append(TraceSpan(records[index], service: services[index])) }
            return
        }
        if keepsOrigins { spanOfRecord.fill(with: 0, count: count) }
        var start = 0
        while start < count {
            let id = records[start].spanID
            var end = start + 1
            while end < count, records[end].spanID == id { end += 1 }
            if end - start == 1 {
                if keepsOrigins { spanOfRecord[start] = Int32(truncatingIfNeeded: spans.count) }
                spans.append(TraceSpan(records[start], service: services[start]))
            } else {
                arrange(start..<end, of: records, services)
                fold(records, services, into: &spans)
            }
            start = end
        }
    }

    /// Looks at what holds for all records together.
    ///
    /// - Returns: whether any span id comes twice.
    private mutating func survey(_ records: Span<SpanRecord>) -> Bool {
        var flags: UInt16 = 0
        var leastStart: UInt64 = .max
        // No record has this id.
        var before: UInt64 = 0
        var hasRepeats = false
        for index in records.indices {
            flags |= records[index].flags.rawValue
            // Zero, no start, wraps to the greatest.
            leastStart = min(leastStart, records[index].startNanoseconds &- 1)
            let id = records[index].spanID
            if id == before { hasRepeats = true }
            before = id
        }
        anyFlags = SpanFlags(rawValue: flags)
        startNanoseconds = leastStart &+ 1
        return hasRepeats
    }

    /// Finds the place of each record of one span id.
    private mutating func arrange(_ range: Range<Int>, of records: Span<SpanRecord>, _ services: Span<UInt32>) {
        pieces.empty()
        kindless.empty()
        var leastNamed: (UInt32, UInt32, UInt32) = (.max, .max, .max)
        for index in range where services[index] != 0 {
            switch records[index].kind.side {
            case .exit: leastNamed.0 = min(leastNamed.0, services[index])
            case .entry: leastNamed.1 = min(leastNamed.1, services[index])
            case .local: leastNamed.2 = min(leastNamed.2, services[index])
            }
        }
        for index in range {
            let side = records[index].kind.side
            var service = services[index]
            if service == 0 {
                let least = side == .exit ? leastNamed.0 : side == .entry ? leastNamed.1 : leastNamed.2
                if least != .max { service = least }
            }
            let piece = Piece(key: Self.key(side, service), record: index)
            if records[index].kind == .unset { kindless.append(piece) } else { pieces.append(piece) }
        }
        sortPieces()
        guard !kindless.isEmpty else { return }
        placeKindless()
        sortPieces()
    }

    /// A record of unset kind joins an exit, else an entry, of its service; without a service, any.
    private mutating func placeKindless() {
        let known = pieces.count
        for var piece in kindless {
            let service = UInt32(truncatingIfNeeded: piece.key)
            for side in [SpanSide.exit, .entry] {
                let place = lowerBound(Self.key(side, service), within: known)
                guard place < known,
                    service == 0
                        ? pieces[place].key >> 32 == UInt64(side.rawValue)
                        : pieces[place].key == Self.key(side, service)
                else { continue }
                piece.key = pieces[place].key
                break
            }
            pieces.append(piece)
        }
    }

    /// Merges the pieces of each place into one span.
    private mutating func fold(
        _ records: Span<SpanRecord>, _ services: Span<UInt32>, into spans: inout OutputSpan<TraceSpan>
    ) {
        var start = 0
        while start < pieces.count {
            let key = pieces[start].key
            let service = UInt32(truncatingIfNeeded: key)
            var builder = SpanBuilder(records[pieces[start].record], service: service)
            builder.prefer(operationOf: records[pieces[start].record], services[pieces[start].record])
            var end = start
            while end < pieces.count, pieces[end].key == key {
                let record = pieces[end].record
                if end > start { builder.absorb(records[record], services[record]) }
                if keepsOrigins { spanOfRecord[record] = Int32(truncatingIfNeeded: spans.count) }
                end += 1
            }
            spans.append(builder.finished)
            if end - start > 1 { duplicates.append((service, UInt64(end - start - 1))) }
            start = end
        }
    }

    private static func key(_ side: SpanSide, _ service: UInt32) -> UInt64 {
        UInt64(side.rawValue) << 32 | UInt64(service)
    }

    private func lowerBound(_ key: UInt64, within count: Int) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if pieces[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func sortPieces() {
        pieces.sort { ($0.key, $0.record) < ($1.key, $1.record) }
    }
}
