import SpanModel

/// Who is on the other side of a span (`NameSource`'s order), and the topic or queue.
extension SpanAttributes {
    private static let peerKeys: UInt64 = AttributeKey.dbType.bit &* 2 &- 1
    private static let callerKeys: UInt64 = AttributeKey.remoteEndpoint.bit &* 2 &- 1
    private static let databaseKeys =
        AttributeKey.dbSystemName.bit | AttributeKey.dbSystem.bit | AttributeKey.dbType.bit
        | AttributeKey.dbNamespace.bit | AttributeKey.dbName.bit | AttributeKey.dbInstance.bit
    private static let destinationKeys =
        AttributeKey.messagingDestinationName.bit | AttributeKey.messagingDestination.bit
        | AttributeKey.messageBusDestination.bit

    mutating func setNames(_ bytes: RawSpan, _ record: inout SpanRecord, _ names: inout NameTable) {
        if present & Self.databaseKeys != 0 { record.flags.insert(.database) }
        if present & Self.destinationKeys != 0 { record.destination = destination(bytes, &names) }
        // Nothing but an explicit service name says who called; addresses of callers, with a port for every
        // connection, would only fill the table of names.
        var candidates = present & (record.kind.isEntry ? Self.callerKeys : Self.peerKeys)
        while candidates != 0 {
            let raw = UInt8(candidates.trailingZeroBitCount)
            candidates &= candidates &- 1
            guard let key = AttributeKey(rawValue: raw), let source = NameSource(rawValue: raw) else { continue }
            let peer = peerName(key, bytes, &names)
            if peer != 0 {
                record.peer = peer
                record.peerSource = source
                return
            }
        }
    }

    private func destination(_ bytes: RawSpan, _ names: inout NameTable) -> UInt32 {
        for key in [AttributeKey.messagingDestinationName, .messagingDestination, .messageBusDestination] {
            let destination = name(key, bytes, &names)
            if destination != 0 { return destination }
        }
        return 0
    }

    private mutating func peerName(_ key: AttributeKey, _ bytes: RawSpan, _ names: inout NameTable) -> UInt32 {
        switch key {
        case .dbNamespace, .dbName, .dbInstance:
            // A Redis database has a number for a name.
            let isNumber = withText(key, bytes) { text in Self.isDigits(text) } ?? true
            return isNumber ? 0 : name(key, bytes, &names)
        case .serverAddress: return address(key, .serverPort, bytes, &names)
        case .netPeerName, .netPeerIP: return address(key, .netPeerPort, bytes, &names)
        case .peerHostname, .peerIPv4: return address(key, .peerPort, bytes, &names)
        case .networkPeerAddress: return address(key, .networkPeerPort, bytes, &names)
        case .netSockPeerAddr: return address(key, .netSockPeerPort, bytes, &names)
        case .rpcMethod:
            return withText(key, bytes) { text in
                let range = Self.serviceOfMethod(text)
                return names.string(text.extracting(range))
            } ?? 0
        case .urlFull, .httpURL:
            return withText(key, bytes) { text in
                let range = Self.authority(text)
                return names.string(text.extracting(range))
            } ?? 0
        default: return name(key, bytes, &names)
        }
    }

    private func name(_ key: AttributeKey, _ bytes: RawSpan, _ names: inout NameTable) -> UInt32 {
        withText(key, bytes) { names.string($0) } ?? 0
    }

    /// `host:port`, `[::1]:port`, or the host alone where no valid port is known.
    private mutating func address(
        _ key: AttributeKey, _ portKey: AttributeKey, _ bytes: RawSpan, _ names: inout NameTable
    ) -> UInt32 {
        guard let port = port(portKey, bytes), let host = value(key), host.isText else {
            return name(key, bytes, &names)
        }
        if let id = withText(key, bytes, { Self.shortAddress($0, port, &names) }) ?? nil { return id }
        let start = scratch.count
        let brackets = withText(key, bytes) { $0.firstOffset(of: 0x3a) != nil && $0.byte(0) != 0x5b } ?? false
        if brackets { scratch.append(0x5b) }
        if host.shape == .window {
            bytes.extracting(host.first..<host.end).withUnsafeBytes { scratch.append(contentsOf: $0) }
        } else {
            scratch.append(contentsOf: Array(scratch[host.first..<host.end]))
        }
        if brackets { scratch.append(0x5d) }
        scratch.append(contentsOf: ":\(port)".utf8)
        return names.string(scratch.span.bytes.extracting(start..<scratch.count))
    }

