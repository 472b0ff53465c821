/// Limits of a percentile.
public struct QuantileInterval: Hashable, Sendable {
    public var lowNanoseconds: UInt64
    /// Nil: the sample cannot tell.
    public var highNanoseconds: UInt64?
    /// Fewer than five effective samples lie beyond the quantile: wider, and without the promise of 95 %.
    public var isWeak: Bool

    public init(lowNanoseconds: UInt64, highNanoseconds: UInt64?, isWeak: Bool) {
        self.lowNanoseconds = lowNanoseconds
        self.highNanoseconds = highNanoseconds
        self.isWeak = isWeak
    }
}

extension LatencySketch {
    /// The 95 % interval of the weighted q-quantile of what the durations were drawn from.
    ///
    /// Woodruff's (Confidence Intervals for Medians and Other Position Measures, 1952): the quantiles at q ± z·s with s =
    /// √(q(1−q)/n), n the effective size. Both are moved by (z² − 1)(1 − 2q)/6n (Cornish and Fisher), for the few samples
    /// beyond a high quantile vary more upwards than downwards.
    ///
    /// - Parameters:
    ///   - q: 0…1.
    ///   - effectiveSize: `WeightedSums.effectiveSize` of the same spans, which knows that spans of a trace come
    ///     together; where those of a trace are not alike, the interval is wider than need be.
    /// - Returns: nil where the quantile should not be published: less than one effective sample lies beyond it.
    public func interval(_ q: Double, effectiveSize: Double) -> QuantileInterval? {
        let beyond = effectiveSize * min(q, 1 - q)
        // An effective size is exact to some 2⁻⁵⁰: ten samples of weight one must reach 1 at q = 0.9.
        guard beyond >= 1 - 1e-9, let point = weightedPercentile(q) else { return nil }
        let z = ConfidenceInterval.z95
        let reach = z * (q * (1 - q) / effectiveSize).squareRoot()
        let middle = q + (z * z - 1) * (1 - 2 * q) / (6 * effectiveSize)
        let high = middle + reach >= 1 ? nil : limit(middle + reach, .above)
        return QuantileInterval(
            lowNanoseconds: min(limit(max(0, middle - reach), .below), point),
            highNanoseconds: high.map { max($0, point) }, isWeak: beyond < 5 - 1e-9)
    }

    private enum Side { case below, above }

    /// Where the weighted distribution reaches a share, within its bin in proportion.
    ///
    /// A bin that stands alone, with less than a quarter of its weight in either neighbour, holds a value that many
    /// samples share, or a single one: where in the bin is unknown, so its end on the side asked for is given. Percentiles
    /// by nearest rank would be wrong by up to a bin, which is more than the whole interval of many thousand samples.
    private func limit(_ share: Double, _ side: Side) -> UInt64 {
        let rank = share * Double(totalWeightUnits)
        var (seen, found) = (UInt128(0), Place())
        bins.visit(while: { bin, _, units in
            if found.isKnown {
                if bin == found.bin + 1 { found.neighbour = max(found.neighbour, units) }
                return false
            }
            let before = seen
            seen = seen.addingSaturating(units)
            let adjacent = bin == found.bin + 1 ? found.units : 0
            found = Place(bin: bin, units: units, neighbour: adjacent)
            guard Double(seen) >= rank else { return true }
            found.isKnown = true
            found.share = units == 0 ? 0 : max(0, rank - Double(before)) / Double(units)
            return true
        })
        // The outermost bins are filled as far as the samples go.
        let first = max(Self.lowest(found.bin), minimumNanoseconds)
        let last = min(Self.lowest(found.bin + 1) &- 1, maximumNanoseconds)
        guard first < last else { return first }
        if found.isAlone { return side == .below ? first : last }
        return first + min(UInt64(found.share * (Double(last - first) + 1)), last - first)
    }

    /// The lowest duration of a bin; zero, 2⁶⁴ wrapped, beyond the last.
    private static func lowest(_ bin: Int) -> UInt64 {
        bin < 128 ? UInt64(max(bin, 0)) : UInt64(bin % 64 + 64) << UInt64(bin / 64 - 1)
    }

    private struct Place {
        var bin = -2
        var units: UInt128 = 0
        /// The greater weight of the two bins beside it.
        var neighbour: UInt128 = 0
        /// Of its weight, what lies below the rank.
        var share = 0.0
        var isKnown = false

        var isAlone: Bool { neighbour < units / 4 }
    }
}
