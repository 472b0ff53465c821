/// A pair of limits around an estimate.
///
/// Computed in IEEE double precision from sums, quotients and roots alone, which are equal on every machine.
public struct ConfidenceInterval: Hashable, Sendable {
    public var low: Double
    public var high: Double

    /// From `low` to `high`, in the unit of what they estimate; not checked.
    public init(low: Double, high: Double) {
        self.low = low
        self.high = high
    }

    /// Two-sided 95 % of the normal distribution.
    public static let z95 = 1.959963984540054
    /// One-sided 95 %.
    static let oneSided95 = 1.6448536269514722

    /// What may have happened unseen: nothing was sampled while the probability was `probability`.
    ///
    /// [0, 3/p], the Poisson limit of 95 %; nil unless 0 < probability ≤ 1.
    public static func unseen(probability: Double) -> ConfidenceInterval? {
        guard probability > 0, probability <= 1 else { return nil }
        return ConfidenceInterval(low: 0, high: rounded(3 / probability))
    }

    /// Wilson's interval of a ratio in a sample of this size; [0, 1] of an empty one.
    ///
    /// With fewer than four hits, or misses, the end on their side reaches at least to the Poisson limit of 95 %, for
    /// Wilson's own covers as little as 84 % there (Brown, Cai and DasGupta, Interval Estimation for a Binomial
    /// Proportion, 2001, §4.1.1).
    ///
    /// - Parameters:
    ///   - effectiveSize: infinite where nothing is left to chance.
    ///   - deviate: 1.96 for 95 %.
    public static func wilson(ratio: Double, effectiveSize: Double, deviate: Double = z95) -> ConfidenceInterval {
        guard effectiveSize > 0 else { return ConfidenceInterval(low: 0, high: 1) }
        let r = min(max(ratio, 0), 1)
        guard effectiveSize.isFinite else { return ConfidenceInterval(low: r, high: r) }
        let square = deviate * deviate / effectiveSize
        let middle = (r + square / 2) / (1 + square)
        let half = deviate / (1 + square) * (r * (1 - r) / effectiveSize + square / (4 * effectiveSize)).squareRoot()
        // Both ends are exact in theory where nothing, or everything, is a hit.
        var low = r == 0 ? 0 : max(0, middle - half)
        var high = r == 1 ? 1 : min(1, middle + half)
        let (hits, misses) = (r * effectiveSize, (1 - r) * effectiveSize)
        if hits < 4 { low = min(low, Poisson.lowerLimit(hits) / effectiveSize) }
        if misses < 4 { high = max(high, 1 - Poisson.lowerLimit(misses) / effectiveSize) }
        return ConfidenceInterval(low: rounded(low), high: rounded(high))
    }

    /// To 2⁻²⁰ of the value.
    static func rounded(_ value: Double) -> Double {
        guard value.isNormal else { return value }
        let unit = value.ulp * 4_294_967_296
        return (value / unit).rounded() * unit
    }
}

/// Limits of a mean after a number of rare events.
enum Poisson {
    /// The one-sided lower limit of 95 %: Wilson and Hilferty's cube root, below the exact one by at most 0.012.
    static func lowerLimit(_ events: Double) -> Double {
        guard events > 0 else { return 0 }
        let root = 1 - 1 / (9 * events) - ConfidenceInterval.oneSided95 / (3 * events.squareRoot())
        return root > 0 ? events * root * root * root : 0
    }
}

