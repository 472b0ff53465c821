internal import Glibc
internal import SpanModel

/// Chunks of equal size, cut from slabs; the one place where records live outside of arrays.
///
/// A chunk holds records of one type, written once, in order. Its memory is reused after `release`.
struct ChunkStore: ~Copyable {
    /// Stands for no chunk.
    static let none = UInt32.max

    let chunkBytes: Int
    private let pool: ChunkPool
    private var slabs: [UnsafeMutableRawPointer] = []
    private var free: [UInt32] = []
    private var slabsClaimed = 0

    init(pool: ChunkPool) {
        self.pool = pool
        chunkBytes = pool.budget.chunkBytes
    }

    deinit {
        for slab in slabs { slab.deallocate() }
        pool.returnSlabs(slabsClaimed)
    }

    /// Chunks that exist, free ones included; ids are below this.
    var count: Int { slabs.count * ChunkPool.chunksPerSlab }
    var freeCount: Int { free.count }

    /// An unused chunk, or nil when the pool gives no more.
    mutating func take() -> UInt32? {
        if let chunk = free.popLast() { return chunk }
        let isGranted = pool.takeSlab()
        guard isGranted || slabs.isEmpty else { return nil }
        if isGranted { slabsClaimed += 1 }
        let first = UInt32(count)
        slabs.append(Self.allocate(chunkBytes * ChunkPool.chunksPerSlab))
        free.append(contentsOf: (first..<UInt32(count)).reversed())
        return free.popLast()
    }

    /// Memory in huge pages where the system has them: faults would cost more than dealing itself.
    private static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
        let slab = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: bytes >= 1 << 20 ? 2 << 20 : 64)
        if bytes >= 2 << 20 { madvise(slab, bytes, Int32(MADV_HUGEPAGE)) }
        return slab
    }

    mutating func release(_ chunk: UInt32) { free.append(chunk) }

    /// Records of a type that fit into one chunk.
    func capacity<Record: BitwiseCopyable>(_: Record.Type) -> Int { chunkBytes / MemoryLayout<Record>.stride }

    /// Writes the record at `position`, which is below the capacity.
    @inline(__always)
    func put<Record: BitwiseCopyable>(_ record: Record, _ chunk: UInt32, at position: UInt32) {
        (address(chunk) + Int(position) &* MemoryLayout<Record>.stride).storeBytes(of: record, as: Record.self)
    }

    /// The first `count` records of a chunk that was written as this type.
    func withRecords<Record: BitwiseCopyable, Result, Failure: Error>(
        _ chunk: UInt32, count: Int, as: Record.Type, _ body: (Span<Record>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let records = address(chunk).assumingMemoryBound(to: Record.self)
        return try body(Span(_unsafeElements: UnsafeBufferPointer(start: records, count: count)))
    }

    @inline(__always)
    private func address(_ chunk: UInt32) -> UnsafeMutableRawPointer {
        slabs[Int(chunk) / ChunkPool.chunksPerSlab] + Int(chunk) % ChunkPool.chunksPerSlab &* chunkBytes
    }
}
