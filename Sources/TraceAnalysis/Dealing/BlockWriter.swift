internal import Compression
internal import SpanModel

/// Makes compressed blocks of a shard's chunks, several chunks to a block; keeps its buffers.
struct BlockWriter: ~Copyable {
    /// Fast rather than small: the bytes are read back soon, and rows leave little to compress.
    static let level = -20

    private var compressor: ZstdCompressor?
    private var rows: [UInt8] = []
    private var compressed: [UInt8] = []
    private var count: UInt32 = 0
    private var table: UInt32 = 0

    init() {}

    /// Whether a chunk may go into the block that has been begun.
    func hasRoom(for chunk: ShardLists.Chunk) -> Bool {
        count == 0 || (table == chunk.table && count + chunk.count <= UInt32(Block.maximumRecords))
    }

    /// Adds the rows of a chunk.
    mutating func add(_ chunkRows: RawSpan, of chunk: ShardLists.Chunk) {
        chunkRows.withUnsafeBytes { rows.append(contentsOf: $0) }
        count += chunk.count
        table = chunk.table
    }

    /// Ends the block and forgets it.
    mutating func finish() throws(ScratchError) -> (bytes: [UInt8], count: UInt32, table: UInt32) {
        compressed.removeAll(keepingCapacity: true)
        do throws(CompressionError) {
            if compressor == nil { compressor = try ZstdCompressor(level: Self.level, checksum: true) }
            try compressor?.compress(rows, into: &compressed)
        } catch {
            throw ScratchError(.outOfMemory, directory: "", message: "cannot set spans aside: \(error.message)")
        }
        rows.removeAll(keepingCapacity: true)
        defer { count = 0 }
        return (compressed, count, table)
    }
}
