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

/// Finds wanted attribute keys among many unwanted ones without making a string.
struct AttributeKeyTable {
    /// By hash of the first eight bytes and the length: raw value of a key plus one; zero: free.
    private var slots = [UInt8](repeating: 0, count: 256)
    /// Four words per key, zero-padded.
    private var words: [UInt64] = []
    private var lengths: [UInt8] = []

    init() {
        for key in AttributeKey.allCases {
            let text = Array((key.text ?? "").utf8.prefix(32))
            lengths.append(UInt8(text.count))
            for start in stride(from: 0, to: 32, by: 8) {
                let part = text.dropFirst(start).prefix(8)
                words.append(part.reversed().reduce(0) { $0 << 8 | UInt64($1) })
            }
            guard !text.isEmpty else { continue }
            var slot = Self.slot(words[Int(key.rawValue) * 4], text.count)
            while slots[slot] != 0 { slot = (slot + 1) & 255 }
            slots[slot] = key.rawValue + 1
        }
    }

    /// The wanted key whose bytes these are; compared whole.
    @inline(__always)
    func key(_ bytes: RawSpan, _ start: Int, _ end: Int) -> AttributeKey? {
        let count = end &- start
        guard count > 0, count <= 32 else { return nil }
        let first = bytes.word(start, count: count)
        let slot = Self.slot(first, count)
        return slots[slot] == 0 ? nil : search(from: slot, first, bytes, start, count)
    }

    private func search(from slot: Int, _ first: UInt64, _ bytes: RawSpan, _ start: Int, _ count: Int) -> AttributeKey?
    {
        var slot = slot
        while slots[slot] != 0 {
            let candidate = Int(slots[slot]) - 1
            if Int(lengths[candidate]) == count, words[candidate * 4] == first,
                restMatches(candidate, bytes, start, count)
            {
                return AttributeKey(rawValue: UInt8(candidate))
            }
            slot = (slot + 1) & 255
        }
        return nil
    }

    private func restMatches(_ candidate: Int, _ bytes: RawSpan, _ start: Int, _ count: Int) -> Bool {
        var done = 8
        while done < count {
            guard bytes.word(start + done, count: min(8, count - done)) == words[candidate * 4 + done / 8] else {
                return false
            }
            done += 8
        }
        return true
    }

    @inline(__always)
    private static func slot(_ first: UInt64, _ count: Int) -> Int {
        let mixed = (first ^ (UInt64(truncatingIfNeeded: count) &<< 56)) &* 0x9e37_79b9_7f4a_7c15
        return Int(truncatingIfNeeded: mixed &>> 56)
    }
}
