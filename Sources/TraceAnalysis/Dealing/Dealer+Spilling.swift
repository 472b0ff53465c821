internal import Compression
internal import SpanModel

extension Dealer {
    /// Replaces a shard's full open chunk by an empty one, making room where there is none.
    mutating func openChunk(_ lane: Lane, of traceIDLow: UInt64) throws(ScratchError) {
        let shard = Self.shard(of: traceIDLow, of: shards)
        let table = UInt32(tables.count)
        if lane == .spans { spans.close(shard, table: table) } else { links.close(shard, table: table) }
        var chunk = chunks.take()
        if chunk == nil {
            try makeRoom()
            chunk = chunks.take()
        }
        guard let chunk else {
            throw ScratchError(
                .outOfMemory, directory: "", message: "cannot set spans aside: no memory; give more --memory")
        }
        let open = DealingLane.Open(chunk: chunk, count: 0)
        if lane == .spans { spans.open[shard] = open } else { links.open[shard] = open }
    }

    /// Ends all open chunks, as at the border between two name tables.
    mutating func closeOpenChunks() {
        let table = UInt32(tables.count)
        for shard in 0..<shards {
            spans.close(shard, table: table)
            links.close(shard, table: table)
        }
    }

    /// Sets full chunks aside, the largest shards first, until an eighth of the chunks is free.
    ///
    /// With few chunks all may be open and none full; then the open ones go.
    private mutating func makeRoom() throws(ScratchError) {
        let wanted = max(chunks.count / 8, 1)
        try spill(until: wanted)
        guard chunks.freeCount == 0 else { return }
        closeOpenChunks()
        try spill(until: wanted)
    }

    private mutating func spill(until wanted: Int) throws(ScratchError) {
        var fullest: [(count: UInt32, shard: Int, lane: Lane)] = []
        for shard in 0..<shards {
            fullest.append((spans.lists.shards[shard].chunkCount, shard, .spans))
            fullest.append((links.lists.shards[shard].chunkCount, shard, .links))
        }
        fullest.sort { $0.count > $1.count }
        for (count, shard, lane) in fullest where count > 0 && chunks.freeCount < wanted {
            switch lane {
            case .spans: try blocks.spill(shard, SpanRecord.self, &spans.lists, &chunks, &scratch)
            case .links: try blocks.spill(shard, LinkRecord.self, &links.lists, &chunks, &scratch)
            }
        }
    }
}

/// Makes compressed blocks of chunks; keeps its buffers.
struct BlockWriter: ~Copyable {
    /// Fast rather than small: the disk is read back soon.
    static let level = -5

    private var compressor: ZstdCompressor?
    private var rows: [UInt8] = []
    private var compressed: [UInt8] = []

    init() {}

    /// Moves all full chunks of a shard to the scratch file and frees them.
    mutating func spill<Record: DealtRecord>(
        _ shard: Int, _: Record.Type, _ lists: inout ShardLists, _ chunks: inout ChunkStore,
        _ scratch: inout ScratchWriter
    ) throws(ScratchError) {
        var pending = ShardLists.Chunk()
        rows.removeAll(keepingCapacity: true)
        while let (id, chunk) = lists.pop(shard: shard) {
            let fits = pending.count + chunk.count <= UInt32(ShardLists.maximumBlockRecords)
            if pending.count > 0, !fits || pending.table != chunk.table {
                lists.shards[shard].blocks.append(try flush(pending, to: &scratch))
                pending.count = 0
            }
            chunks.withRecords(id, count: Int(chunk.count), as: Record.self) { Rows.append($0, to: &rows) }
            chunks.release(id)
            pending.count += chunk.count
            pending.table = chunk.table
        }
        guard pending.count > 0 else { return }
        lists.shards[shard].blocks.append(try flush(pending, to: &scratch))
    }

    /// One compressed block of these records; valid until the next call.
    mutating func compress<Record: DealtRecord>(_ records: Span<Record>) throws(CompressionError) -> [UInt8] {
        rows.removeAll(keepingCapacity: true)
        Rows.append(records, to: &rows)
        try compressRows()
        return compressed
    }

    private mutating func flush(
        _ pending: ShardLists.Chunk, to scratch: inout ScratchWriter
    ) throws(ScratchError) -> ShardLists.Block {
        do {
            try compressRows()
        } catch {
            throw ScratchError(.outOfMemory, directory: "", message: "cannot set spans aside: \(error.message)")
        }
        rows.removeAll(keepingCapacity: true)
        let extent = try scratch.append(compressed)
        return ShardLists.Block(extent: extent, count: pending.count, table: pending.table)
    }

    private mutating func compressRows() throws(CompressionError) {
        if compressor == nil { compressor = try ZstdCompressor(level: Self.level, checksum: true) }
        compressed.removeAll(keepingCapacity: true)
        try compressor?.compress(rows, into: &compressed)
    }
}
