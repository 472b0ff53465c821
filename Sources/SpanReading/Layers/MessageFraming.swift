/// How messages are told apart where each is preceded by its length.
enum MessageFraming {
    /// Four bytes, most significant first: the Collector's file exporter.
    case lengthPrefixed
    /// A varint: protobuf's own delimited form.
    case varintDelimited

    /// As shown by `inspect`.
    var name: String {
        switch self {
        case .lengthPrefixed: "length-prefixed"
        case .varintDelimited: "varint-delimited"
        }
    }

    /// Longest prefix.
    static let maximumPrefixBytes = 10

    /// Sizes of the prefix and of the message behind it.
    enum Head {
        case sizes(prefix: Int, message: UInt64)
        /// The bytes end inside the prefix.
        case incomplete
        case malformed
    }

    /// Reads the prefix at an offset.
    func head(_ bytes: RawSpan, at offset: Int = 0) -> Head {
        switch self {
        case .lengthPrefixed:
            guard bytes.byteCount - offset >= 4 else { return .incomplete }
            let length = UInt32(
                bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
            return .sizes(prefix: 4, message: UInt64(length))
        case .varintDelimited:
            let end = min(bytes.byteCount, offset + Self.maximumPrefixBytes)
            var cursor = ProtobufCursor(offset: offset, end: end)
            guard let length = try? cursor.varint(bytes) else {
                return end - offset < Self.maximumPrefixBytes ? .incomplete : .malformed
            }
            return .sizes(prefix: cursor.offset - offset, message: length)
        }
    }

    /// The framing of bytes that begin so, none if they are not framed.
    ///
    /// The first few messages are looked into: each must begin like a compressed or a known one.
    static func detect(_ prefix: RawSpan, isWhole: Bool) -> MessageFraming? {
        [lengthPrefixed, varintDelimited].first { $0.holds(prefix, isWhole: isWhole) }
    }

    private static let messagesLookedAt = 4

    private func holds(_ prefix: RawSpan, isWhole: Bool) -> Bool {
        var offset = 0
        for index in 0..<Self.messagesLookedAt {
            guard case .sizes(let prefixBytes, let length) = head(prefix, at: offset) else { return index > 0 }
            let start = offset + prefixBytes
            // A request without resources is empty, but nothing begins with one: those would be zeros.
            if index == 0, length == 0 { return false }
            let isInside = length <= UInt64(prefix.byteCount - start)
            let end = isInside ? start + Int(length) : prefix.byteCount
            let message = prefix.extracting(start..<end)
            // Where the bytes end inside a later message, its first few would say too little.
            guard isInside || index == 0 else { return true }
            guard length == 0 || begins(message, isWhole: isInside || isWhole) else { return false }
            guard isInside else { return message.byteCount > 0 }
            offset = end
            if offset == prefix.byteCount { return true }
        }
        return true
    }

    private func begins(_ message: RawSpan, isWhole: Bool) -> Bool {
        if message.byteCount == 0 { return true }
        switch self {
        case .lengthPrefixed:
            return archiveLayers.contains { $0.begins(message) }
                || spanFormats.contains { $0.recognizes(message, isWhole: isWhole) }
        case .varintDelimited:
            return OTLPProtobufFormat.recognizes(message, isWhole: isWhole)
        }
    }
}
