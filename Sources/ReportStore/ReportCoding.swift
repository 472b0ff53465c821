internal import GRDB
internal import SpanModel

/// The percentiles of a sketch as columns, for people; the sketch itself is the truth.
enum Percentiles {
    /// In thousandths.
    private static let quantiles: [(name: String, rank: UInt64)] = [
        ("p50", 500), ("p75", 750), ("p90", 900), ("p95", 950), ("p99", 990), ("p999", 999),
    ]

    static func columns(_ prefix: String) -> String {
        (["minimum"] + quantiles.map(\.name) + ["maximum"]).map { "\(prefix)\($0)_nanoseconds" }.joined(separator: ", ")
    }

    /// As `LatencySketch.percentile` has them, all in one pass.
    static func values(_ sketch: LatencySketch) -> [DatabaseValue] {
        if sketch.isEmpty { return Array(repeating: .null, count: quantiles.count + 2) }
        var total: UInt128 = 0
        sketch.forEachBin { _, count, _ in total += UInt128(count) }
        var values: [DatabaseValue] = [.integer(sketch.minimumNanoseconds)]
        var seen: UInt128 = 0
        sketch.forEachBin { bin, count, _ in
            seen += UInt128(count)
            while values.count <= quantiles.count, seen * 1000 >= total * UInt128(quantiles[values.count - 1].rank) {
                let value = LatencySketch.representative(bin)
                values.append(.integer(min(max(value, sketch.minimumNanoseconds), sketch.maximumNanoseconds)))
            }
        }
        return values + [.integer(sketch.maximumNanoseconds)]
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
