import SpanModel

/// How long blocks are, as far as records allow.
struct BlockSizes {
    /// Of lines, up to the end of one.
    var lines = 1 << 20
    /// Where no line ends within this, more than the least of a block, none is waited for any more.
    var longestLine = 16 << 20
    /// Of a stream that has no lines: long enough that few records are cut.
    var stream = 1 << 20
    /// Of messages.
    var messages = 1 << 20
    /// Of messages that are compressed: about as much work.
    var compressedMessages = 128 << 10
    /// No more are cut before anybody asks for them once so many, or so many bytes, wait.
    var countAhead = 4
    var bytesAhead = 8 << 20
}

/// Takes the layers off an archive and cuts what is inside into blocks, at borders of records where it can.
///
/// Where the cuts are depends on the archive alone.
struct ArchiveCutter {
    var chain: LayerChain
    private let maximumRecordBytes: Int
    let sizes: BlockSizes
    private var content: ArchiveContent?
    private var cutCount = 0
    private var isAtBorder = true
    /// Whether lines end where records do, as far as has been seen.
    private var endsLines = true

    /// What detection looks at.
    static let prefixBytes = 64 << 10

    init(settings: ReadingSettings, chain: LayerChain, sizes: BlockSizes = BlockSizes()) {
        maximumRecordBytes = max(settings.maximumRecordBytes, 0)
        self.sizes = sizes
        self.chain = chain
    }

    /// Finds out what the archive is.
    ///
    /// - Returns: false where there is nothing to read, which is then in the summary.
    mutating func begin(_ source: ArchiveSource, _ summary: inout ArchiveSummary) -> Bool {
        chain.begin(source)
        content = detect(&summary)
        return content != nil
    }

    /// Moves the next block into a window; nil when there is none.
    mutating func cut(into window: inout ByteWindow) -> ArchiveBlock? {
        guard let content else { return nil }
        var block = ArchiveBlock(
            number: cutCount, content: content, beginsRecord: isAtBorder, fileBytes: 0, unwrappedBytes: 0)
        cutCount += 1
        let count: Int?
        switch content {
        case .stream(let format): count = cutStream(format, &block)
        case .messages(let framing): count = cutMessages(framing, &block)
        }
        if let count { chain.hand(count, to: &window) } else { block.parts = cutParts(into: &window) }
        block.fileBytes = chain.fileBytes
        block.unwrappedBytes = chain.unwrappedBytes
        if block.isLast {
            if block.failure == nil { block.failure = chain.failure }
            if let place = chain.truncatedAt { block.truncatedAt = place }
            self.content = nil
        }
        return block
    }

    /// - Returns: the block's length; nil where it is made of parts.
    private mutating func cutStream(_ format: any SpanFormat.Type, _ block: inout ArchiveBlock) -> Int? {
        let hasLines = endsLines && format.hasLines
        let wanted = hasLines ? sizes.lines : sizes.stream
        var looked = wanted
        while true {
            // The byte behind the cut decides, and whether there is one.
            chain.fill(beforePartTo: looked + 1)
            let isEnough = chain.count > looked
            block.isLast = !isEnough && chain.hasEnded
            guard !block.isLast else { return chain.count }
            isAtBorder = false
            // What is before a part is a block of its own.
            guard isEnough else { return chain.count > 0 ? chain.count : nil }
            guard hasLines else { return wanted }
            let limit = min(chain.count, sizes.longestLine + 1)
            // Little is here that lies behind the cut and must be copied.
            if let line = chain.withBytes({ Self.firstLine($0.extracting(0..<limit), from: looked) }) {
                isAtBorder = true
                return line
            }
            endsLines = limit <= sizes.longestLine
            guard endsLines else { return sizes.longestLine }
            looked = limit
        }
    }

    /// Moves as many parts into a window as make a block.
    private mutating func cutParts(into window: inout ByteWindow) -> WrappedParts? {
        guard let layer = chain.partLayer else { return nil }
        var (bytes, contentBytes) = (0, 0)
        while bytes < sizes.stream, contentBytes < sizes.stream {
            guard let part = chain.part(at: bytes, behind: contentBytes) else { break }
            bytes += part.bytes
            contentBytes += part.contentBytes
        }
        chain.handParts(bytes, contentBytes: contentBytes, to: &window)
        return WrappedParts(layer: layer, contentBytes: contentBytes)
    }

    /// Where the first line begins, from `start` on, that an object or a list begins.
    static func firstLine(_ bytes: RawSpan, from start: Int) -> Int? {
        var offset = max(start - 1, 0)
        while let newline = bytes.firstOffset(of: 0x0a, from: offset), newline + 1 < bytes.byteCount {
            offset = newline + 1
            if bytes.byte(offset) == 0x7b || bytes.byte(offset) == 0x5b { return offset }
        }
        return nil
    }

    private mutating func cutMessages(_ framing: MessageFraming, _ block: inout ArchiveBlock) -> Int {
        var end = 0
        var wanted = sizes.messages
        while end < wanted {
            chain.fill(to: end + MessageFraming.maximumPrefixBytes)
            guard chain.count > end else {
                block.isLast = true
                return end
            }
            let place = chain.offset &+ UInt64(end)
            switch chain.withBytes({ framing.head($0, at: end) }) {
            case .malformed:
                block.isLast = true
                block.failure = ArchiveError(.corrupt, offset: place, message: "no length where one should be")
                return end
            case .incomplete:
                block.isLast = true
                if chain.failure == nil { block.truncatedAt = place }
                return end
            case .sizes(_, let length) where length > UInt64(maximumRecordBytes):
                let message =
                    "a message should have \(length) bytes, over the limit of \(maximumRecordBytes); "
                    + "the archive is damaged, or raise limits.record"
                block.isLast = true
                block.failure = ArchiveError(.tooLarge, offset: place, message: message)
                return end
            case .sizes(let prefix, let length):
                let upper = end + prefix + Int(length)
                chain.fill(to: upper)
                guard chain.count >= upper else {
                    block.isLast = true
                    if chain.failure == nil { block.truncatedAt = place }
                    return end
                }
                if chain.withBytes({ bytes in Self.isWrapped(bytes.extracting(end + prefix..<upper)) }) {
                    wanted = sizes.compressedMessages
                }
                end = upper
            }
        }
        return end
    }

    private static func isWrapped(_ message: RawSpan) -> Bool { archiveLayers.contains { $0.begins(message) } }
}
