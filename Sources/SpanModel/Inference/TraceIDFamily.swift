/// How a ratio sampler turns a trace id into the number it compares with its probability.
///
/// Read in the SDKs' sources; samplers that compute the same function share a case. Raw values are part of frames.
public enum TraceIDFamily: UInt8, CaseIterable, Sendable {
    /// The low 64 bits: OpenTelemetry Go (newer), Rust, Python, Ruby; Jaeger's Python client.
    case low64 = 0
    /// The low 63 bits: Jaeger's Go and Node clients, OpenTelemetry Erlang.
    case low63 = 1
    /// The magnitude of the low 64 bits as a signed number: OpenTelemetry and Jaeger Java, OpenTelemetry Swift.
    case signedLow64 = 2
    /// 2⁵⁶ − 1 less the low 56 bits: consistent probability sampling (OTEP 235), and OpenTelemetry PHP (newer), keep
    /// what is at least a threshold.
    case randomness56 = 3
    /// The high 64 bits: OpenTelemetry Go (older).
    case high64 = 4
    /// The magnitude of the high 64 bits as a signed number: OpenTelemetry .NET.
    case signedHigh64 = 5
    /// The first eight bytes as a little-endian machine loads them: OpenTelemetry C++.
    case swappedHigh64 = 6
    /// The four 32-bit words combined by exclusive or: OpenTelemetry JavaScript.
    case folded32 = 7
    /// The low 60 bits, as many as a signed number surely holds: OpenTelemetry PHP (older).
    case low60 = 8

    /// The id's number, scaled to [0, 1) in units of 2⁻⁶⁴: a sampler of probability p keeps ids below p.
    @inlinable
    public func fraction(of id: TraceID) -> UInt64 {
        switch self {
        case .low64: id.low
        case .low63: id.low &<< 1
        case .signedLow64: Self.doubledMagnitude(id.low)
        case .randomness56: ~id.low &<< 8
        case .high64: id.high
        case .signedHigh64: Self.doubledMagnitude(id.high)
        case .swappedHigh64: id.high.byteSwapped
        case .low60: id.low &<< 4
        case .folded32:
            ((id.high &>> 32) ^ id.high ^ (id.low &>> 32) ^ id.low) &<< 32
        }
    }

    /// Of an id: the fraction of every family, by raw value.
    typealias Fractions = InlineArray<9, UInt64>

    /// How many there are: `allCases.count` makes an array.
    static let count = 9

    /// Every family's fraction of an id.
    @inline(__always)
    static func fractions(of id: TraceID) -> Fractions {
        [
            low64.fraction(of: id), low63.fraction(of: id), signedLow64.fraction(of: id),
            randomness56.fraction(of: id), high64.fraction(of: id), signedHigh64.fraction(of: id),
            swappedHigh64.fraction(of: id), folded32.fraction(of: id), low60.fraction(of: id),
        ]
    }

    @inlinable
    static func doubledMagnitude(_ word: UInt64) -> UInt64 {
        let magnitude = Int64(bitPattern: word).magnitude
        return magnitude > UInt64(Int64.max) ? .max : magnitude &<< 1
    }

    /// The word used in output.
    public var label: String {
        switch self {
        case .low64: "low64"
        case .low63: "low63"
        case .signedLow64: "signed_low64"
        case .randomness56: "randomness56"
        case .high64: "high64"
        case .signedHigh64: "signed_high64"
        case .swappedHigh64: "swapped_high64"
        case .folded32: "folded32"
        case .low60: "low60"
        }
    }

    /// The family of a `label`; nil where none has it.
    public init?(label: String) {
        guard let family = Self.allCases.first(where: { $0.label == label }) else { return nil }
        self = family
    }
}
