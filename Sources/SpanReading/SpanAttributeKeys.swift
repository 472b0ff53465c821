import SpanModel

/// The attributes a span record needs, whatever the dialect.
///
/// The first ones carry the raw values of `NameSource`, so that the lowest key present is the best name.
enum AttributeKey: UInt8, CaseIterable {
    case servicePeerName, peerService
    /// Zipkin's `remoteEndpoint.serviceName`; set by its reader, never found as a tag.
    case remoteEndpoint
    case messagingDestinationName, messagingDestination, messageBusDestination
    case dbNamespace, dbName, dbInstance
    case serverAddress, netPeerName, peerHostname, networkPeerAddress, netSockPeerAddr, netPeerIP, peerIPv4
    case rpcService, rpcMethod
    case urlFull, httpURL, httpHost
    case dbSystemName, dbSystem, dbType

    case serverPort, netPeerPort, peerPort, networkPeerPort, netSockPeerPort
    case error, otelStatusCode, spanKind
    /// The span's own tracestate; an attribute in Jaeger only.
    case traceState
    case samplerType, samplerParam, jaegerSamplerType, jaegerSamplerParam
    case samplingProbability, sampleRate, datadogAgentRate, datadogRuleRate

    /// The key as written in archives; nil where no attribute is meant.
    var text: String? {
        switch self {
        case .remoteEndpoint: nil
        case .serverPort: "server.port"
        case .netPeerPort: "net.peer.port"
        case .peerPort: "peer.port"
        case .networkPeerPort: "network.peer.port"
        case .netSockPeerPort: "net.sock.peer.port"
        case .error: "error"
        case .otelStatusCode: "otel.status_code"
        case .spanKind: "span.kind"
        case .traceState: "w3c.tracestate"
        case .samplerType: "sampler.type"
        case .samplerParam: "sampler.param"
        case .jaegerSamplerType: "jaeger.sampler.type"
        case .jaegerSamplerParam: "jaeger.sampler.param"
        case .samplingProbability: "sampling.probability"
        case .sampleRate: "SampleRate"
        case .datadogAgentRate: "_dd.agent_psr"
        case .datadogRuleRate: "_dd.rule_psr"
        default: NameSource(rawValue: rawValue)?.key
        }
    }

    /// The key's place in a set of keys.
    @inline(__always)
    var bit: UInt64 { 1 &<< UInt64(rawValue) }
}
