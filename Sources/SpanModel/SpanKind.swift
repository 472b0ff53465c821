/// What a span is to its neighbours (OpenTelemetry's numbers).
@frozen
public enum SpanKind: UInt8, CaseIterable, Sendable {
    case unset = 0
    case `internal` = 1
    case server = 2
    case client = 3
    case producer = 4
    case consumer = 5

    /// A client or producer: the calling half.
    @inlinable @inline(__always)
    public var isExit: Bool { self == .client || self == .producer }

    /// A server or consumer: the called half.
    @inlinable @inline(__always)
    public var isEntry: Bool { self == .server || self == .consumer }

    /// Neither: internal or unset.
    @inlinable
    public var isLocal: Bool { rawValue <= 1 }

    /// The word used in output: `server`, …, `unspecified`.
    public var label: String {
        switch self {
        case .unset: "unspecified"
        case .internal: "internal"
        case .server: "server"
        case .client: "client"
        case .producer: "producer"
        case .consumer: "consumer"
        }
    }
}
