/// Three sums over traces from which a count, its estimate and its interval follow (`sampling.md` §4.3).
///
/// The trace is the sampling unit: y is what one trace contributes, w its weight. Integers, so any order of
/// merging gives equal values; saturating at 2¹²⁸ − 1.
@frozen
public struct WeightedSums: Hashable, Sendable {
    /// Σ w·y, in units of 2⁻²⁰.
    public var s1: UInt128
    /// Σ w·(w − 1)·y², in units of 2⁻⁴⁰: the variance estimate.
    public var s2: UInt128
    /// Σ w²·y², in units of 2⁻⁴⁰.
    public var s3: UInt128

    @inlinable
    public init(s1: UInt128 = 0, s2: UInt128 = 0, s3: UInt128 = 0) {
        self.s1 = s1
        self.s2 = s2
        self.s3 = s3
    }

    /// Adds what one trace contributes.
    public mutating func add(_ y: UInt64, weight: Weight) {
        guard y > 0, weight.units > 0 else { return }
        let w = UInt128(weight.units)
        let excess = weight.units > Weight.one.units ? UInt128(weight.units - Weight.one.units) : 0
        s1 = s1.addingSaturating(w.multipliedSaturating(UInt128(y)))
        let square = UInt128(y).multipliedSaturating(UInt128(y))
        s2 = s2.addingSaturating(w.multipliedSaturating(excess).multipliedSaturating(square))
        s3 = s3.addingSaturating(w.multipliedSaturating(w).multipliedSaturating(square))
    }

    /// Adds all traces of another value.
    public mutating func merge(_ other: WeightedSums) {
        s1 = s1.addingSaturating(other.s1)
        s2 = s2.addingSaturating(other.s2)
        s3 = s3.addingSaturating(other.s3)
    }

    /// The Horvitz–Thompson estimate.
    public var estimate: Double { Double(s1) / 1_048_576 }

    /// Σ w(w−1)y² as a number.
    public var variance: Double { Double(s2) / 1_099_511_627_776 }

    /// (Σ w·y)² / Σ w²·y²: how many equally weighted traces carry as much information; 0 when empty.
    public var effectiveSize: Double {
        s3 == 0 ? 0 : estimate * estimate / (Double(s3) / 1_099_511_627_776)
    }
}

extension UInt128 {
    /// The sum, or the greatest value where it does not fit.
    @inlinable
    public func addingSaturating(_ other: UInt128) -> UInt128 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    /// The product, or the greatest value where it does not fit.
    @inlinable
    public func multipliedSaturating(_ other: UInt128) -> UInt128 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }
}
