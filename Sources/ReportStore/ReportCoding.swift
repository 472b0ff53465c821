internal import GRDB
internal import SpanModel

/// The extremes and percentiles of a sketch as columns.
///
/// The sketch beside them is the truth; who shows no more than these need not take it apart.
enum Percentiles {
    static func columns(_ prefix: String) -> String {
        (["minimum"] + Percentile.allCases.map(\.name) + ["maximum"])
            .map { "\(prefix)\($0)_nanoseconds" }.joined(separator: ", ")
    }

    /// What a sketch says in figures: its first bytes, then the columns beside it, extremes first.
    static func figureColumns(_ prefix: String) -> String {
        let columns = ["minimum", "maximum"] + Percentile.allCases.map(\.name)
        return "\(prefix)sketch, " + columns.map { "\(prefix)\($0)_nanoseconds" }.joined(separator: ", ")
    }

    /// Columns of one sketch.
    static var count: Int { Percentile.allCases.count + 2 }

    static func values(_ sketch: LatencySketch) -> [DatabaseValue] {
        if sketch.isEmpty { return Array(repeating: .null, count: count) }
        let figures = sketch.figures
        return [.integer(figures.minimumNanoseconds)] + Percentile.allCases.map { .integer(figures[$0]) }
            + [.integer(figures.maximumNanoseconds)]
    }
}

/// The counters of `Quality` by the names they have in JSON and in the store.
enum QualityCounters {
    static var all: [(name: String, path: WritableKeyPath<Quality, UInt64>)] { figures + evidence }

    private static var evidence: [(name: String, path: WritableKeyPath<Quality, UInt64>)] {
        WeightEvidence.allCases.map { ("traces_by_\($0.label)", \.evidence[$0]) }
    }

    private static var figures: [(name: String, path: WritableKeyPath<Quality, UInt64>)] {
        [
            ("archives", \.archives), ("archives_bad", \.archivesBad), ("records_bad", \.recordsBad),
            ("bytes_read", \.bytesRead), ("spans", \.spans), ("spans_invalid", \.spansInvalid),
            ("spans_outside", \.spansOutside), ("traces", \.traces), ("traces_complete", \.tracesComplete),
            ("entry_calls", \.entryCalls), ("operations_folded", \.operationsFolded),
        ]
    }
}

extension DatabaseValue {
    static func sketch(_ sketch: LatencySketch) -> DatabaseValue {
        sketch.isEmpty ? .null : .blob { sketch.encode(into: &$0) }
    }

    static func traceID(_ id: TraceID?) -> DatabaseValue { id.map { .blob(TraceIDCoding.bytes([$0])) } ?? .null }
}

extension Columns {
    mutating func sketch() throws -> LatencySketch {
        try decoded { try LatencySketch(decoding: &$0) } ?? LatencySketch()
    }

    mutating func traceIDs() throws -> [TraceID] {
        guard let ids = TraceIDCoding.ids(try blob()) else { throw Self.damage }
        return ids
    }

    mutating func traceID() throws -> TraceID? { try traceIDs().first }
}

extension SpanKind {
    init?(label: String) {
        guard let kind = Self.allCases.first(where: { $0.label == label }) else { return nil }
        self = kind
    }
}

extension WeightEvidence {
    init?(label: String) {
        guard let evidence = Self.allCases.first(where: { $0.label == label }) else { return nil }
        self = evidence
    }
}

extension NameSource {
    private static let byKey = Dictionary(
        uniqueKeysWithValues: allCases.compactMap { source in source.key.map { ($0, source) } })

    init?(key: String?) {
        guard let key else {
            self = .none
            return
        }
        guard let source = Self.byKey[key] else { return nil }
        self = source
    }
}