extension WeightedSums {
    /// The 95 % interval of the estimate, in whole numbers, nowhere below what was counted.
    ///
    /// A score interval: it holds every N with |N − N̂| ≤ z·√(V̂ + c·(N − N̂)). That is Wilson's idea for a count of which
    /// a share is seen: the variance belongs to N, not to N̂, and rises with it by c for each call. With one weight for
    /// all it is the exact score interval of a binomial sample, of Poisson's in the limit. Where traces hold several
    /// calls, V̂ itself is estimated, and z gives way to Student's t. Nothing is left to chance with weights of one.
    ///
    /// - Parameters:
    ///   - counted: seen, weighted or not: they did happen.
    ///   - probability: in effect, for when nothing that weighs was seen.
    /// - Returns: nil when nothing that weighs was seen and no probability is known.
    public func interval(counted: UInt64, probability: Double? = nil) -> ConfidenceInterval? {
        let floor = Double(counted)
        guard s1 > 0 else {
            guard let unseen = probability.flatMap(ConfidenceInterval.unseen(probability:)) else { return nil }
            return ConfidenceInterval(low: floor, high: max(floor, unseen.high))
        }
        let (estimate, growth) = (estimate, growth(counted: counted))
        let shift = deviate * deviate * growth / 2
        let half = (deviate * deviate * variance + shift * shift).squareRoot()
        var low = estimate + shift - half
        if growth > 0 {
            // As with Wilson's: one event of weight w is also what 0.05·w of them may look like.
            let events = variance / (growth * growth)
            low = min(low, estimate - growth * (events - Poisson.lowerLimit(events)))
        }
        // A count is whole; and the estimate lies inside, where the ends are less than one apart.
        return ConfidenceInterval(
            low: max(floor, min(low.rounded(), estimate.rounded(.down))),
            high: max(floor, max((estimate + shift + half).rounded(), estimate.rounded(.up))))
    }

    /// What part of `all` these are, with its 95 % interval: errors of an operation.
    ///
    /// Wilson's, in a sample so large that it has the variance of the ratio of two weighted sums: Σ w(w−1)(e−r·y)² /
    /// (Σ w·y)² (Kott and Carr 1997, Korn and Graubard 1998). The covariance of the two is not kept; Σ w(w−1)e² stands
    /// for Σ w(w−1)ey, which is exact where each trace fails wholly or not at all, and else makes the interval wider.
    ///
    /// - Returns: nil when `all` is empty.
    public func ratio(of all: WeightedSums) -> (ratio: Double, interval: ConfidenceInterval)? {
        guard all.s1 > 0 else { return nil }
        let ratio = min(estimate / all.estimate, 1)
        let square = all.estimate * all.estimate
        var size = square / all.variance
        if ratio > 0, ratio < 1 {
            let residual = (1 - 2 * ratio) * variance + ratio * ratio * all.variance
            size = ratio * (1 - ratio) * square / max(residual, 0)
        }
        // Errors that come in a few traces leave fewer degrees of freedom than all calls.
        let deviate = max(deviate, all.deviate)
        return (ratio, .wilson(ratio: ratio, effectiveSize: size, deviate: deviate))
    }

    /// Calls of one edge in the trace of a call taken at random: Σ w·y² / Σ w·y, at least one.
    private var callsPerTrace: Double {
        max(1, Double(s3 - min(s2, s3)) / 1_048_576 / Double(max(s1, 1)))
    }

    /// By how much the variance rises with every call: w − 1 for equal weights, times the calls per trace.
    ///
    /// Calls that weigh one leave no doubt; those that were not seen stand for the rest.
    private func growth(counted: UInt64) -> Double {
        let unseen = estimate - Double(counted)
        let mean = unseen > 0 ? variance / unseen - callsPerTrace : variance / estimate
        // No single trace can weigh more than √Σ w²y².
        return min(max(mean, 0), (Double(s3) / 1_099_511_627_776).squareRoot())
    }

    /// How many standard errors an interval of 95 % reaches: 1.96 where each trace holds one call, so that weights
    /// alone tell the variance; towards Student's t where the variance is that of calls per trace.
    ///
    /// Of half the effective size: sizes that are spread like a geometric distribution leave the variance two thirds of it
    /// as degrees of freedom (Satterthwaite: 2V²/var V̂), longer tails fewer.
    private var deviate: Double {
        let z = ConfidenceInterval.z95
        guard s1 > 0 else { return z }
        let student = StudentsT.deviate(z, degreesOfFreedom: effectiveSize / 2)
        return z + (student - z) * (1 - 1 / callsPerTrace)
    }
}

/// Student's t distribution.
enum StudentsT {
    /// The deviate that t exceeds as rarely as a normal variable exceeds `z`.
    ///
    /// Cornish and Fisher's expansion (Abramowitz and Stegun 26.7.5): within 0.3 % from four degrees of freedom on, less
    /// than one counts as one.
    static func deviate(_ z: Double, degreesOfFreedom: Double) -> Double {
        let n = max(1, degreesOfFreedom)
        let square = z * z
        let first = (square + 1) / 4
        let second = ((5 * square + 16) * square + 3) / 96
        let third = (((3 * square + 19) * square + 17) * square - 15) / 384
        return z * (1 + (first + (second + third / n) / n) / n)
    }
}
