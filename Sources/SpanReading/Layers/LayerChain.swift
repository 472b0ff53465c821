import Compression
import SpanModel

/// The way of an archive's bytes from the file through its layers, drawn from the inner end.
///
/// ```
/// file ─► window ─► gzip ─► window ─► zstd ─► window ─► format
/// ```
///
/// What was unwrapped before a failure is delivered; the stream then ends, and `failure` says why.
struct LayerChain {
    /// Compressions around one another that are looked into.
    static let maximumDepth = 3
    /// What is asked of the file at a time.
    static let fileBlockBytes = 256 << 10
    /// What is asked of a layer at a time.
    static let blockBytes = 256 << 10

    private struct Stage {
        var window = ByteWindow()
        var hasEnded = false
        /// Nil for the file itself.
        var layer: (any ArchiveLayer)?
        /// For layers that write along one.
        var line: ByteLine?

        /// Lets a layer write into the window.
        ///
        /// - Parameter lookBack: bytes that it may look back at, on one line and the one before.
        mutating func add(_ layer: any ArchiveLayer, lookBack: Int) throws(CompressionError) {
            self.layer = layer
            guard layer.resetForConsecutiveOutput() else { return }
            guard let line = line ?? ByteLine.reserved(atLeast: 2 * lookBack) else {
                throw CompressionError(
                    .outOfMemory, offset: 0, message: "no addresses to decompress to; raise the limit of ulimit -v")
            }
            window.reset(on: line)
        }

        /// Makes ready for another archive; the window's memory is kept, up to a point.
        mutating func end(_ idle: inout IdleLayers) {
            if let last = window.leaveLine() { line = last }
            if let line { line.release(before: line.end, keeping: ByteWindow.keptBytes) }
            hasEnded = false
            if let layer { idle.give(layer) }
            layer = nil
        }
    }

    private let settings: ReadingSettings
    private var source = ArchiveSource.memory([], piece: 1, taken: 0)
    /// From the file inwards; those beyond `depth` wait with their storage.
    private var stages: [Stage]
    private var idle: IdleLayers
    /// Layers in use.
    private(set) var depth = 0
    /// The first thing that went wrong, outermost first.
    private(set) var failure: ArchiveError?
    /// Where the archive ends too early.
    private(set) var truncatedAt: UInt64?

    init(settings: ReadingSettings) {
        self.settings = settings
        idle = IdleLayers(settings: settings)
        stages = (0...Self.maximumDepth).map { _ in Stage() }
    }

    /// Begins a new archive; the last one must have been closed.
    mutating func begin(_ source: ArchiveSource) {
        self.source = source
        failure = nil
        truncatedAt = nil
    }

    /// Closes the file and makes ready for another.
    mutating func end() {
        source.close()
        source = .memory([], piece: 1, taken: 0)
        for index in stages.indices { stages[index].end(&idle) }
        depth = 0
    }

    /// Bytes of the file that have been read.
    var fileBytes: UInt64 { stages[0].window.endOffset }
    /// Bytes that have come out of the innermost layer.
    var unwrappedBytes: UInt64 { stages[depth].window.endOffset }
    /// Offset of the first byte here.
    var offset: UInt64 { stages[depth].window.offset }
    /// Bytes here.
    var count: Int { stages[depth].window.count }
    /// Whether nothing will follow the bytes here.
    var hasEnded: Bool { stages[depth].hasEnded }

    /// Lends the bytes here.
    @inline(__always)
    func withBytes<R, Failure: Error>(_ body: (RawSpan) throws(Failure) -> R) throws(Failure) -> R {
        try stages[depth].window.withBytes(body)
    }

    /// Moves bytes from the front into another window.
    mutating func hand(_ count: Int, to window: inout ByteWindow) { stages[depth].window.hand(count, to: &window) }

    /// Draws until so many bytes are here or the stream ends.
    mutating func fill(to wanted: Int) {
        while count < wanted, !hasEnded { draw(depth) }
    }

    /// The same, but stops where a part comes next that others can unwrap.
    mutating func fill(beforePartTo wanted: Int) {
        while count < wanted, !hasEnded, part(at: 0, behind: 0) == nil { draw(depth) }
    }

    /// The part that others can unwrap which comes behind so many bytes of the file, and of content, that are parts.
    ///
    /// Whether there is one depends on the archive alone.
    mutating func part(at start: Int, behind contentBytes: Int) -> (bytes: Int, contentBytes: Int)? {
        guard depth == 1, !hasEnded, let layer = stages[1].layer else { return nil }
        let before = stages[1].window.endOffset &+ UInt64(contentBytes)
        guard before < settings.maximumDecompressedBytes else { return nil }
        let limit = min(settings.maximumDecompressedBytes - before, settings.maximumPartBytes)
        while true {
            let part = stages[0].window.withBytes { bytes in
                layer.part(bytes.extracting(min(start, bytes.byteCount)..<bytes.byteCount), limit: Int(limit))
            }
            switch part {
            case .none: return nil
            case .whole(let bytes, let contentBytes): return (bytes, contentBytes)
            case .incomplete where stages[0].hasEnded: return nil
            case .incomplete: drawFile()
            }
        }
    }

