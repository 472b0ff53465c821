/// Durations of one operation or edge, answerable as percentiles.
///
/// Base-2 log-linear bins, 64 per octave, exact below 128 ns: a reported percentile is within 1/129 (0.78 %) of a
/// true sample value, whatever the shape of the data. Bins are integers and equal on every machine; two
/// sketches merge in any order with the same result. Minimum, maximum, count and sum are exact.
///
/// - Complexity: `add` is O(1) apart from growth; `percentile` and `merge` are O(bins), at most 3,776.
public struct LatencySketch: Hashable, Sendable {
    /// Samples, unweighted.
    public private(set) var count: UInt64 = 0
    /// Nanoseconds; wraps never: 2⁶⁴ samples of 2⁶⁴ ns fit.
    public private(set) var sumNanoseconds: UInt128 = 0
    public private(set) var minimumNanoseconds: UInt64 = .max
    public private(set) var maximumNanoseconds: UInt64 = 0

    /// First bin of the window; `counts[i]` belongs to bin `base + i`.
    public private(set) var base: Int = 0
    public private(set) var counts: [UInt32] = []
    /// Weights per bin in units of 2⁻²⁰; empty while every sample weighs one.
    public private(set) var weights: [UInt128] = []

    public static let binCount = 3776

    public init() {}

    public var isEmpty: Bool { count == 0 }

    /// The bin of a duration.
    @inlinable
    public static func bin(_ nanoseconds: UInt64) -> Int {
        if nanoseconds < 128 { return Int(nanoseconds) }
        let exponent = 63 - nanoseconds.leadingZeroBitCount
        return (exponent - 5) * 64 + Int(nanoseconds &>> UInt64(exponent - 6)) - 64
    }

    /// The value that stands for a bin: within 1/129 of all its members.
    public static func representative(_ bin: Int) -> UInt64 {
        if bin < 128 { return UInt64(max(bin, 0)) }
        let exponent = bin / 64 + 5
        let width = UInt64(1) << UInt64(exponent - 6)
        let lower = (UInt64(bin % 64) + 64) << UInt64(exponent - 6)
        return lower + (width - 1) / 2
    }

    /// Adds one sample.
    public mutating func add(_ nanoseconds: UInt64, weight: Weight = .one) {
        let bin = Self.bin(nanoseconds)
        count += 1
        sumNanoseconds += UInt128(nanoseconds)
        minimumNanoseconds = min(minimumNanoseconds, nanoseconds)
        maximumNanoseconds = max(maximumNanoseconds, nanoseconds)
        if bin < base || bin >= base + counts.count { cover(bin...bin) }
        if weights.isEmpty, weight != .one { materializeWeights() }
        let saturated = counts[bin - base] == .max
        if !saturated { counts[bin - base] += 1 }
        if !weights.isEmpty { weights[bin - base] += UInt128(weight.units) }
    }

    /// Adds all samples of another sketch.
    public mutating func merge(_ other: LatencySketch) {
        guard other.count > 0 else { return }
        cover(other.base...(other.base + other.counts.count - 1))
        if weights.isEmpty, !other.weights.isEmpty { materializeWeights() }
        let shift = other.base - base
        for (index, added) in other.counts.enumerated() {
            let (sum, overflow) = counts[index + shift].addingReportingOverflow(added)
            counts[index + shift] = overflow ? .max : sum
            if !weights.isEmpty {
                weights[index + shift] += other.weights.isEmpty ? UInt128(added) << 20 : other.weights[index]
            }
        }
        count += other.count
        sumNanoseconds += other.sumNanoseconds
        minimumNanoseconds = min(minimumNanoseconds, other.minimumNanoseconds)
        maximumNanoseconds = max(maximumNanoseconds, other.maximumNanoseconds)
    }

    /// The nearest-rank percentile of the counted samples; nil when empty.
    ///
    /// - Parameter q: 0…1; the smallest value v with F(v) ≥ q.
    public func percentile(_ q: Double) -> UInt64? {
        let total = counts.reduce(UInt128(0)) { $0 + UInt128($1) }
        return value(rank: Self.rank(q, of: total)) { UInt128(counts[$0]) }
    }

    /// The nearest-rank percentile of the weighted samples; nil when empty or when nothing weighs anything.
    public func weightedPercentile(_ q: Double) -> UInt64? {
        if weights.isEmpty { return percentile(q) }
        let total = weights.reduce(0, +)
        return value(rank: Self.rank(q, of: total)) { weights[$0] }
    }

    /// Sum of weights in units of 2⁻²⁰.
    public var totalWeightUnits: UInt128 {
        weights.isEmpty ? counts.reduce(UInt128(0)) { $0 + UInt128($1) << 20 } : weights.reduce(0, +)
    }

    /// A sketch as it was stored; nil when the parts contradict each other.
    public init?(
        count: UInt64, sumNanoseconds: UInt128, minimumNanoseconds: UInt64, maximumNanoseconds: UInt64, base: Int,
        counts: [UInt32], weights: [UInt128]
    ) {
        guard base >= 0, base + counts.count <= Self.binCount, weights.isEmpty || weights.count == counts.count,
            counts.isEmpty == (count == 0)
        else { return nil }
        self.count = count
        self.sumNanoseconds = sumNanoseconds
        self.minimumNanoseconds = minimumNanoseconds
        self.maximumNanoseconds = maximumNanoseconds
        self.base = base
        self.counts = counts
        self.weights = weights
    }

    /// ⌈q·total⌉ within 1…total, exact for q given to nine decimals.
    private static func rank(_ q: Double, of total: UInt128) -> UInt128 {
        let parts = UInt128(UInt64((min(max(q, 0), 1) * 1e9) + 0.5))
        let (high, low) = (total / 1_000_000_000, total % 1_000_000_000)
        let rank = high * parts + (low * parts + 999_999_999) / 1_000_000_000
        return min(max(rank, 1), max(total, 1))
    }

    private func value(rank: UInt128, of mass: (Int) -> UInt128) -> UInt64? {
        guard count > 0 else { return nil }
        var seen: UInt128 = 0
        for index in counts.indices {
            seen += mass(index)
            if seen >= rank {
                return min(max(Self.representative(base + index), minimumNanoseconds), maximumNanoseconds)
            }
        }
        return nil
    }

    private mutating func materializeWeights() {
        weights = counts.map { UInt128($0) << 20 }
    }

    /// Grows the window to hold `bins`; equal samples give equal windows whatever the order.
    private mutating func cover(_ bins: ClosedRange<Int>) {
        guard !counts.isEmpty else {
            base = bins.lowerBound
            counts = Array(repeating: 0, count: bins.count)
            return
        }
        let lower = min(base, bins.lowerBound)
        let upper = max(base + counts.count - 1, bins.upperBound)
        guard lower != base || upper != base + counts.count - 1 else { return }
        let front = base - lower
        let back = upper - (base + counts.count - 1)
        counts = Array(repeating: 0, count: front) + counts + Array(repeating: 0, count: back)
        if !weights.isEmpty {
            weights = Array(repeating: 0, count: front) + weights + Array(repeating: 0, count: back)
        }
        base = lower
    }
}
