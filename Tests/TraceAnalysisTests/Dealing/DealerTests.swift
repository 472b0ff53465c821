import SpanModel
import Testing

@testable import TraceAnalysis

@Suite struct DealerTests {
    @Test("a trace has one shard, whatever its high half, and every shard is used")
    func shards() {
        for shards in [1, 3, 512, 4096] {
            let used = Set((0..<100_000).map { Dealer.shard(of: UInt64($0) << 20, of: shards) })
            #expect(used == Set(0..<shards))
        }
    }

    @Test("the budget divides what it has, for any number of workers and shards")
    func budget() {
        for bytes in [0, 64 << 20, 512 << 20, 1 << 40] {
            for (workers, shards) in [(1, 1), (2, 512), (64, 4096), (Int.max, Int.max), (-1, -1)] {
                let budget = MemoryBudget(bytes: bytes, workers: workers, shards: shards)
                let parts = budget.chunkPoolBytes + budget.workers * budget.gatherBytesPerWorker
                #expect(parts <= budget.bytes / 100 * 60)
                #expect((1 << 10...16 << 10).contains(budget.chunkBytes))
            }
        }
    }

    @Test("the pool is never overdrawn by more than a slab for each dealer, and is given back")
    func pool() throws {
        let spans = drawSpans(traces: 20_000, seed: 21)
        try withScratchDirectory { scratch in
            let budget = MemoryBudget(bytes: 16 << 20, workers: 1, shards: 8)
            let pool = ChunkPool(budget)
            for _ in 0..<3 {
                var dealer = Dealer(pool: pool, scratchDirectory: scratch)
                var batch = SpanBatch()
                for span in spans { span.append(to: &batch) }
                try dealer.deal(&batch)
                #expect(batch.spans.isEmpty && batch.links.isEmpty)
                let chunkBytes = dealer.chunks.count * budget.chunkBytes
                #expect(chunkBytes <= budget.chunkPoolBytes)
                let dealt = try dealer.finish(names: batch.names)
                #expect(dealt.spanCount == UInt64(spans.count))
                #expect(dealt.scratchBytes > 0)
            }
            #expect(pool.takeSlab())
        }
    }

    @Test("what the program itself takes is not divided, and little memory still leaves a twelfth")
    func divisible() {
        for megabytes in [64, 512, 4096] {
            let bytes = megabytes << 20
            let alone = MemoryBudget(bytes: bytes, workers: 1).divisibleBytes
            #expect(alone < bytes - 32 << 20)
            #expect(MemoryBudget(bytes: bytes, workers: 2).divisibleBytes < alone)
        }
        #expect(MemoryBudget(bytes: 32 << 20, workers: 8).divisibleBytes == (32 << 20) / 12)
    }

    @Test("what has spilled in part is spilled whole and leaves the pool's memory to gathering")
    func spilledWhole() throws {
        let spans = drawSpans(traces: 20_000, seed: 24)
        try withScratchDirectory { scratch in
            for (bytes, isSpilled) in [(16 << 20, true), (1 << 30, false)] {
                let dealt = try deal(spans, Division(shards: 8, bytes: bytes), scratch: scratch)
                #expect(dealt.allSatisfy { $0.storage.chunks.isEmpty == isSpilled })
                #expect(dealt.allSatisfy { ($0.scratchBytes > 0) == isSpilled })
                #expect(dealt.reduce(0) { $0 + $1.spanCount } == UInt64(spans.count))
            }
        }
    }

    @Test("where nothing can be set aside, the error names the directory and the remedy")
    func missingDirectory() {
        let error = #expect(throws: ScratchError.self) {
            _ = try deal(
                drawSpans(traces: 40_000, seed: 22), Division(bytes: 0), scratch: "/nonexistent/scratch")
        }
        #expect(error?.kind == .unwritable)
        #expect(error?.directory == "/nonexistent/scratch")
        #expect(
            error?.description.hasPrefix("cannot create scratch data in /nonexistent/scratch: no such file") == true)
    }
}
