internal import Glibc
internal import SpanModel

/// Writes frames of one source to a file descriptor: what a stage hands to the next, in another process.
///
/// ```swift
/// var writer = try FrameWriter(fileDescriptor: 1, header: header)
/// try writer.write(dealt)             // any number of times
/// try writer.write(opaque: quality)   // any number of times
/// try writer.finish()                 // without it, readers see a truncated source
/// ```
public struct FrameWriter: ~Copyable {
    private let descriptor: Int32
    private let header: FrameHeader
    private let source: UInt64
    private var frame: [UInt8] = []
    private var totals: FrameTotals

    /// Writes the header.
    ///
    /// - Parameter source: tells writers apart whose frames reach one reader; drawn at random when nil.
    public init(fileDescriptor: Int32, header: FrameHeader, source: UInt64? = nil) throws(FrameError) {
        descriptor = fileDescriptor
        self.header = header
        self.source = source ?? .random(in: 0...(.max))
        totals = FrameTotals(shards: header.shards)
        begin(.header, part: Frame.everyone)
        frame.append(contentsOf: Frame.magic)
        frame.append(littleEndian: FrameHeader.version)
        frame.append(header.stage.rawValue)
        frame.append(littleEndian: UInt32(truncatingIfNeeded: header.shards))
        frame.append(littleEndian: header.settingsDigest)
        try send()
    }

    /// Writes names and blocks of what a dealer dealt.
    public mutating func write(_ dealt: DealtSpans) throws(FrameError) {
        guard dealt.shards == header.shards else {
            throw FrameError(.incompatible, "cannot write spans of \(dealt.shards) shards among \(header.shards)")
        }
        let firstTable = totals.tables
        for table in dealt.storage.tables {
            try write(table.names, list: 0)
            try write(table.operations, list: 1)
            try write(table.samples, list: 2)
            totals.tables += 1
        }
        var blocks = BlockWriter()
        for shard in 0..<header.shards {
            try write(shard, SpanRecord.self, dealt.storage, firstTable, &blocks)
            try write(shard, LinkRecord.self, dealt.storage, firstTable, &blocks)
        }
    }

    /// Writes a message of the caller's to the side channel; readers get it whole.
    public mutating func write(opaque message: [UInt8]) throws(FrameError) {
        var rest = message[...]
        repeat {
            let piece = rest.prefix(Frame.pieceBytes)
            rest = rest.dropFirst(piece.count)
            begin(.opaque, part: UInt32(truncatingIfNeeded: header.shards))
            frame.append(rest.isEmpty ? 1 : 0)
            frame.append(contentsOf: piece)
            totals.messagesCheck = Frame.check(totals.messagesCheck, adding: frame[Frame.bodyOffset...])
            try send()
        } while !rest.isEmpty
        totals.messages += 1
    }

    /// Writes the trailer, which says that nothing is missing.
    public consuming func finish() throws(FrameError) {
        begin(.trailer, part: Frame.everyone)
        totals.append(to: &frame)
        try send()
    }

    private mutating func write(_ run: NameTableRuns.Place, list: UInt8) throws(FrameError) {
        switch run {
        case .memory(let bytes):
            var rest = bytes[...]
            repeat {
                try writeNames(Array(rest.prefix(Frame.pieceBytes)), list)
                rest = rest.dropFirst(Frame.pieceBytes)
            } while !rest.isEmpty
        case .scratch(let file, let extents):
            var bytes: [UInt8] = []
            for var extent in extents {
                repeat {
                    let piece = extent.split(Frame.pieceBytes)
                    do throws(ScratchError) { try file.read(piece, into: &bytes) } catch { throw FrameError(error) }
                    try writeNames(bytes, list)
                } while extent.count > 0
            }
        }
    }

    private mutating func writeNames(_ piece: [UInt8], _ list: UInt8) throws(FrameError) {
        begin(.names, part: Frame.everyone)
        frame.append(littleEndian: totals.tables)
        frame.append(list)
        frame.append(contentsOf: piece)
        totals.namesCheck = Frame.check(totals.namesCheck, adding: frame[Frame.bodyOffset...])
        try send()
    }

    private mutating func write<Record: DealtRecord>(
        _ shard: Int, _: Record.Type, _ storage: DealtStorage, _ firstTable: UInt32, _ blocks: inout BlockWriter
    ) throws(FrameError) {
        let lists = storage.lists(Record.lane)
        var id = lists.shards[shard].newestChunk
        while id != ChunkStore.none {
            let chunk = lists.chunks[Int(id)]
            storage.chunks.withRows(id, bytes: chunk.bytes) { blocks.add($0, of: chunk) }
            id = chunk.previous
            if id != ChunkStore.none, blocks.hasRoom(for: lists.chunks[Int(id)]) { continue }
            let block: (bytes: [UInt8], count: UInt32, table: UInt32)
            do throws(ScratchError) { block = try blocks.finish() } catch { throw FrameError(error) }
            try writeBlock(shard, Record.lane, firstTable + block.table, block.count, block.bytes)
        }
        guard let file = storage.scratch else { return }
        var compressed: [UInt8] = []
        var next = lists.shards[shard].newestBlock
        while let block = next {
            do throws(ScratchError) { next = try block.read(file, into: &compressed) } catch { throw FrameError(error) }
            try writeBlock(shard, Record.lane, firstTable + block.table, block.count, compressed)
        }
    }

    private mutating func writeBlock(
        _ shard: Int, _ lane: Lane, _ table: UInt32, _ count: UInt32, _ bytes: [UInt8]
    ) throws(FrameError) {
        begin(.block, part: UInt32(truncatingIfNeeded: shard))
        frame.append(littleEndian: table)
        frame.append(lane.rawValue)
        frame.append(littleEndian: count)
        frame.append(contentsOf: bytes)
        totals.shards[shard].add(lane, table: table, count: count)
        try send()
    }

    /// Starts a frame; its length is filled in when it is sent.
    private mutating func begin(_ kind: Frame.Kind, part: UInt32) {
        frame.removeAll(keepingCapacity: true)
        frame.append(littleEndian: UInt32(0))
        frame.append(littleEndian: part)
        frame.append(kind.rawValue)
        frame.append(littleEndian: source)
    }

    private mutating func send() throws(FrameError) {
        var length: [UInt8] = []
        length.append(littleEndian: UInt32(truncatingIfNeeded: frame.count - 4))
        frame.replaceSubrange(..<4, with: length)
        var done = 0
        while done < frame.count {
            let (written, failure) = frame.withUnsafeBytes { all in
                let rest = UnsafeRawBufferPointer(rebasing: all[done...])
                return (Glibc.write(descriptor, rest.baseAddress, rest.count), errno)
            }
            if written < 0, failure == EINTR { continue }
            guard written > 0 else { throw FrameError("write", errorNumber: failure) }
            done += written
        }
    }
}
