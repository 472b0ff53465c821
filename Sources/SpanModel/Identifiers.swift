/// The 128-bit id that all spans of one trace share; all zero is invalid.
@frozen
public struct TraceID: Hashable, Comparable, Sendable {
    /// The first eight bytes as written, most significant first.
    public var high: UInt64
    /// The last eight bytes as written; 64-bit ids live here with `high` zero.
    public var low: UInt64

    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Whether no byte is set: such an id names no trace (W3C Trace Context).
    @inlinable
    public var isZero: Bool { high | low == 0 }

    @inlinable
    public static func < (a: TraceID, b: TraceID) -> Bool {
        a.high != b.high ? a.high < b.high : a.low < b.low
    }

    /// 32 lower-case hex digits.
    public var hex: String { Hex.text(high) + Hex.text(low) }
}

/// Hex digits of ids.
public enum Hex {
    /// 16 lower-case digits, zero-padded.
    public static func text(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// Both halves of a product, as wyhash mixes them: one multiplication. With a factor that nobody else knows, nobody can
/// aim at a result.
@inlinable
public func foldedProduct(_ value: UInt64, _ factor: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: factor)
    return product.high ^ product.low
}

/// Spreads the bits of an id so that any slice of the result is uniform, whichever bits vary.
///
/// The finalizer of SplitMix64; a bijection. Used to deal spans into shards, in every process alike.
@inlinable
public func mix64(_ value: UInt64) -> UInt64 {
    var x = value
    x = (x ^ (x &>> 30)) &* 0xbf58_476d_1ce4_e5b9
    x = (x ^ (x &>> 27)) &* 0x94d0_49bb_1331_11eb
    return x ^ (x &>> 31)
}
