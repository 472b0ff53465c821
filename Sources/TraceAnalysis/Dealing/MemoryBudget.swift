internal import Synchronization

/// How one number of bytes is divided among the stages of analysis: the only place that says so.
///
/// What a process takes before it has read anything is taken off first: program, libraries and, for every worker, the
/// buffers of reading. The rest is divided:
///
/// | part | share | for |
/// |---|---|---|
/// | chunk pool | 45 % | spans between dealing and gathering, all workers together; beyond it they spill |
/// | names | 10 % | tables of names that are still growing; beyond it they are sealed and spill |
/// | gathering | 15 % | shards while they are sorted |
/// | samples | 5 % | ids of roots whose probability is not known; beyond it they spill |
/// | the rest | 25 % | aggregates, decompression, batches |
///
/// Nothing here changes a result.
public struct MemoryBudget: Hashable, Sendable {
    public let bytes: Int
    public let workers: Int
    /// Shards that spans are dealt into.
    public let shards: Int

    /// With 512 MiB and 2 workers this many shards still leave chunks of several kilobytes.
    public static let defaultShards = 1024
    public static let maximumShards = 4096

    /// The program, its libraries and the runtime, measured and rounded up.
    static let processBytes = 34 << 20
    /// Windows of decompressed bytes, a block, a decoder and a batch.
    static let readingBytesPerWorker = 8 << 20
    /// Sketches and counts of each worker but the first, measured.
    static let analysisBytesPerFurtherWorker = 10 << 20

    /// - Parameters:
    ///   - bytes: what the user allows the whole run; less than 16 MiB counts as 16 MiB.
    ///   - workers: within 1…1024.
    ///   - shards: within 1…4096.
    public init(bytes: Int, workers: Int, shards: Int = MemoryBudget.defaultShards) {
        self.bytes = max(bytes, 16 << 20)
        self.workers = min(max(workers, 1), 1024)
        self.shards = min(max(shards, 1), Self.maximumShards)
    }

    /// What is left to divide; a twelfth at least, so that little memory makes a run slow, not impossible.
    var divisibleBytes: Int {
        let further = (workers - 1) * Self.analysisBytesPerFurtherWorker
        return max(bytes - Self.processBytes - workers * Self.readingBytesPerWorker - further, bytes / 12)
    }

    /// Spans in memory between dealing and gathering, all workers together.
    public var chunkPoolBytes: Int { divisibleBytes / 100 * 45 }

    /// A worker's growing table of names.
    ///
    /// At least 256 KiB, so that tables are worth sealing.
    public var nameBytesPerWorker: Int { max(divisibleBytes / 10 / workers, 256 << 10) }

    /// A worker's ids of roots by operation, while it deals; all of them while they are looked at.
    ///
    /// At least 64 KiB, so that what is set aside is worth a write.
    public var sampleBytesPerWorker: Int { max(divisibleBytes / 20 / workers, 64 << 10) }

    /// What one worker may hold of a shard while it sorts it; a single trace may exceed it, up to the limit
    /// of the job.
    public var gatherBytesPerWorker: Int { divisibleBytes / 100 * 15 / workers }

    /// The same where all spans have been spilled, and the pool is empty; most of what reading took is free by then.
    public var gatherBytesPerWorkerAfterSpilling: Int {
        divisibleBytes / 100 * 40 / workers + Self.readingBytesPerWorker / 4 * 3
    }

    /// What one worker's aggregate may grow to before it is added to that of all workers.
    ///
    /// At least 4 MiB, so that adding up stays rare.
    public var aggregateBytesPerWorker: Int { max(divisibleBytes / 100 * 15 / workers, 4 << 20) }

    /// Storage that a shard grows by: 1…16 KiB, a power of two.
    ///
    /// As large as lets every shard of every worker hold an open chunk of spans and one of links in half the pool,
    /// and every worker take more than one slab.
    var chunkBytes: Int {
        let share = min(
            chunkPoolBytes / 2 / (2 * shards * workers), chunkPoolBytes / 2 / (workers * ChunkPool.chunksPerSlab))
        var size = 16 << 10
        while size > max(share, 1 << 10) { size >>= 1 }
        return size
    }
}

/// The memory that the dealers of one run share.
///
/// - Note: Each dealer may take one slab more than there is, so that all can go on in the smallest pool.
public final class ChunkPool: Sendable {
    public let budget: MemoryBudget
    private let bytesLeft: Atomic<Int>

    static let chunksPerSlab = 128

    public init(_ budget: MemoryBudget) {
        self.budget = budget
        bytesLeft = Atomic(budget.chunkPoolBytes)
    }

    /// Claims one slab; false when the pool has none left.
    func takeSlab() -> Bool {
        let bytes = budget.chunkBytes * Self.chunksPerSlab
        let (left, _) = bytesLeft.subtract(bytes, ordering: .relaxed)
        guard left >= bytes else {
            bytesLeft.add(bytes, ordering: .relaxed)
            return false
        }
        return true
    }

    func returnSlabs(_ count: Int) {
        bytesLeft.add(count * budget.chunkBytes * Self.chunksPerSlab, ordering: .relaxed)
    }
}
