/// Which attribute named the other side of a span, in the order of preference (`linking.md` P7).
///
/// A lower raw value wins. Address sources hold `host:port` when the port is known.
@frozen
public enum NameSource: UInt8, CaseIterable, Sendable, Comparable {
    case servicePeerName = 0
    case peerService
    /// Zipkin's `remoteEndpoint.serviceName`: the same claim as `peer.service`.
    case remoteEndpoint
    case messagingDestinationName
    case messagingDestination
    case messageBusDestination
    case dbNamespace
    case dbName
    case dbInstance
    case serverAddress
    case netPeerName
    case peerHostname
    case networkPeerAddress
    case netSockPeerAddr
    case netPeerIP
    case peerIPv4
    case rpcService
    case rpcMethod
    case urlFull
    case httpURL
    case httpHost
    case dbSystemName
    case dbSystem
    case dbType
    /// No attribute: the other side was inferred from a change of service below an unset kind.
    case inferred
    /// No name, or both ends were seen.
    case none = 255

    /// The attribute's key; nil for `none`.
    public var key: String? {
        switch self {
        case .servicePeerName: "service.peer.name"
        case .peerService: "peer.service"
        case .remoteEndpoint: "remoteEndpoint.serviceName"
        case .messagingDestinationName: "messaging.destination.name"
        case .messagingDestination: "messaging.destination"
        case .messageBusDestination: "message_bus.destination"
        case .dbNamespace: "db.namespace"
        case .dbName: "db.name"
        case .dbInstance: "db.instance"
        case .serverAddress: "server.address"
        case .netPeerName: "net.peer.name"
        case .peerHostname: "peer.hostname"
        case .networkPeerAddress: "network.peer.address"
        case .netSockPeerAddr: "net.sock.peer.addr"
        case .netPeerIP: "net.peer.ip"
        case .peerIPv4: "peer.ipv4"
        case .rpcService: "rpc.service"
        case .rpcMethod: "rpc.method"
        case .urlFull: "url.full"
        case .httpURL: "http.url"
        case .httpHost: "http.host"
        case .dbSystemName: "db.system.name"
        case .dbSystem: "db.system"
        case .dbType: "db.type"
        case .inferred: "inferred"
        case .none: nil
        }
    }

    /// Whether the attribute may name a caller: only an explicit peer service does (P5).
    @inlinable
    public var namesCaller: Bool { rawValue <= 2 }

    @inlinable
    public static func < (a: NameSource, b: NameSource) -> Bool { a.rawValue < b.rawValue }
}