    /// The address of a host whose name is short and needs no brackets, as nearly all do; nil for others.
    @inline(__always)
    private static func shortAddress(_ host: RawSpan, _ port: Int, _ names: inout NameTable) -> UInt32? {
        let count = host.byteCount
        guard count <= 56 else { return nil }
        var text = InlineArray<8, UInt64>(repeating: 0)
        var (offset, colons) = (0, UInt64(0))
        while offset < count {
            let word = host.word(offset, count: count &- offset)
            text[offset &>> 3] = word
            // The high bit of a byte is set where it is a colon, and of some behind one.
            let others = word ^ 0x3a3a_3a3a_3a3a_3a3a
            colons |= (others &- 0x0101_0101_0101_0101) & ~others & 0x8080_8080_8080_8080
            offset &+= 8
        }
        guard colons == 0 else { return nil }
        var (suffix, suffixBytes) = (UInt64(0), 1)
        var rest = UInt32(truncatingIfNeeded: port)
        while rest > 0 {
            suffix = suffix &<< 8 | UInt64(0x30 &+ rest % 10)
            rest /= 10
            suffixBytes &+= 1
        }
        suffix = suffix &<< 8 | 0x3a
        let (place, shift) = (count &>> 3, UInt64(truncatingIfNeeded: count & 7) &* 8)
        text[place] |= suffix &<< shift
        // Of six bytes at most, two steps, for a shift by 64 would be none.
        if place < 7 { text[place &+ 1] = (suffix &>> 8) &>> (56 &- shift) }
        return names.string(text.span.bytes.extracting(0..<count &+ suffixBytes))
    }

    /// A port of 1…65535, an integer or at most five digits of text.
    private func port(_ key: AttributeKey, _ bytes: RawSpan) -> Int? {
        guard let value = value(key) else { return nil }
        var port = 0
        if value.shape == .integer {
            port = value.first
        } else {
            port =
                withText(key, bytes) { text in
                    guard text.byteCount <= 5, Self.isDigits(text) else { return 0 }
                    return (0..<text.byteCount).reduce(0) { $0 * 10 + Int(text.byte($1) - 0x30) }
                } ?? 0
        }
        return (1...65535).contains(port) ? port : nil
    }

    private static func isDigits(_ text: RawSpan) -> Bool {
        for offset in 0..<text.byteCount where !(0x30...0x39).contains(text.byte(offset)) { return false }
        return true
    }

    /// `pkg.Service` of `pkg.Service/Method` or `/pkg.Service/Method`; empty without a slash.
    private static func serviceOfMethod(_ method: RawSpan) -> Range<Int> {
        let start = method.byte(0) == 0x2f ? 1 : 0
        guard let end = method.lastOffset(of: 0x2f), end > start else { return 0..<0 }
        return start..<end
    }

    /// What lies between `://` and the path, without user info; empty where there is no authority.
    private static func authority(_ url: RawSpan) -> Range<Int> {
        guard let colon = url.firstOffset(of: 0x3a), colon > 0, colon + 3 <= url.byteCount,
            url.byte(colon + 1) == 0x2f, url.byte(colon + 2) == 0x2f
        else { return 0..<0 }
        var start = colon + 3
        var end = start
        while end < url.byteCount, ![0x2f, 0x3f, 0x23].contains(url.byte(end)) {
            if url.byte(end) == 0x40 { start = end + 1 }
            end += 1
        }
        return start..<end
    }
}
