/// One duration in a word, with the number of its weight and three bits that are its owner's.
///
/// For owners of many sketches, who let samples wait until several of them go into one sketch together.
@frozen
public struct PackedSample: Sendable {
    /// Duration in the low 42 bits, tag in the next three, weight number above.
    @usableFromInline let word: UInt64

    /// Durations from here on, some 73 minutes, do not fit.
    @inlinable public static var nanosecondsLimit: UInt64 { 1 << 42 }
    /// Weight numbers from here on do not fit.
    @inlinable public static var weightLimit: UInt32 { 1 << 19 }

    /// Nil where one of the parts does not fit.
    ///
    /// - Parameters:
    ///   - weightNumber: index among the weights known to the owner, where `Weight.one` is the first.
    ///   - tag: below eight.
    @inlinable
    public init?(_ nanoseconds: UInt64, weightNumber: UInt32, tag: UInt8) {
        guard nanoseconds < Self.nanosecondsLimit, weightNumber < Self.weightLimit else { return nil }
        word = nanoseconds | UInt64(tag & 7) &<< 42 | UInt64(weightNumber) &<< 45
    }

    /// Takes up room that no sample has.
    @inlinable
    public init() { word = 0 }

    @inlinable public var nanoseconds: UInt64 { word & (Self.nanosecondsLimit &- 1) }
    @inlinable public var tag: UInt8 { UInt8(truncatingIfNeeded: word &>> 42) & 7 }
    @inlinable public var weightNumber: Int { Int(truncatingIfNeeded: word &>> 45) }
}
