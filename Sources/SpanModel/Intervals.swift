internal import Glibc

/// A pair of limits around an estimate.
///
/// Computed in IEEE double precision; ends of counts and ratios are rounded to 2⁻²⁰ of their value, so that the last
/// bit of a machine's `exp` does not show.
public struct ConfidenceInterval: Hashable, Sendable {
    public var low: Double
    public var high: Double

    public init(low: Double, high: Double) {
        self.low = low
        self.high = high
    }

    /// Two-sided 95 % of the normal distribution.
    public static let z95 = 1.959963984540054
    /// Two-sided 99 %.
    public static let z99 = 2.5758293035489004

    /// What may have happened unseen: nothing was sampled while the probability was `probability`.
    ///
    /// [0, 3/p], the Poisson limit of 95 % (`sampling.md` §4.3); nil unless 0 < probability ≤ 1.
    public static func unseen(probability: Double) -> ConfidenceInterval? {
        guard probability > 0, probability <= 1 else { return nil }
        return ConfidenceInterval(low: 0, high: rounded(3 / probability))
    }

    /// Wilson's interval of a ratio in a sample of this size; [0, 1] of an empty one.
    public static func wilson(ratio: Double, effectiveSize: Double, z: Double = z95) -> ConfidenceInterval {
        guard effectiveSize > 0 else { return ConfidenceInterval(low: 0, high: 1) }
        let r = min(max(ratio, 0), 1)
        let square = z * z / effectiveSize
        let middle = (r + square / 2) / (1 + square)
        let half = z / (1 + square) * (r * (1 - r) / effectiveSize + square / (4 * effectiveSize)).squareRoot()
        // Both ends are exact in theory where nothing, or everything, is a hit.
        let low = r == 0 ? 0 : max(0, middle - half)
        let high = r == 1 ? 1 : min(1, middle + half)
        return ConfidenceInterval(low: rounded(low), high: rounded(high))
    }

    static func rounded(_ value: Double) -> Double {
        guard value.isNormal else { return value }
        let unit = value.ulp * 4_294_967_296
        return (value / unit).rounded() * unit
    }
}

extension WeightedSums {
    /// The interval of the estimate: N̂·exp(±z·√V̂/N̂), nowhere below what was counted (`sampling.md` §4.3).
    ///
    /// - Parameters:
    ///   - z: 1.96 for 95 %.
    ///   - counted: seen, weighted or not: they did happen.
    ///   - probability: in effect, for when nothing that weighs was seen.
    /// - Returns: nil when nothing that weighs was seen and no probability is known.
    public func interval(
        z: Double = ConfidenceInterval.z95, counted: UInt64, probability: Double? = nil
    ) -> ConfidenceInterval? {
        let floor = Double(counted)
        guard s1 > 0 else {
            guard let unseen = probability.flatMap(ConfidenceInterval.unseen(probability:)) else { return nil }
            return ConfidenceInterval(low: floor, high: max(floor, unseen.high))
        }
        let factor = exp(z * variance.squareRoot() / estimate)
        return ConfidenceInterval(
            low: max(floor, ConfidenceInterval.rounded(estimate / factor)),
            high: max(floor, ConfidenceInterval.rounded(estimate * factor)))
    }

    /// What part of `all` these are, with its interval (`sampling.md` §4.3): errors of an operation.
    ///
    /// The covariance of the two is not kept; Σ w(w−1)e² stands for Σ w(w−1)ey, which is exact where each trace
    /// fails wholly or not at all, and else makes the interval wider. With none or all a hit it is Wilson's.
    ///
    /// - Returns: nil when `all` is empty.
    public func ratio(
        of all: WeightedSums, z: Double = ConfidenceInterval.z95
    ) -> (ratio: Double, interval: ConfidenceInterval)? {
        guard all.s1 > 0 else { return nil }
        let ratio = min(estimate / all.estimate, 1)
        guard ratio > 0, ratio < 1 else {
            return (ratio, .wilson(ratio: ratio, effectiveSize: all.effectiveSize, z: z))
        }
        let residual = (1 - 2 * ratio) * variance + ratio * ratio * all.variance
        let half = z * max(residual, 0).squareRoot() / all.estimate
        let interval = ConfidenceInterval(
            low: ConfidenceInterval.rounded(max(0, ratio - half)),
            high: ConfidenceInterval.rounded(min(1, ratio + half)))
        return (ratio, interval)
    }
}

/// Limits of a percentile.
public struct QuantileInterval: Hashable, Sendable {
    public var lowNanoseconds: UInt64
    /// Nil: the sample cannot tell.
    public var highNanoseconds: UInt64?
    /// Fewer than five effective samples lie beyond the quantile.
    public var isWeak: Bool

    public init(lowNanoseconds: UInt64, highNanoseconds: UInt64?, isWeak: Bool) {
        self.lowNanoseconds = lowNanoseconds
        self.highNanoseconds = highNanoseconds
        self.isWeak = isWeak
    }
}

extension LatencySketch {
    /// The interval of the weighted q-quantile: the quantiles at q ± z·√(q(1−q)/n_eff) (`sampling.md` §4.4).
    ///
    /// - Parameters:
    ///   - q: 0…1.
    ///   - effectiveSize: `WeightedSums.effectiveSize` of the same spans, which knows that spans of a trace come
    ///     together.
    /// - Returns: nil where the quantile should not be published: less than one effective sample lies beyond it.
    public func interval(
        _ q: Double, z: Double = ConfidenceInterval.z95, effectiveSize: Double
    ) -> QuantileInterval? {
        let beyond = effectiveSize * min(q, 1 - q)
        // An effective size is exact to some 2⁻⁵⁰: ten samples of weight one must reach 1 at q = 0.9.
        guard beyond >= 1 - 1e-9 else { return nil }
        let reach = z * (q * (1 - q) / effectiveSize).squareRoot()
        guard let low = weightedPercentile(max(0, q - reach)) else { return nil }
        let high = q + reach >= 1 ? nil : weightedPercentile(q + reach)
        return QuantileInterval(lowNanoseconds: low, highNanoseconds: high, isWeak: beyond < 5 - 1e-9)
    }
}
