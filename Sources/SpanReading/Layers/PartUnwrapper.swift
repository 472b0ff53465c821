import Compression

/// Unwraps parts of archives; decoders and storage are kept.
struct PartUnwrapper {
    private var wrapped = ByteWindow()
    private var idle: IdleLayers

    init(settings: ReadingSettings) { idle = IdleLayers(settings: settings) }

    /// Gives back what long parts took.
    mutating func reset() { wrapped.reset() }

    /// Puts what the parts in a window hold in their place.
    ///
    /// - Parameter offset: of their content, in the unwrapped archive.
    /// - Returns: what is wrong with them, with its place in the file; what was unwrapped before is in the window.
    mutating func unwrap(_ parts: WrappedParts, in window: inout ByteWindow, at offset: UInt64) -> CompressionError? {
        wrapped.reset(at: window.offset)
        window.withBytes { wrapped.append($0) }
        window.reset(at: offset)
        do throws(CompressionError) {
            let layer = try idle.take(parts.layer)
            defer { idle.give(layer) }
            let made = wrapped.withBytes { bytes in
                window.fill(room: parts.contentBytes) { room in
                    bytes.withUnsafeBytes { layer.unwrapParts($0, into: room) } ? room.count : 0
                }
            }
            if made < parts.contentBytes { try unwrapSlowly(layer, &window) }
            return nil
        } catch {
            var failure = error
            failure.offset &+= wrapped.offset
            return failure
        }
    }

    /// As far as it goes: what is before a broken place counts.
    private func unwrapSlowly(_ layer: any ArchiveLayer, _ window: inout ByteWindow) throws(CompressionError) {
        layer.reset()
        var taken = 0
        while true {
            let before = taken
            let made = try wrapped.withBytes { bytes throws(CompressionError) in
                try bytes.withUnsafeBytes { bytes throws(CompressionError) in
                    try window.fill(room: LayerChain.blockBytes) { room throws(CompressionError) in
                        let rest = UnsafeRawBufferPointer(rebasing: bytes[taken...])
                        let step = try layer.unwrap(rest, into: room)
                        taken += step.taken
                        return step.made
                    }
                }
            }
            if made == 0, taken == before { return try layer.finish() }
        }
    }
}
