public import SpanModel

/// Deals the spans of one worker into shards by trace, so that each shard can be assembled by itself.
///
/// All records of a trace meet in one shard, whichever worker, process or machine dealt them. What does not fit
/// into the pool is compressed and set aside in a scratch file of the dealer's own.
///
/// ```swift
/// var dealer = Dealer(pool: pool, scratchDirectory: directory)
/// try dealer.deal(&batch)                      // per batch; the batch is then empty again
/// let dealt = try dealer.finish(names: batch.names)
/// ```
///
/// - Complexity: `deal` is O(records), some nanoseconds each.
public struct Dealer: ~Copyable {
    let shards: Int
    let nameBytesLimit: Int
    var chunks: ChunkStore
    var spans: DealingLane
    var links: DealingLane
    var counts = NameCounts()
    var tables: [NameTableRuns] = []
    var blocks = BlockWriter()
    var scratch: ScratchWriter

    /// - Parameters:
    ///   - pool: shared by all dealers of the run.
    ///   - scratchDirectory: exists and is private to the run; nothing is created in it before it is needed.
    public init(pool: ChunkPool, scratchDirectory: String) {
        let budget = pool.budget
        shards = budget.shards
        nameBytesLimit = budget.nameBytesPerWorker
        chunks = ChunkStore(pool: pool)
        spans = DealingLane(shards: shards, capacity: chunks.capacity(SpanRecord.self))
        links = DealingLane(shards: shards, capacity: chunks.capacity(LinkRecord.self))
        scratch = ScratchWriter(directory: scratchDirectory)
    }

    /// The shard of a trace: the same in every process.
    @inlinable
    public static func shard(of traceIDLow: UInt64, of shards: Int) -> Int {
        // The high bits decide, so that the low ones stay uniform within a shard.
        Int(truncatingIfNeeded: mix64(traceIDLow).multipliedFullWidth(by: UInt64(truncatingIfNeeded: shards)).high)
    }

    /// Copies the records of a batch and empties it.
    ///
    /// All batches of a dealer share one growing name table. When it becomes too large the dealer keeps its
    /// names and leaves a new, empty table in the batch: ids do not outlive the call.
    public mutating func deal(_ batch: inout SpanBatch) throws(ScratchError) {
        counts.cover(batch.names)
        for index in batch.spans.indices {
            let span = batch.spans[index]
            counts.operations[Int(span.operation)] &+= 1
            if span.peer != 0 { counts.names[Int(span.peer)] &+= 1 }
            if span.destination != 0 { counts.names[Int(span.destination)] &+= 1 }
            let shard = Self.shard(of: span.traceID.low, of: shards)
            if spans.isFull(shard) { try openChunk(.spans, shard) }
            chunks.put(span, spans.open[shard].chunk, at: spans.open[shard].count)
            spans.open[shard].count &+= 1
        }
        for index in batch.links.indices {
            let link = batch.links[index]
            counts.operations[Int(link.operation)] &+= 1
            if link.destination != 0 { counts.names[Int(link.destination)] &+= 1 }
            let shard = Self.shard(of: link.targetTraceID.low, of: shards)
            if links.isFull(shard) { try openChunk(.links, shard) }
            chunks.put(link, links.open[shard].chunk, at: links.open[shard].count)
            links.open[shard].count &+= 1
        }
        batch.removeSpans()
        let nameBytes = batch.names.memoryBytes + counts.memoryBytes
        let ids = max(batch.names.stringCount, batch.names.operations.count)
        guard nameBytes > nameBytesLimit || ids > NameRun.idLimit / 2 else { return }
        try seal(batch.names)
        batch.names = NameTable()
    }

    /// Ends dealing.
    ///
    /// - Parameter names: the table of the last batch.
    public consuming func finish(names: NameTable) throws(ScratchError) -> DealtSpans {
        counts.cover(names)
        closeOpenChunks()
        let runs = NameRun.make(names, counts)
        tables.append(NameTableRuns(names: .memory(runs.names), operations: .memory(runs.operations)))
        let storage = DealtStorage(
            chunks: chunks, spans: spans.lists, links: links.lists, tables: tables, scratch: scratch.file,
            scratchBytes: scratch.end)
        return DealtSpans(storage: storage)
    }

    /// Sets the names of a table aside; records dealt from now on use the next.
    private mutating func seal(_ names: NameTable) throws(ScratchError) {
        closeOpenChunks()
        let runs = NameRun.make(names, counts)
        let nameExtent = try scratch.append(runs.names)
        let operationExtent = try scratch.append(runs.operations)
        counts = NameCounts()
        guard let file = scratch.file else { return }
        tables.append(
            NameTableRuns(names: .scratch(file, [nameExtent]), operations: .scratch(file, [operationExtent])))
    }
}

/// The open chunks of every shard, and the lists they go to when full.
struct DealingLane {
    struct Open {
        var chunk: UInt32
        var count: UInt32
    }

    let capacity: UInt32
    /// By shard; a shard without an open chunk looks full.
    var open: [Open]
    var lists: ShardLists

    init(shards: Int, capacity: Int) {
        self.capacity = UInt32(capacity)
        open = Array(repeating: Open(chunk: ChunkStore.none, count: UInt32(capacity)), count: shards)
        lists = ShardLists(shards: shards)
    }

    @inline(__always)
    func isFull(_ shard: Int) -> Bool { open[shard].count == capacity }

    /// Moves the open chunk of a shard to its list.
    mutating func close(_ shard: Int, table: UInt32) {
        let (chunk, count) = (open[shard].chunk, open[shard].count)
        guard chunk != ChunkStore.none, count > 0 else { return }
        lists.shards[shard].recordCount += UInt64(count)
        lists.push(chunk, count: count, table: table, shard: shard)
        open[shard] = Open(chunk: ChunkStore.none, count: capacity)
    }
}
