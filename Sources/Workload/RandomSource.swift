import Glibc

/// A seeded stream of random numbers: equal seeds give equal workloads.
struct RandomSource: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var x = state
        x = (x ^ (x &>> 30)) &* 0xbf58_476d_1ce4_e5b9
        x = (x ^ (x &>> 27)) &* 0x94d0_49bb_1331_11eb
        return x ^ (x &>> 31)
    }

    /// Uniform in [0, 1).
    mutating func unit() -> Double { Double(next() &>> 11) / Double(1 << 53) }

    mutating func chance(_ probability: Double) -> Bool { unit() < probability }

    /// Standard normal (Box and Muller).
    mutating func normal() -> Double {
        let radius = sqrt(-2 * log(1 - unit()))
        return radius * cos(2 * Double.pi * unit())
    }

    /// Nanoseconds of a log-normal duration.
    mutating func duration(medianMicroseconds: Double, spread: Double) -> UInt64 {
        UInt64(max(1, medianMicroseconds * 1000 * exp(spread * normal())))
    }
}
