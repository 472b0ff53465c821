/// How many spans a recorded one stands for: 1 / sampling probability, in units of 2⁻²⁰.
///
/// Fixed point, so that sums are exact in any order.
@frozen
public struct Weight: Hashable, Comparable, Sendable {
    /// Units of 2⁻²⁰.
    public var units: UInt64

    @inlinable
    public init(units: UInt64) { self.units = units }

    /// The span stands for itself.
    @inlinable public static var one: Weight { Weight(units: 1 << 20) }
    /// 2⁴⁰ units, a probability of about one in a million; anything above is capped and reported.
    @inlinable public static var maximum: Weight { Weight(units: 1 << 40) }

    /// 1/probability, rounded to the nearest unit and capped; nil unless 0 < probability ≤ 1.
    public init?(probability: Double) {
        guard probability > 0, probability <= 1 else { return nil }
        let units = Double(1 << 20) / probability
        self.units = units >= Double(Weight.maximum.units) ? Weight.maximum.units : UInt64(units + 0.5)
    }

    /// 2⁵⁶ / (2⁵⁶ − threshold), rounded to the nearest unit and capped; nil unless threshold < 2⁵⁶.
    ///
    /// The adjusted count of OpenTelemetry's consistent probability sampling (OTEP 235, tracestate `ot=th`).
    public init?(rejectionThreshold threshold: UInt64) {
        guard threshold < 1 << 56 else { return nil }
        let kept = (1 << 56) - threshold
        let quotient = (UInt64(1) << 56).multipliedFullWidth(by: 1 << 21)
        guard quotient.high < kept else {
            self = .maximum
            return
        }
        let doubled = kept.dividingFullWidth(quotient).quotient
        units = min((doubled &+ 1) >> 1, Weight.maximum.units)
    }

    /// As a number, for display.
    public var value: Double { Double(units) / Double(1 << 20) }

    @inlinable
    public static func < (a: Weight, b: Weight) -> Bool { a.units < b.units }
}

/// Where a weight came from, strongest first (`sampling.md` §4.1).
@frozen
public enum WeightEvidence: UInt8, CaseIterable, Sendable {
    /// Nothing known: weight one, reported as unweighted.
    case none = 0
    /// tracestate `ot=th` (or the older `p`).
    case threshold = 1
    /// `sampler.type`/`sampler.param` or their `jaeger.` forms.
    case tag = 2
    /// Another vendor's rate attribute.
    case vendor = 3
    /// What this program published, and when.
    case ledger = 4
    /// Estimated from the trace ids themselves.
    case inferred = 5
    /// `sampling.assumed_probability` of the job file.
    case assumed = 6

    /// The word used in output.
    public var label: String {
        switch self {
        case .none: "none"
        case .threshold: "th"
        case .tag: "tag"
        case .vendor: "vendor"
        case .ledger: "ledger"
        case .inferred: "inferred"
        case .assumed: "assumed"
        }
    }
}
