internal import SpanModel

/// `WeightedSums` over traces that come part by part.
///
/// The trace is the sampling unit: its parts count as one. Of traces that weigh one, which most do, nothing is kept but
/// Σ y and Σ y², to which each part adds at once; any other waits until the next trace is there or somebody asks.
struct TraceSums: Sendable {
    /// The last trace, and its parts that weigh anything.
    private var trace: UInt64 = 0
    private var parts: UInt64 = 0
    private var plainParts: UInt64 = 0
    private var plainSquares: UInt64 = 0
    /// What the last trace weighs, where it waits; zero where its parts are among the plain ones.
    private var waitingUnits: UInt64 = 0
    private var others = WeightedSums()

    init() {}

    init(_ sums: WeightedSums) { others = sums }

    /// Adds a part of a trace.
    ///
    /// - Parameter trace: a number above zero; all parts of a trace come one after the other.
    @inline(__always)
    mutating func add(_ weight: Weight, ofTrace trace: UInt64) {
        // Squares of so many bits leave room for any next part.
        guard weight == .one, waitingUnits == 0, plainSquares < 1 << 62 else { return addSlowly(weight, trace) }
        if self.trace != trace { (self.trace, parts) = (trace, 0) }
        plainParts &+= 1
        plainSquares &+= 2 &* parts &+ 1
        parts &+= 1
    }

    @inline(never)
    private mutating func addSlowly(_ weight: Weight, _ trace: UInt64) {
        guard weight.units > 0 else { return }
        if self.trace != trace {
            others = sums
            (plainParts, plainSquares, waitingUnits) = (0, 0, 0)
            (self.trace, parts) = (trace, 0)
            if weight == .one { return add(weight, ofTrace: trace) }
        } else if waitingUnits == 0 {
            // Plain so far: the whole trace waits.
            plainParts &-= parts
            plainSquares &-= parts &* parts
            waitingUnits = parts &<< 20
        }
        parts &+= 1
        waitingUnits = waitingUnits.addingSaturating(weight.units)
    }

    mutating func merge(_ other: TraceSums) { others.merge(other.sums) }

    /// Everything added so far.
    var sums: WeightedSums {
        var sums = others
        sums.merge(WeightedSums(s1: UInt128(plainParts) << 20, s3: UInt128(plainSquares) << 40))
        if waitingUnits > 0 { sums.add(parts, totalUnits: waitingUnits) }
        return sums
    }
}
