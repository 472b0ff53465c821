internal import SpanModel

/// What one dealer dealt: records by shard, in memory and set aside, and the names they use.
///
/// A value to hand over to a `Gatherer` or to a `FrameWriter`; its memory and its scratch file live as long.
public struct DealtSpans: Sendable {
    /// Shards the records were dealt into.
    public var shards: Int { storage.shards }
    /// Records of spans, repeats included.
    public var spanCount: UInt64 { storage.total(.spans) }
    public var linkCount: UInt64 { storage.total(.links) }
    /// Bytes in scratch files.
    public var scratchBytes: UInt64 { storage.scratchBytes }

    let storage: DealtStorage
}

/// Where the records of a `DealtSpans` are; immutable once made.
final class DealtStorage: @unchecked Sendable {
    // Sendable: nothing writes to the chunks once the dealer has given them up.
    let shards: Int
    let chunks: ChunkStore
    let spans: ShardLists
    let links: ShardLists
    let tables: [NameTableRuns]
    let scratch: ScratchFile?
    let scratchBytes: UInt64

    init(
        chunks: consuming ChunkStore, spans: ShardLists, links: ShardLists, tables: [NameTableRuns],
        scratch: ScratchFile?, scratchBytes: UInt64
    ) {
        shards = spans.shards.count
        self.chunks = chunks
        self.spans = spans
        self.links = links
        self.tables = tables
        self.scratch = scratch
        self.scratchBytes = scratchBytes
    }

    func lists(_ lane: Lane) -> ShardLists { lane == .spans ? spans : links }

    func total(_ lane: Lane) -> UInt64 {
        lists(lane).shards.reduce(0) { $0.addingSaturating($1.recordCount) }
    }
}

/// The sorted names of one table and the root samples of its operations, in memory or in the scratch file.
struct NameTableRuns: Sendable {
    enum Place: Sendable {
        case memory([UInt8])
        case scratch(ScratchFile, [ScratchFile.Extent])
    }
    var names: Place
    var operations: Place
    /// Entries of `RootSamples`.
    var samples = Place.memory([])
}

/// The full chunks and blocks of every shard for one lane.
struct ShardLists: Sendable {
    struct Shard: Sendable {
        var recordCount: UInt64 = 0
        /// The chunk filled last; each knows the one before.
        var newestChunk = ChunkStore.none
        var chunkCount: UInt32 = 0
        /// The block written last; each knows the one before.
        var newestBlock: Block?
    }

    /// A full chunk's place in its shard.
    struct Chunk: Sendable {
        var previous = ChunkStore.none
        /// Bytes of its rows.
        var bytes: UInt32 = 0
        var count: UInt32 = 0
        /// Number of the name table its records use.
        var table: UInt32 = 0
    }

    var shards: [Shard]
    /// By chunk id.
    var chunks: [Chunk] = []

    init(shards: Int) { self.shards = Array(repeating: Shard(), count: shards) }

    /// Writes the compressed rows of some records of a shard behind those it has; their number is not counted.
    mutating func setAside(
        _ rows: (bytes: [UInt8], count: UInt32, table: UInt32), shard: Int, _ scratch: inout ScratchWriter
    ) throws(ScratchError) {
        var bytes = rows.bytes
        Block.link(to: shards[shard].newestBlock, in: &bytes)
        let extent = try scratch.append(bytes)
        shards[shard].newestBlock = Block(extent: extent, count: rows.count, table: rows.table)
    }

    mutating func push(_ id: UInt32, _ full: DealingLane.Open, table: UInt32, shard: Int) {
        while chunks.count <= Int(id) { chunks.append(Chunk()) }
        chunks[Int(id)] = Chunk(
            previous: shards[shard].newestChunk, bytes: full.bytes, count: full.count, table: table)
        shards[shard].newestChunk = id
        shards[shard].chunkCount += 1
    }

    /// Takes the newest chunk off a shard.
    mutating func pop(shard: Int) -> (id: UInt32, chunk: Chunk)? {
        let id = shards[shard].newestChunk
        guard id != ChunkStore.none else { return nil }
        shards[shard].newestChunk = chunks[Int(id)].previous
        shards[shard].chunkCount -= 1
        return (id, chunks[Int(id)])
    }
}
