/// Compressed rows in the scratch file.
///
/// Behind its rows each block says where the one before it of the same shard is. So memory holds the newest block of a
/// shard alone, however many there are.
struct Block: Sendable {
    /// The rows and the link behind them.
    var extent: ScratchFile.Extent
    var count: UInt32
    var table: UInt32

    /// Most records of a block, so that a reader knows how much memory one can ask for.
    static let maximumRecords = 4096

    /// Bytes of a link: offset and length of the block, its records (zero: no block), their table.
    private static let linkBytes = 20

    /// Appends a link to `block`.
    static func link(to block: Block?, in bytes: inout [UInt8]) {
        bytes.append(littleEndian: block?.extent.offset ?? 0)
        bytes.append(littleEndian: UInt32(truncatingIfNeeded: block?.extent.count ?? 0))
        bytes.append(littleEndian: block?.count ?? 0)
        bytes.append(littleEndian: block?.table ?? 0)
    }

    /// Reads the block's rows and finds the block before it; nil at the oldest.
    func read(_ file: ScratchFile, into bytes: inout [UInt8]) throws(ScratchError) -> Block? {
        try file.read(extent, into: &bytes)
        let start = bytes.count - Self.linkBytes
        guard start >= 0 else { throw .corrupt(file.directory, "a block is too short") }
        let before = Self.linked(bytes.span.bytes, at: start)
        bytes.removeLast(Self.linkBytes)
        guard before.count > 0 else { return nil }
        // Links point back, so that none can lead in a circle.
        let (end, overflow) = before.extent.offset.addingReportingOverflow(UInt64(before.extent.count))
        guard !overflow, end <= extent.offset else { throw .corrupt(file.directory, "a block's link is damaged") }
        return before
    }

    private static func linked(_ bytes: RawSpan, at start: Int) -> Block {
        Block(
            extent: ScratchFile.Extent(offset: bytes.word(start), count: Int(bytes.half(start + 8))),
            count: bytes.half(start + 12), table: bytes.half(start + 16))
    }
}
