extension WeightedSums {
    /// Adds what one trace contributes, where its parts may differ in weight.
    ///
    /// Σ w is exact; the squares use the mean weight, rounded down, for the trace is the sampling unit.
    ///
    /// - Parameters:
    ///   - y: parts that weigh anything.
    ///   - totalUnits: sum of their weights in units of 2⁻²⁰.
    @inlinable
    public mutating func add(_ y: UInt64, totalUnits: UInt64) {
        guard y > 0, totalUnits > 0 else { return }
        // (w·y)² and w·y·(w − 1)·y: both factors fit 64 bits, so their product fits 128.
        let product = y == 1 ? totalUnits : totalUnits / y &* y
        let (ones, overflow) = y.multipliedReportingOverflow(by: Weight.one.units)
        let excess = overflow || ones > product ? 0 : product &- ones
        s1 = s1.addingSaturating(UInt128(totalUnits))
        s2 = s2.addingSaturating(UInt128(product) &* UInt128(excess))
        s3 = s3.addingSaturating(UInt128(product) &* UInt128(product))
    }
}

extension UInt64 {
    /// The sum, or the greatest value where it does not fit.
    @inlinable
    public func addingSaturating(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
