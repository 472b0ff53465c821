/// Durations of one operation or edge, answerable as percentiles.
///
/// Base-2 log-linear bins, 64 per octave, exact below 128 ns: a reported percentile is within 1/129 (0.78 %) of a
/// true sample value, whatever the shape of the data. Bins are integers and equal on every machine; two
/// sketches merge in any order with the same result, and sketches of equal samples are equal, whatever
/// their history. Minimum, maximum, count and sum are exact.
///
/// A few samples cost a few words; many cost a window as wide as the data.
///
/// - Complexity: `add` is O(1) apart from growth; `percentile` and `merge` are O(bins), at most 3,776.
public struct LatencySketch: Hashable, Sendable {
    /// Nanoseconds; wraps never: 2⁶⁴ samples of 2⁶⁴ ns fit.
    public private(set) var sumNanoseconds: UInt128 = 0
    /// Samples, unweighted; saturating.
    public private(set) var count: UInt64 = 0
    public private(set) var minimumNanoseconds: UInt64 = .max
    public private(set) var maximumNanoseconds: UInt64 = 0
    private(set) var bins = LatencyBins()

    public static let binCount = 3776

    /// No samples, and no storage yet.
    public init() {}

    @inlinable
    public var isEmpty: Bool { count == 0 }

    /// The bin of a duration.
    @inlinable
    public static func bin(_ nanoseconds: UInt64) -> Int {
        if nanoseconds < 128 { return Int(nanoseconds) }
        let exponent = 63 - nanoseconds.leadingZeroBitCount
        return (exponent - 5) * 64 + Int(nanoseconds &>> UInt64(exponent - 6)) - 64
    }

    /// The value that stands for a bin: the harmonic mean of its ends, within 1/129 of all its members.
    public static func representative(_ bin: Int) -> UInt64 {
        if bin < 128 { return UInt64(max(bin, 0)) }
        let shift = UInt64(min(bin, binCount - 1) / 64 - 1)
        let mantissa = UInt64(min(bin, binCount - 1) % 64) + 64
        return mantissa << shift + (mantissa << shift) / (2 * mantissa + 1)
    }

    /// Adds one sample.
    public mutating func add(_ nanoseconds: UInt64, weight: Weight = .one) {
        count = count.addingSaturating(1)
        sumNanoseconds &+= UInt128(nanoseconds)
        minimumNanoseconds = min(minimumNanoseconds, nanoseconds)
        maximumNanoseconds = max(maximumNanoseconds, nanoseconds)
        bins.add(Self.bin(nanoseconds), units: weight.units)
    }

    /// Adds several samples, which takes less than adding each.
    ///
    /// - Parameter weights: by number; the first is `Weight.one`.
    public mutating func add(_ samples: Span<PackedSample>, weights: Span<Weight>) {
        var sum: UInt128 = 0
        var (least, greatest) = (minimumNanoseconds, maximumNanoseconds)
        for index in samples.indices {
            let nanoseconds = samples[index].nanoseconds
            sum &+= UInt128(nanoseconds)
            least = min(least, nanoseconds)
            greatest = max(greatest, nanoseconds)
        }
        count = count.addingSaturating(UInt64(samples.count))
        sumNanoseconds &+= sum
        (minimumNanoseconds, maximumNanoseconds) = (least, greatest)
        bins.add(samples, weights)
    }

    /// Adds all samples of another sketch.
    public mutating func merge(_ other: LatencySketch) {
        guard other.count > 0 else { return }
        guard count > 0 else {
            self = other
            return
        }
        count = count.addingSaturating(other.count)
        sumNanoseconds = sumNanoseconds.addingSaturating(other.sumNanoseconds)
        minimumNanoseconds = min(minimumNanoseconds, other.minimumNanoseconds)
        maximumNanoseconds = max(maximumNanoseconds, other.maximumNanoseconds)
        bins.merge(other.bins)
    }

