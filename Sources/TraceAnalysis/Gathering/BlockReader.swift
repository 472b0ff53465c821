internal import Compression
internal import SpanModel

/// Gives out the records of a shard, from memory and from scratch files; keeps its buffers.
struct BlockReader: ~Copyable {
    private var decompressor: ZstdDecompressor?
    private var compressed: [UInt8] = []
    private var rows: [UInt8] = []

    init() {}

    /// Calls `body` with the records of every chunk and block of a shard and the number of their name table.
    ///
    /// - Parameters:
    ///   - records: a buffer for blocks.
    ///   - body: says whether to go on.
    mutating func forEach<Record: DealtRecord>(
        _ storage: DealtStorage, shard: Int, _ records: inout [Record],
        _ body: (Span<Record>, Int) throws(ScratchError) -> Bool
    ) throws(ScratchError) {
        let lists = storage.lists(Record.lane)
        var seen: UInt64 = 0
        var id = lists.shards[shard].newestChunk
        while id != ChunkStore.none {
            let chunk = lists.chunks[Int(id)]
            let goesOn = try storage.chunks.withRecords(id, count: Int(chunk.count), as: Record.self) {
                (span) throws(ScratchError) in try body(span, Int(chunk.table))
            }
            guard goesOn else { return }
            seen = seen.addingSaturating(UInt64(chunk.count))
            id = chunk.previous
        }
        guard let file = storage.scratch else { return }
        var next = lists.shards[shard].newestBlock
        while let block = next {
            next = try read(block, file, into: &records)
            guard try body(records.span, Int(block.table)) else { return }
            seen = seen.addingSaturating(UInt64(block.count))
        }
        guard seen == lists.shards[shard].recordCount else {
            throw .corrupt(file.directory, "blocks of a shard are missing")
        }
    }

    /// Replaces `records` by those of the block; the block before it.
    private mutating func read<Record: DealtRecord>(
        _ block: Block, _ file: ScratchFile, into records: inout [Record]
    ) throws(ScratchError) -> Block? {
        let before = try block.read(file, into: &compressed)
        rows.removeAll(keepingCapacity: true)
        let maximumBytes = Block.maximumRecords * Record.rowBytes
        do throws(CompressionError) {
            if decompressor == nil { decompressor = try ZstdDecompressor() }
            try decompressor?.append(compressed, to: &rows, maximumBytes: maximumBytes)
        } catch {
            throw .corrupt(file.directory, "a block is damaged: \(error.message)")
        }
        guard rows.count == Int(block.count) * Record.rowBytes, Rows.read(rows, into: &records) else {
            throw .corrupt(file.directory, "a block holds impossible records")
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
