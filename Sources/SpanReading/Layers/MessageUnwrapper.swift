import Compression

/// Takes the layer off single messages; decoders and storage are kept.
struct MessageUnwrapper {
    /// The message that was unwrapped last.
    private(set) var window = ByteWindow()
    private var idle: IdleLayers
    private let maximumBytes: Int

    init(settings: ReadingSettings) {
        idle = IdleLayers(settings: settings)
        maximumBytes = settings.maximumRecordBytes
    }

    /// Gives back what a long message took.
    mutating func reset() { window.reset() }

    /// Unwraps one whole message.
    ///
    /// - Returns: the name of the layer, nil where the message begins none.
    mutating func unwrap(_ message: RawSpan) throws(CompressionError) -> String? {
        window.reset()
        guard let type = archiveLayers.first(where: { $0.begins(message) }) else { return nil }
        let layer = try idle.take(type)
        defer { idle.give(layer) }
        let limit = maximumBytes
        try message.withUnsafeBytes { message throws(CompressionError) in
            var rest = message
            while true {
                var taken = 0
                let made = try window.fill(room: 256 << 10) { room throws(CompressionError) in
                    let step = try layer.unwrap(rest, into: room)
                    taken = step.taken
                    return step.made
                }
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(taken))
                if taken == 0, made == 0 { break }
                guard window.count <= limit else {
                    throw CompressionError(
                        .outputTooLarge, offset: 0,
                        message: "a message holds more than \(limit) bytes; raise limits.record")
                }
            }
        }
        try layer.finish()
        return type.name
    }
}
