internal import Compression
internal import SpanModel

/// Gives out the records of a shard, from memory and from scratch files; keeps its buffers.
struct BlockReader: ~Copyable {
    private var decompressor: ZstdDecompressor?
    private var compressed: [UInt8] = []
    private var rows: [UInt8] = []

    init() {}

    /// Rows that use one name table, and how many there are.
    typealias Body = (_ rows: RawSpan, _ count: Int, _ table: Int) throws(ScratchError) -> Bool

    /// Calls `body` with the rows of every chunk and block of a shard.
    ///
    /// - Parameter body: says whether to go on.
    mutating func forEach(_ lane: Lane, of storage: DealtStorage, shard: Int, _ body: Body) throws(ScratchError) {
        let lists = storage.lists(lane)
        var seen: UInt64 = 0
        var id = lists.shards[shard].newestChunk
        while id != ChunkStore.none {
            let chunk = lists.chunks[Int(id)]
            let goesOn = try storage.chunks.withRows(id, bytes: chunk.bytes) { (rows) throws(ScratchError) in
                try body(rows, Int(chunk.count), Int(chunk.table))
            }
            guard goesOn else { return }
            seen = seen.addingSaturating(UInt64(chunk.count))
            id = chunk.previous
        }
        guard let file = storage.scratch else { return }
        var next = lists.shards[shard].newestBlock
        while let block = next {
            next = try read(block, file)
            guard try body(rows.span.bytes, Int(block.count), Int(block.table)) else { return }
            seen = seen.addingSaturating(UInt64(block.count))
        }
        guard seen == lists.shards[shard].recordCount else {
            throw .corrupt(file.directory, "blocks of a shard are missing")
        }
    }

    /// Replaces `rows` by those of the block; the block before it.
    private mutating func read(_ block: Block, _ file: ScratchFile) throws(ScratchError) -> Block? {
        let before = try block.read(file, into: &compressed)
        rows.removeAll(keepingCapacity: true)
        let longest = max(SpanRecord.longestRowBytes, LinkRecord.longestRowBytes)
        do throws(CompressionError) {
            if decompressor == nil { decompressor = try ZstdDecompressor() }
            try decompressor?.append(compressed, to: &rows, maximumBytes: Block.maximumRecords * longest)
        } catch {
            throw .corrupt(file.directory, "a block is damaged: \(error.message)")
        }
        return before
    }
}

extension ZstdDecompressor {
    fileprivate mutating func append(
        _ frame: [UInt8], to output: inout [UInt8], maximumBytes: Int
    ) throws(CompressionError) {
        try frame.span.withUnsafeBytes { (bytes) throws(CompressionError) in
            try decompressFrame(bytes, into: &output, maximumBytes: maximumBytes)
        }
    }
}
