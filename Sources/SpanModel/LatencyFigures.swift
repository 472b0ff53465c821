/// The percentiles that are shown and stored.
///
/// Raw values are thousandths of the samples.
public enum Percentile: UInt64, CaseIterable, Sendable {
    case p50 = 500
    case p75 = 750
    case p90 = 900
    case p95 = 950
    case p99 = 990
    case p999 = 999

    /// As documents and the store call it.
    public var name: String {
        switch self {
        case .p50: "p50"
        case .p75: "p75"
        case .p90: "p90"
        case .p95: "p95"
        case .p99: "p99"
        case .p999: "p999"
        }
    }

    /// 0…1, as `LatencySketch.percentile` wants it.
    public var share: Double { Double(rawValue) / 1000 }
}

/// What a `LatencySketch` says in a few numbers: enough to show, not to merge.
public struct LatencyFigures: Hashable, Sendable {
    /// Samples; all other numbers mean nothing where there is none.
    public var count: UInt64 = 0
    public var sumNanoseconds: UInt128 = 0
    public var minimumNanoseconds: UInt64 = 0
    public var maximumNanoseconds: UInt64 = 0
    private var percentiles = Percentiles()

    private struct Percentiles: Hashable, Sendable {
        var p50: UInt64 = 0
        var p75: UInt64 = 0
        var p90: UInt64 = 0
        var p95: UInt64 = 0
        var p99: UInt64 = 0
        var p999: UInt64 = 0
    }

    /// The figures of no sample.
    public init() {}

    /// Figures that were kept somewhere.
    ///
    /// - Parameter percentiles: nanoseconds; asked for from the lowest to the highest, each once.
    /// - Throws: what `percentiles` throws.
    public init(
        count: UInt64, sumNanoseconds: UInt128, minimumNanoseconds: UInt64, maximumNanoseconds: UInt64,
        percentiles: (Percentile) throws -> UInt64
    ) rethrows {
        self.count = count
        self.sumNanoseconds = sumNanoseconds
        self.minimumNanoseconds = minimumNanoseconds
        self.maximumNanoseconds = maximumNanoseconds
        self.percentiles = Percentiles(
            p50: try percentiles(.p50), p75: try percentiles(.p75), p90: try percentiles(.p90),
            p95: try percentiles(.p95), p99: try percentiles(.p99), p999: try percentiles(.p999))
    }

    /// Whether there is no sample.
    public var isEmpty: Bool { count == 0 }

    /// Nanoseconds, as `LatencySketch.percentile` has them; nil where there is no sample.
    public subscript(percentile: Percentile) -> UInt64? {
        guard count > 0 else { return nil }
        switch percentile {
        case .p50: return percentiles.p50
        case .p75: return percentiles.p75
        case .p90: return percentiles.p90
        case .p95: return percentiles.p95
        case .p99: return percentiles.p99
        case .p999: return percentiles.p999
        }
    }
}

extension LatencySketch {
    /// The figures of the counted samples, nearest ranks as `percentile` has them.
    ///
    /// - Complexity: O(bins), in one pass.
    public var figures: LatencyFigures {
        guard !isEmpty else { return LatencyFigures() }
        let total = UInt128(count)
        // Percentiles are asked for from the lowest on, as the pass comes to them.
        let ranks = Percentile.allCases.map { (total * UInt128($0.rawValue) + 999) / 1000 }
        var found: [UInt64] = []
        var seen: UInt128 = 0
        bins.visit(while: { bin, count, _ in
            seen = seen.addingSaturating(UInt128(count))
            while found.count < ranks.count, seen >= ranks[found.count] {
                found.append(min(max(Self.representative(bin), minimumNanoseconds), maximumNanoseconds))
            }
            return found.count < ranks.count
        })
        var next = found.makeIterator()
        return LatencyFigures(
            count: count, sumNanoseconds: sumNanoseconds, minimumNanoseconds: minimumNanoseconds,
            maximumNanoseconds: maximumNanoseconds
        ) { _ in next.next() ?? maximumNanoseconds }
    }
}

/// How long the calls of one edge take, in figures.
public struct EdgeFigures: Hashable, Sendable {
    /// As the caller saw it.
    public var client: LatencyFigures
    /// As the callee saw it.
    public var server: LatencyFigures

    /// Both sides, either of which may have no sample.
    public init(client: LatencyFigures = LatencyFigures(), server: LatencyFigures = LatencyFigures()) {
        self.client = client
        self.server = server
    }
}

extension Edge {
    /// How long calls take as the caller saw it, whichever way the report was read.
    public var clientFigures: LatencyFigures { figures?.client ?? client.figures }

    /// How long calls take as the callee saw it, whichever way the report was read.
    public var serverFigures: LatencyFigures { figures?.server ?? server.figures }

    /// Whether callers measured any call.
    public var isMeasuredByClient: Bool { (figures?.client.count ?? client.count) > 0 }

    /// Whether callees measured any call.
    public var isMeasuredByServer: Bool { (figures?.server.count ?? server.count) > 0 }
}
