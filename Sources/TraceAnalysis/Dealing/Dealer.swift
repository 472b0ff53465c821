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
    var samples: RootSamples
    /// Samples of the current table that were set aside.
    var sampleExtents: [ScratchFile.Extent] = []
    var tables: [NameTableRuns] = []
    var blocks = BlockWriter()
    var scratch: ScratchWriter
    /// Whether spans or links have been set aside.
    var hasSpilled = false

    /// - Parameters:
    ///   - pool: shared by all dealers of the run.
    ///   - scratchDirectory: exists and is private to the run; nothing is created in it before it is needed.
    ///   - window: of the run; roots that begin outside tell nothing about its probabilities.
    public init(pool: ChunkPool, scratchDirectory: String, window: Window = .always) {
        let budget = pool.budget
        samples = RootSamples(window: window, limitBytes: budget.sampleBytesPerWorker)
        shards = budget.shards
        nameBytesLimit = budget.nameBytesPerWorker
        chunks = ChunkStore(pool: pool)
        spans = DealingLane(shards: shards, chunkBytes: chunks.chunkBytes, SpanRecord.self)
        links = DealingLane(shards: shards, chunkBytes: chunks.chunkBytes, LinkRecord.self)
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
        counts.add(batch.spans)
        counts.add(batch.links)
        samples.add(batch.spans)
        if samples.isFull { try setSamplesAside() }
        var next = 0
        while next < batch.spans.count {
            next = spans.put(batch.spans, from: next) { $0.traceID.low }
            if next < batch.spans.count { try openChunk(.spans, of: batch.spans[next].traceID.low) }
        }
        next = 0
        while next < batch.links.count {
            next = links.put(batch.links, from: next) { $0.targetTraceID.low }
            if next < batch.links.count { try openChunk(.links, of: batch.links[next].targetTraceID.low) }
        }
        batch.removeSpans()
        let nameBytes = batch.names.memoryBytes + counts.memoryBytes
        let ids = max(batch.names.stringCount, batch.names.operations.count)
        guard nameBytes > nameBytesLimit || ids > NameRun.idLimit / 2 else { return }
        try seal(batch.names)
        batch.names = NameTable()
    }

    /// Ends dealing. What has spilled in part is spilled whole: gathering then has the pool's memory.
    ///
    /// - Parameter names: the table of the last batch.
    public consuming func finish(names: NameTable) throws(ScratchError) -> DealtSpans {
        counts.cover(names)
        closeOpenChunks()
        if hasSpilled { try spillAll() }
        let runs = NameRun.make(names, counts)
        let samples = try takeSamples()
        tables.append(
            NameTableRuns(names: .memory(runs.names), operations: .memory(runs.operations), samples: samples))
        try scratch.flush()
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
        let samples = try takeSamples()
        guard let file = scratch.file else { return }
        tables.append(
            NameTableRuns(
                names: .scratch(file, [nameExtent]), operations: .scratch(file, [operationExtent]), samples: samples))
    }

    private mutating func setSamplesAside() throws(ScratchError) {
        sampleExtents.append(try scratch.append(samples.take()))
    }

    /// All samples of the current table.
    private mutating func takeSamples() throws(ScratchError) -> NameTableRuns.Place {
        guard !sampleExtents.isEmpty else { return .memory(samples.take()) }
        try setSamplesAside()
        defer { sampleExtents = [] }
        return scratch.file.map { .scratch($0, sampleExtents) } ?? .memory([])
    }
}

/// The open chunks of every shard, and the lists they go to when full.
struct DealingLane {
    struct Open {
        /// The chunk's address.
        var start: UnsafeMutableRawPointer?
        /// Bytes written.
        var bytes: UInt32 = 0
        var count: UInt32 = 0
        /// What the last row says.
        var before = RowContext()

        /// No chunk, which looks full.
        static var none: Open { Open(start: nil, bytes: .max) }
    }

    /// Bytes behind which a row may not fit.
    private let limit: UInt32
    /// By shard.
    private var open: [Open]
    /// By shard: the open chunk.
    private var openChunks: [UInt32]
    var lists: ShardLists

    init(shards: Int, chunkBytes: Int, _ record: (some DealtRecord).Type) {
        limit = UInt32(truncatingIfNeeded: max(chunkBytes - record.longestRowBytes, 0))
        open = Array(repeating: .none, count: shards)
        openChunks = Array(repeating: ChunkStore.none, count: shards)
        lists = ShardLists(shards: shards)
    }

    /// Writes records into the open chunks of their shards.
    ///
    /// - Parameter traceIDLow: of a record.
    /// - Returns: the first record whose shard has no room, or the count.
    @inline(__always)
    mutating func put<Record: DealtRecord>(
        _ records: [Record], from first: Int, _ traceIDLow: (Record) -> UInt64
    ) -> Int {
        let limit = limit
        var open = open.mutableSpan
        let shards = open.count
        for index in first..<records.count {
            let shard = Dealer.shard(of: traceIDLow(records[index]), of: shards)
            let bytes = open[shard].bytes
            guard bytes <= limit, let start = open[shard].start else { return index }
            let length = ChunkStore.put(records[index], start, behind: bytes, after: &open[shard].before)
            open[shard].bytes = bytes &+ UInt32(truncatingIfNeeded: length)
            open[shard].count &+= 1
        }
        return records.count
    }

    /// Begins a chunk of a shard, whose last one has been closed.
    mutating func open(_ chunk: UInt32, of shard: Int, at start: UnsafeMutableRawPointer) {
        open[shard] = Open(start: start)
        openChunks[shard] = chunk
    }

    /// Moves the open chunk of a shard to its list.
    mutating func close(_ shard: Int, table: UInt32) {
        let closed = open[shard]
        guard closed.start != nil, closed.count > 0 else { return }
        lists.shards[shard].recordCount += UInt64(closed.count)
        lists.push(openChunks[shard], closed, table: table, shard: shard)
        open[shard] = .none
    }
}