    /// Copies parts into another window, wrapped as they are, and passes over what they hold; nothing else may be here.
    mutating func handParts(_ bytes: Int, contentBytes: Int, to window: inout ByteWindow) {
        window.reset(at: stages[0].window.offset)
        stages[0].window.withBytes { window.append($0.extracting(0..<bytes)) }
        stages[0].window.discard(bytes)
        stages[1].layer?.skip(bytes)
        stages[1].window.pass(contentBytes)
    }

    /// The layer whose parts those are.
    var partLayer: (any ArchiveLayer.Type)? { stages[1].layer.map { type(of: $0) } }

    /// Looks at the first bytes and unwraps a layer if they begin one.
    ///
    /// - Returns: the layer's name.
    mutating func addLayer() -> String? {
        guard depth < Self.maximumDepth, let type = withBytes({ bytes in archiveLayers.first { $0.begins(bytes) } })
        else { return nil }
        do throws(CompressionError) {
            try stages[depth + 1].add(idle.take(type), lookBack: Int(min(settings.maximumZstdWindowBytes, 2 << 30)))
        } catch {
            fail(error, at: depth + 1)
            return nil
        }
        depth += 1
        return type.name
    }

    /// Adds some bytes to a stage's window, or marks its end.
    private mutating func draw(_ level: Int) {
        guard level > 0, let layer = stages[level].layer else { return drawFile() }
        if stages[level - 1].window.count == 0, !stages[level - 1].hasEnded { draw(level - 1) }
        do throws(CompressionError) {
            let step = try unwrap(layer, level)
            guard step.taken == 0, step.made == 0 else {
                return checkSize(level)
            }
            guard stages[level - 1].hasEnded else { return draw(level - 1) }
            stages[level].hasEnded = true
            try layer.finish()
        } catch {
            stages[level].hasEnded = true
            fail(error, at: level)
        }
    }

    private mutating func unwrap(
        _ layer: any ArchiveLayer, _ level: Int
    ) throws(CompressionError) -> (taken: Int, made: Int) {
        var below = ByteWindow()
        swap(&below, &stages[level - 1].window)
        defer { swap(&below, &stages[level - 1].window) }
        var taken = 0
        let lookBack = layer.lookBackBytes
        let made = try below.withBytes { input throws(CompressionError) in
            try input.withUnsafeBytes { input throws(CompressionError) in
                try stages[level].window.fill(room: Self.blockBytes, lookingBack: lookBack) {
                    room throws(CompressionError) in
                    let step = try layer.unwrap(input, into: room)
                    taken = step.taken
                    return step.made
                }
            }
        }
        below.discard(taken)
        return (taken, made)
    }

    private mutating func drawFile() {
        let offset = stages[0].window.endOffset
        do throws(ArchiveError) {
            let made = try stages[0].window.fill(room: Self.fileBlockBytes) { room throws(ArchiveError) in
                try source.read(into: room, at: offset)
            }
            if made == 0 { stages[0].hasEnded = true }
        } catch {
            stages[0].hasEnded = true
            if failure == nil { failure = error }
        }
    }

    private mutating func checkSize(_ level: Int) {
        let limit = settings.maximumDecompressedBytes
        guard stages[level].window.endOffset > limit else { return }
        stages[level].hasEnded = true
        guard failure == nil else { return }
        let message = "holds more than \(limit) bytes; raise limits.decompressed"
        failure = ArchiveError(.tooLarge, offset: stages[level - 1].window.offset, message: message)
    }

    private mutating func fail(_ error: CompressionError, at level: Int) {
        // A cut or broken layer leaves the layers inside it cut as well: the outermost is the cause.
        guard failure == nil else { return }
        if error.kind == .truncated { truncatedAt = error.offset }
        failure = ArchiveError(error)
    }
}

extension ArchiveError {
    /// The same, for people who look at an archive.
    init(_ error: CompressionError) {
        switch error.kind {
        case .truncated:
            self.init(
                .truncated, offset: error.offset,
                message: error.message + "; it may still be being written, else fetch it again")
        case .corrupt: self.init(.corrupt, offset: error.offset, message: error.message + "; fetch it again")
        case .windowTooLarge(let needed):
            let memory = needed.map { " to \(max($0 >> 18, 1)) MiB" } ?? ""
            self.init(.tooLarge, offset: error.offset, message: error.message + "; raise --memory" + memory)
        case .outputTooLarge: self.init(.tooLarge, offset: error.offset, message: error.message)
        case .outOfMemory: self.init(.unreadable, offset: error.offset, message: error.message)
        }
    }
}
