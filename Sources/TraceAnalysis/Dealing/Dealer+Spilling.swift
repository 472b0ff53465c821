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
        let start = chunks.address(chunk)
        if lane == .spans { spans.open(chunk, of: shard, at: start) } else { links.open(chunk, of: shard, at: start) }
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

    /// Sets everything aside and gives the chunks' memory back; no chunk is open.
    mutating func spillAll() throws(ScratchError) {
        try spill(until: chunks.count)
        chunks.removeAll()
    }

    private mutating func spill(until wanted: Int) throws(ScratchError) {
        hasSpilled = true
        var fullest: [(count: UInt32, shard: Int, lane: Lane)] = []
        for shard in 0..<shards {
            fullest.append((spans.lists.shards[shard].chunkCount, shard, .spans))
            fullest.append((links.lists.shards[shard].chunkCount, shard, .links))
        }
        fullest.sort { $0.count > $1.count }
        for (count, shard, lane) in fullest where count > 0 && chunks.freeCount < wanted {
            switch lane {
            case .spans: try Self.spill(shard, &spans.lists, &chunks, &blocks, &scratch)
            case .links: try Self.spill(shard, &links.lists, &chunks, &blocks, &scratch)
            }
        }
    }

    /// Moves all full chunks of a shard to the scratch file and frees them.
    private static func spill(
        _ shard: Int, _ lists: inout ShardLists, _ chunks: inout ChunkStore, _ blocks: inout BlockWriter,
        _ scratch: inout ScratchWriter
    ) throws(ScratchError) {
        while let (id, chunk) = lists.pop(shard: shard) {
            if !blocks.hasRoom(for: chunk) { try lists.setAside(blocks.finish(), shard: shard, &scratch) }
            chunks.withRows(id, bytes: chunk.bytes) { blocks.add($0, of: chunk) }
            chunks.release(id)
        }
        try lists.setAside(blocks.finish(), shard: shard, &scratch)
    }
}
