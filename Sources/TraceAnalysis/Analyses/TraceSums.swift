internal import SpanModel

/// `WeightedSums` over traces that come part by part.
///
/// The trace is the sampling unit: its parts count as one, once the next trace is there or somebody asks. Most traces
/// weigh one, and of these nothing is kept but Σ y and Σ y².
struct TraceSums: Sendable {
    /// Parts of `trace` that weigh anything, and their weight; not in the sums yet.
    private var parts: UInt64 = 0
    private var units: UInt64 = 0
    private var trace: UInt64 = 0
    private var plainParts: UInt64 = 0
    private var plainSquares: UInt64 = 0
    private var others = WeightedSums()

    init() {}

    init(_ sums: WeightedSums) { others = sums }

    /// Adds a part of a trace.
    ///
    /// - Parameter trace: a number above zero; all parts of a trace come one after the other.
    @inline(__always)
    mutating func add(_ weight: Weight, ofTrace trace: UInt64) {
        guard weight.units > 0 else { return }
        if self.trace != trace {
            finishTrace()
            self.trace = trace
        }
        parts &+= 1
        units = units.addingSaturating(weight.units)
    }

    @inline(__always)
    private mutating func finishTrace() {
        let (y, total) = (parts, units)
        (parts, units) = (0, 0)
        // Squares of 40 bits leave room for as many traces as anybody adds between two looks at the sum.
        guard y < 1 << 20, total == y &<< 20, plainSquares < 1 << 62 else { return addOther(y, total) }
        plainParts &+= y
        plainSquares &+= y &* y
    }

    @inline(never)
    private mutating func addOther(_ y: UInt64, _ total: UInt64) {
        others = sums
        others.add(y, totalUnits: total)
        (plainParts, plainSquares) = (0, 0)
    }

    mutating func merge(_ other: TraceSums) { others.merge(other.sums) }

    /// Everything added so far.
    var sums: WeightedSums {
        var sums = others
        sums.merge(WeightedSums(s1: UInt128(plainParts) << 20, s3: UInt128(plainSquares) << 40))
        sums.add(parts, totalUnits: units)
        return sums
    }
}
