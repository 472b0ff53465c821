internal import CMemory
internal import Glibc
internal import SpanModel

/// Chunks of equal size, cut from slabs; the one place where records live outside of arrays.
///
/// A chunk holds rows of one kind of record, written once, in order. Its memory is reused after `release`.
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

    deinit { deallocate() }

    /// Chunks that exist, free ones included; ids are below this.
    var count: Int { slabs.count * ChunkPool.chunksPerSlab }
    var freeCount: Int { free.count }
    var isEmpty: Bool { slabs.isEmpty }

    /// Gives all memory back; no chunk may be in use.
    mutating func removeAll() {
        deallocate()
        (slabs, free, slabsClaimed) = ([], [], 0)
    }

    /// An unused chunk, or nil when the pool gives no more.
    mutating func take() -> UInt32? {
        if let chunk = free.popLast() { return chunk }
        let isGranted = pool.takeSlab()
        guard isGranted || slabs.isEmpty else { return nil }
        if isGranted { slabsClaimed += 1 }
        guard let slab = Self.allocate(chunkBytes * ChunkPool.chunksPerSlab) else { return nil }
        let first = UInt32(count)
        slabs.append(slab)
        free.append(contentsOf: (first..<UInt32(count)).reversed())
        return free.popLast()
    }

    /// Memory straight from the system, to which it returns when freed.
    ///
    /// Not asked for in huge pages: they spare some nanoseconds a span where memory is at hand, and cost ten times that where a
    /// virtual machine has given its free memory back to the host, which large blocks have seen first.
    private static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer? {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS
        guard let slab = mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, -1, 0), slab != MAP_FAILED else { return nil }
        return slab
    }

    private func deallocate() {
        for slab in slabs { munmap(slab, chunkBytes * ChunkPool.chunksPerSlab) }
        pool.returnSlabs(slabsClaimed)
    }

    mutating func release(_ chunk: UInt32) { free.append(chunk) }

    /// Writes the record's row behind so many bytes of a chunk, where there is room for the longest.
    ///
    /// - Parameters:
    ///   - start: the chunk's `address`.
    ///   - before: what the chunk's last row says.
    /// - Returns: the row's length.
    @inline(__always)
    static func put(
        _ record: some DealtRecord, _ start: UnsafeMutableRawPointer, behind bytes: UInt32,
        after before: inout RowContext
    ) -> Int {
        let row = start + Int(bytes)
        let length = record.writeRow(row, after: &before)
        // A thousand other chunks come before this one's next rows, whose line would be out of the caches by then.
        spanmill_fetch_for_writing(row + length + 64)
        return length
    }

    /// Lends the first bytes of a chunk, which have been written.
    func withRows<Result, Failure: Error>(
        _ chunk: UInt32, bytes: UInt32, _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(RawSpan(_unsafeStart: address(chunk), byteCount: Int(bytes)))
    }

    /// Where a chunk begins; it stays there until `removeAll`.
    @inline(__always)
    func address(_ chunk: UInt32) -> UnsafeMutableRawPointer {
        slabs[Int(chunk) / ChunkPool.chunksPerSlab] + Int(chunk) % ChunkPool.chunksPerSlab &* chunkBytes
    }
}
