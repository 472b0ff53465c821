/// Fractions of one family in some hours, and what they prove.
///
/// Information is counted in bits, in units of 2⁻³²: n traces below M would come with probability Mⁿ from a service
/// that keeps all.
struct TraceIDEvidence {
    /// The largest ones, the largest first, each once.
    var largest: [UInt64]
    var traces: UInt64

    static let bit: UInt64 = 1 << 32

    /// −log₂ of a fraction, in units of 2⁻³² bits.
    static func information(_ fraction: UInt64) -> UInt64 {
        fraction == 0 ? 64 * bit : 64 * bit - FixedPoint.binaryLogarithm(fraction, fractionBits: 32)
    }

    /// Bits that this many traces below a fraction give.
    static func bits(_ fraction: UInt64, _ traces: UInt64) -> UInt64 {
        // 2²⁴ traces prove whatever can be proved.
        information(fraction) * min(traces, 1 << 24)
    }

    /// Bits that it costs to set some traces aside as forced: which ones of all they are could have been chosen freely.
    ///
    /// log₂ of the number of choices, from above: k·(log₂(n/k) + log₂ e).
    static func price(forced: UInt64, of traces: UInt64) -> UInt64 {
        guard forced > 0, traces > forced else { return 0 }
        let ratio =
            FixedPoint.binaryLogarithm(traces, fractionBits: 32)
            - FixedPoint.binaryLogarithm(forced, fractionBits: 32)
        // log₂ e in units of 2⁻³².
        return min(forced, 1 << 24) * (ratio + 6_196_328_019)
    }

    /// How many of the largest stand apart from the rest: a gap that chance leaves once in two hundred samples.
    ///
    /// At most 2 % of the traces, one where there are 20 to 99. The gap between neighbours is M/n on average, and
    /// the largest of k gaps exceeds (ln k + 5.3)·M/n with probability 0.5 %.
    var forced: Int {
        guard traces >= 20 else { return 0 }
        let most = min(largest.count - 1, Int(clamping: max(1, traces / 50)))
        guard most >= 1 else { return 0 }
        let logarithm = UInt128(FixedPoint.binaryLogarithm(UInt64(most), fractionBits: 32))
        // ln 2 and 5.3 in units of 2⁻³².
        let reach = ((logarithm * 2_977_044_472) >> 32) + 22_763_326_669
        for index in stride(from: most, through: 1, by: -1) {
            let gap = UInt128(largest[index - 1] - largest[index])
            let least = (UInt128(largest[index]) * reach) >> 32
            if gap.multipliedSaturating(UInt128(traces)) > least { return index }
        }
        return 0
    }

    /// How far below the largest the middle one lies (or the last that is kept), against what an even spread gives.
    ///
    /// Nil when there is too little to tell.
    func spread(dropping forced: Int) -> (ratio: Double, rank: Int)? {
        let kept = largest.dropFirst(forced)
        let count = UInt64(clamping: traces) - min(UInt64(forced), traces)
        guard let most = kept.first, most > 0, count >= 10 else { return nil }
        let rank = min(kept.count - 1, Int(clamping: count / 2))
        guard rank >= 4 else { return nil }
        let depth = Double(most - kept[kept.startIndex + rank]) / Double(most)
        return (depth * Double(count) / Double(rank), rank)
    }

    /// Whether the fractions are spread as random ids are: not all at one place (a time as prefix), not a few of
    /// them repeated.
    func isSpread(dropping forced: Int) -> Bool {
        guard let (ratio, rank) = spread(dropping: forced) else { return true }
        return ratio >= (rank < 32 ? 0.1 : 0.4)
    }

    /// Whether they are spread so evenly that no part of them was chosen by a lower probability.
    func isEven(dropping forced: Int) -> Bool {
        guard let (ratio, rank) = spread(dropping: forced) else { return false }
        return abs(ratio - 1) <= 5 / Double(rank).squareRoot()
    }
}