    /// The nearest-rank percentile of the counted samples; nil when empty.
    ///
    /// - Parameter q: 0…1; the smallest value v with F(v) ≥ q.
    public func percentile(_ q: Double) -> UInt64? { value(bins.bin(q, weighted: false, total: UInt128(count))) }

    /// The nearest-rank percentile of the weighted samples; nil when empty or when nothing weighs anything.
    public func weightedPercentile(_ q: Double) -> UInt64? {
        // Where all weigh one, weights say what counts say.
        guard isWeighted else { return percentile(q) }
        return value(bins.bin(q, weighted: true, total: totalWeightUnits))
    }

    /// Sum of weights in units of 2⁻²⁰.
    public var totalWeightUnits: UInt128 {
        isWeighted ? bins.total(weighted: true) : UInt128(count) << 20
    }

    /// Whether any sample weighs something else than one.
    public var isWeighted: Bool { bins.isWeighted }

    /// Bytes beyond the value itself, for the memory budget.
    public var memoryBytes: Int { bins.memoryBytes }

    /// Bins that hold samples, lowest first: number, samples, and weight in units of 2⁻²⁰.
    public func forEachBin(_ body: (_ bin: Int, _ count: UInt64, _ weightUnits: UInt128) -> Void) {
        bins.forEach(body)
    }

    /// First bin of the dense view; `counts[i]` belongs to bin `base + i`.
    public var base: Int { bins.range?.lowerBound ?? 0 }

    /// Samples per bin from the first to the last that holds any, saturating.
    ///
    /// - Complexity: O(bins) at every call.
    public var counts: [UInt32] {
        guard let range = bins.range else { return [] }
        var dense = [UInt32](repeating: 0, count: range.count)
        bins.forEach { bin, count, _ in dense[bin - range.lowerBound] = UInt32(clamping: count) }
        return dense
    }

    /// Weights per bin in units of 2⁻²⁰, parallel to `counts`; empty while every sample weighs one.
    ///
    /// - Complexity: O(bins) at every call.
    public var weights: [UInt128] {
        guard isWeighted, let range = bins.range else { return [] }
        var dense = [UInt128](repeating: 0, count: range.count)
        bins.forEach { bin, _, units in dense[bin - range.lowerBound] = units }
        return dense
    }

    /// A sketch from its parts; nil when they contradict each other.
    public init?(
        count: UInt64, sumNanoseconds: UInt128, minimumNanoseconds: UInt64, maximumNanoseconds: UInt64, base: Int,
        counts: [UInt32], weights: [UInt128]
    ) {
        guard (0...Self.binCount).contains(base), counts.count <= Self.binCount - base,
            weights.isEmpty || weights.count == counts.count
        else { return nil }
        var bins = LatencyBins()
        for (index, count) in counts.enumerated() where count > 0 {
            let units = weights.isEmpty ? UInt128(count) << 20 : weights[index]
            bins.add(base + index, count: UInt64(count), units: units, isWeighted: !weights.isEmpty)
        }
        self.init(count, sumNanoseconds, minimumNanoseconds, maximumNanoseconds, bins)
    }

    /// A sketch from its parts; nil when they contradict each other.
    init?(_ count: UInt64, _ sum: UInt128, _ minimum: UInt64, _ maximum: UInt64, _ bins: LatencyBins) {
        guard count > 0 else {
            guard bins.range == nil else { return nil }
            return
        }
        guard let range = bins.range, minimum <= maximum, range.lowerBound == Self.bin(minimum),
            range.upperBound == Self.bin(maximum), bins.total(weighted: false) == UInt128(count)
        else { return nil }
        let bounds = UInt128(minimum) * UInt128(count)...UInt128(maximum) * UInt128(count)
        guard bounds.contains(sum) else { return nil }
        self.count = count
        sumNanoseconds = sum
        minimumNanoseconds = minimum
        maximumNanoseconds = maximum
        self.bins = bins
    }

    /// Exact where all members of the bin are equal, and never outside the samples.
    private func value(_ bin: Int?) -> UInt64? {
        bin.map { min(max(Self.representative($0), minimumNanoseconds), maximumNanoseconds) }
    }
}
