/// Arithmetic that is equal on every machine.
public enum FixedPoint {
    /// log₂ of a number above zero in units of 2⁻¹⁶, rounded down; zero of zero.
    public static func binaryLogarithm(_ number: UInt64) -> UInt64 { binaryLogarithm(number, fractionBits: 16) }

    /// log₂ of a number above zero in units of 2⁻ᵇⁱᵗˢ, rounded down; zero of zero.
    ///
    /// Bit by bit: squaring a mantissa of [1, 2) doubles its logarithm.
    static func binaryLogarithm(_ number: UInt64, fractionBits: Int) -> UInt64 {
        guard number > 0 else { return 0 }
        let shift = number.leadingZeroBitCount
        var mantissa = number << UInt64(shift)
        var logarithm = UInt64(63 - shift)
        for _ in 0..<fractionBits {
            let square = mantissa.multipliedFullWidth(by: mantissa).high
            let isTwo = square >> 63
            logarithm = logarithm << 1 | isTwo
            mantissa = square << (1 - isTwo)
        }
        return logarithm
    }
}

extension Double {
    /// The nearest number, ties to even: equal to the library's own conversion, which takes some hundred times as long.
    public init(_ number: UInt128) {
        let excess = 64 - min((UInt64(truncatingIfNeeded: number >> 64)).leadingZeroBitCount, 64)
        guard excess > 0 else {
            self = Double(UInt64(truncatingIfNeeded: number))
            return
        }
        // The 64 highest bits, the last of which says whether anything is below: enough to round once.
        let shift = UInt128(excess)
        let isInexact = number & ((1 << shift) - 1) != 0
        let highest = UInt64(truncatingIfNeeded: number >> shift) | (isInexact ? 1 : 0)
        self = Double(sign: .plus, exponent: excess, significand: Double(highest))
    }
}
