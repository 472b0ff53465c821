/// A probability that a rejection threshold expresses exactly (OpenTelemetry tracestate, `ot=th`).
public struct QuantisedProbability: Hashable, Sendable {
    /// (2⁵⁶ − T)/2⁵⁶.
    public var probability: Double
    /// T in hex, trailing zeros left off; nil for a probability of zero, which has none.
    public var threshold: String?
}

/// The greatest probability that is not above `p` and has `digits` hex digits of threshold after its leading f's.
///
/// So the weight 1/p is exact and the cost never rises. Idempotent.
public func quantiseDown(_ p: Double, digits: Int = 4) -> QuantisedProbability {
    let none = QuantisedProbability(probability: 0, threshold: nil)
    guard p > 0 else { return none }
    if p >= 1 { return QuantisedProbability(probability: 1, threshold: "0") }
    let whole: UInt64 = 1 << 56
    let scale = Double(whole)
    let kept = UInt64(p * scale)
    guard kept > 0 else { return none }
    let exact = p > 0x1p-40 ? min(whole - 1, UInt64(((1 - p) * scale).rounded(.up))) : whole - kept
    let leading = leadingFs(exact)
    let shift = UInt64(4 * (14 - min(14, leading + min(max(digits, 1), 14))))
    let step: UInt64 = 1 << shift
    var threshold = min((exact + step - 1) & ~(step - 1), whole - step)
    // 1 − p is rounded: the threshold may be one step too low.
    if Double(whole - threshold) / scale > p, threshold < whole - step { threshold += step }
    let probability = Double(whole - threshold) / scale
    return probability > p ? none : QuantisedProbability(probability: probability, threshold: hex(threshold))
}

/// How many of the 14 hex digits of a threshold are f before the first that is not.
private func leadingFs(_ threshold: UInt64) -> Int {
    ((~threshold) & ((1 << 56) - 1)).leadingZeroBitCount / 4 - 2
}

private func hex(_ threshold: UInt64) -> String {
    let digits = String(threshold, radix: 16)
    let padded = String(repeating: "0", count: 14 - digits.count) + digits
    let kept = padded.reversed().drop { $0 == "0" }.reversed()
    return kept.isEmpty ? "0" : String(kept)
}
