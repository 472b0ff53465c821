import SpanModel

extension ArchiveCutter {
    /// Takes the layers off and finds the format; nil when there is nothing to read, which is then recorded.
    mutating func detect(_ summary: inout ArchiveSummary) -> ArchiveContent? {
        chain.fill(to: Self.prefixBytes)
        while let layer = chain.addLayer() {
            summary.layers.append(layer)
            chain.fill(to: Self.prefixBytes)
        }
        if let content = content() {
            if case .messages(let framing) = content { summary.layers.append(framing.name) }
            if case .stream(let format) = content { summary.format = format.name }
            return content
        }
        // What cut or broke the bytes short is the cause, if anything did.
        let offset = summary.layers.isEmpty ? 0 : chain.offset
        summary.bytesDecompressed = chain.unwrappedBytes
        if let failure = chain.failure { summary.record(failure) }
        summary.record(chain.withBytes { bytes in Self.refusal(bytes, at: offset) })
        return nil
    }

    private func content() -> ArchiveContent? {
        let isWhole = chain.hasEnded && chain.count <= Self.prefixBytes
        return chain.withBytes { bytes in
            let prefix = bytes.extracting(0..<min(bytes.byteCount, Self.prefixBytes))
            if let format = Self.format(of: prefix, isWhole: isWhole) { return .stream(format) }
            return MessageFraming.detect(prefix, isWhole: isWhole).map { .messages($0) }
        }
    }

    /// The first format that knows these bytes.
    static func format(of prefix: RawSpan, isWhole: Bool) -> (any SpanFormat.Type)? {
        spanFormats.first { $0.recognizes(prefix, isWhole: isWhole) }
    }

    private static func refusal(_ bytes: RawSpan, at offset: UInt64) -> ArchiveError {
        var blanks = 0
        while blanks < bytes.byteCount, [0x20, 0x09, 0x0a, 0x0d].contains(bytes.byte(blanks)) { blanks += 1 }
        if blanks == bytes.byteCount {
            return ArchiveError(.empty, offset: offset, message: "holds nothing")
        }
        if archiveLayers.contains(where: { $0.begins(bytes) }) {
            let message = "more than \(LayerChain.maximumDepth) compressions around one another; unpack it"
            return ArchiveError(.unknownFormat, offset: offset, message: message)
        }
        return ArchiveError(.unknownFormat, offset: offset, message: UnsupportedContent.message(bytes))
    }
}
