internal import SpanModel

/// The part of a shard's traces that is gathered at a time: a range of their ids' hashes.
///
/// The hash is seeded, so that no choice of ids can put many traces into one narrow range.
struct GatheringPass {
    private let seed: UInt64
    private let matchesLow64: Bool
    private var lower: UInt64 = 0
    /// Width less one.
    private var extent = UInt64.max

    init(seed: UInt64, matchesLow64: Bool) {
        self.seed = seed
        self.matchesLow64 = matchesLow64
    }

    /// Whether all traces are in.
    var isWhole: Bool { lower == 0 && extent == .max }
    var canHalve: Bool { extent > 0 }

    @inline(__always)
    func contains(_ id: TraceID) -> Bool {
        let low = mix64(id.low ^ seed)
        let hash = matchesLow64 ? low : mix64(low ^ id.high)
        return hash >= lower && hash - lower <= extent
    }

    /// Takes this fraction of all traces.
    mutating func narrow(to fraction: Double) {
        extent = UInt64(Double(UInt64.max / 2) * min(max(fraction, 0), 1)) * 2
    }

    mutating func halve() { extent /= 2 }

    mutating func widen() { extent = extent > .max / 4 ? .max : extent * 4 + 3 }

    /// Moves to the range after this one; false at the end.
    mutating func advance() -> Bool {
        let (next, overflow) = lower.addingReportingOverflow(extent)
        guard !overflow, next < .max else { return false }
        lower = next + 1
        return true
    }
}
