import Glibc
import SpanModel

/// SplitMix64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return mix64(state)
    }

    /// [0, 1).
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Standard normal, by Box and Muller.
    mutating func normal() -> Double {
        let radius = (-2 * log(Double.random(in: 0x1p-60..<1, using: &self))).squareRoot()
        return radius * cos(2 * .pi * Double.random(in: 0..<1, using: &self))
    }
}

/// Durations of the shapes that latency takes.
enum Shape: CaseIterable {
    case logNormal, bimodal, constant, heavyTailed, tiny

    func sample(_ random: inout SeededGenerator) -> UInt64 {
        switch self {
        case .logNormal: UInt64(2e6 * exp(random.normal()))
        case .bimodal: UInt64((Bool.random(using: &random) ? 3e5 : 8e8) * exp(0.1 * random.normal()))
        case .constant: 1_234_567
        case .heavyTailed: UInt64(min(1e5 * pow(Double.random(in: 1e-9..<1, using: &random), -1.5), 1e18))
        case .tiny: UInt64.random(in: 0..<300, using: &random)
        }
    }
}

/// The smallest value whose cumulated weight reaches q of the whole, from the samples themselves.
func nearestRank(_ samples: [(value: UInt64, units: UInt64)], _ q: Double) -> UInt64 {
    let sorted = samples.sorted { $0.value < $1.value }
    let total = sorted.reduce(UInt128(0)) { $0 + UInt128($1.units) }
    var seen: UInt128 = 0
    for (value, units) in sorted {
        seen += UInt128(units)
        if seen * 1_000_000_000 >= total * UInt128((q * 1e9).rounded()), seen > 0 { return value }
    }
    return sorted.last?.value ?? 0
}
