import SpanModel
import Testing

@testable import TraceAnalysis

@Suite struct BlockTests {
    /// Blocks of two shards, in turns, that hold the numbers given.
    private func setAside(_ numbers: [UInt8], _ scratch: inout ScratchWriter) throws -> ShardLists {
        var lists = ShardLists(shards: 2)
        for (index, number) in numbers.enumerated() {
            let rows: ([UInt8], UInt32, UInt32) = (Array(repeating: number, count: 100 + index), UInt32(number) + 1, 7)
            try lists.setAside(rows, shard: index % 2, &scratch)
        }
        return lists
    }

    @Test("each block leads to the one before it of its shard, and the first to none")
    func chain() throws {
        try withScratchDirectory { directory in
            var scratch = ScratchWriter(directory: directory)
            let lists = try setAside(Array(0..<200), &scratch)
            try scratch.flush()
            let written = scratch.file
            let file = try #require(written)
            for shard in 0..<2 {
                var found: [UInt8] = []
                var next = lists.shards[shard].newestBlock
                while let block = next {
                    var bytes: [UInt8] = []
                    next = try block.read(file, into: &bytes)
                    #expect(Set(bytes).count == 1 && bytes.count == 100 + Int(bytes[0]))
                    #expect(block.count == UInt32(bytes[0]) + 1 && block.table == 7)
                    found.append(bytes[0])
                }
                #expect(found == stride(from: 198 + UInt8(shard), through: UInt8(shard), by: -2).map { $0 })
            }
        }
    }

    @Test("a link that does not point back is damage, and a block too short for one", arguments: [0, 1, 7, 9])
    func damage(byte: Int) throws {
        try withScratchDirectory { directory in
            var scratch = ScratchWriter(directory: directory)
            let lists = try setAside([0, 1, 2, 3], &scratch)
            try scratch.flush()
            let written = scratch.file
            let file = try #require(written)
            let block = try #require(lists.shards[0].newestBlock)
            let link = block.extent.offset + UInt64(block.extent.count) - 20
            try file.write([0xF0], at: link + UInt64(byte))
            var bytes: [UInt8] = []
            let error = #expect(throws: ScratchError.self) { try block.read(file, into: &bytes) }
            #expect(error?.kind == .corrupt && error?.message.contains("link is damaged") == true)
            var short = block
            short.extent.count = 19
            #expect(throws: ScratchError.self) { try short.read(file, into: &bytes) }
        }
    }

    @Test("blocks that cannot be found any more are an error, never fewer spans")
    func missing() throws {
        try withScratchDirectory { directory in
            let dealt = try deal(
                drawSpans(traces: 20_000, seed: 31), Division(shards: 1, bytes: 16 << 20), scratch: directory)
            let storage = dealt[0].storage
            let file = try #require(storage.scratch)
            let block = try #require(storage.spans.shards[0].newestBlock)
            // The link says that there are no blocks before this one.
            try file.write([0, 0, 0, 0], at: block.extent.offset + UInt64(block.extent.count) - 8)
            var reader = BlockReader()
            var seen = 0
            let error = #expect(throws: ScratchError.self) {
                try reader.forEach(.spans, of: storage, shard: 0) { (_, count, _) throws(ScratchError) in
                    seen += count
                    return true
                }
            }
            #expect(error?.message.contains("blocks of a shard are missing") == true)
            #expect(seen > 0 && UInt64(seen) < storage.spans.shards[0].recordCount)
        }
    }
}
