public import SpanModel
internal import Synchronization

/// Gathers what all workers dealt: shard by shard, each trace whole and in one order, its names final.
///
/// Traces are the same whatever the number of workers, shards and passes, the order of the archives and the memory.
/// Shards may be gathered by several workers at a time.
///
/// ```swift
/// let gatherer = try Gatherer(dealt, settings: settings, budget: budget)
/// try gatherer.gather(shard: 0) { records in rules.observe(records, into: &observation) }
/// ```
public final class Gatherer: Sendable {
    /// Final names: an id is the rank in byte order, of operations the rank by service and name.
    public let names: NameTable
    public let shardCount: Int
    /// Operations that the limits made `other`.
    public let operationsFolded: UInt64
    /// Services, peers and destinations that the limits made `other`.
    public let namesFolded: UInt64

    let sources: ShardSources
    let sampleLimitBytes: Int
    private let limitBytes: Int
    private let idle = Mutex<[Workspace]>([])

    /// Merges the names of all workers.
    ///
    /// - Throws: where names that were set aside cannot be read back, or parts do not belong together.
    public init(
        _ dealt: [DealtSpans], settings: AnalysisSettings, budget: MemoryBudget
    ) throws(ScratchError) {
        shardCount = dealt.first?.shards ?? 1
        guard dealt.allSatisfy({ $0.shards == dealt[0].shards }) else {
            throw ScratchError(
                .corrupt, directory: "",
                message: "cannot gather spans that were dealt into different numbers of shards; use one --shards")
        }
        let final = try FinalNames(dealt.flatMap(\.storage.tables), settings: settings)
        names = final.table
        operationsFolded = final.operationsFolded
        namesFolded = final.namesFolded
        sources = ShardSources(dealt.map(\.storage), final, settings)
        let isSpilled = dealt.allSatisfy { $0.storage.chunks.isEmpty }
        let limit = isSpilled ? budget.gatherBytesPerWorkerAfterSpilling : budget.gatherBytesPerWorker
        limitBytes = max(limit, 1 << 20)
        sampleLimitBytes = budget.sampleBytesPerWorker * budget.workers
    }

    /// Calls `body` with each trace of a shard, and with links whose target trace has no spans.
    ///
    /// The order of the traces is not promised; what a trace holds is. A shard larger than its share of
    /// memory is read several times, a part of its traces each time.
    ///
    /// - Complexity: O(n log n) in the shard's records, close to linear for traces of ordinary size.
    public func gather(
        shard: Int, _ body: (borrowing TraceRecords) -> Void
    ) throws(ScratchError) {
        let workspace = idle.withLock { $0.popLast() } ?? Workspace()
        defer { idle.withLock { $0.append(workspace) } }
        try workspace.gathering.gather(shard, from: sources, limitBytes: limitBytes, body)
    }

    /// Buffers that go from shard to shard. Sendable: held by one caller or by the lock.
    private final class Workspace: @unchecked Sendable {
        var gathering = ShardGathering()
    }
}

/// Where the records of all shards are, and what their names become.
struct ShardSources: Sendable {
    typealias Part = (storage: DealtStorage, mappings: ArraySlice<FinalNames.Mapping>)

    let parts: [Part]
    /// Final service by final operation.
    let services: [UInt32]
    let matchesLow64: Bool
    let maximumTraceSpans: Int
    /// Records of the largest shard by lane.
    private var largest: [Lane: Int] = [:]

    init(_ storages: [DealtStorage], _ names: FinalNames, _ settings: AnalysisSettings) {
        var parts: [Part] = []
        var first = 0
        for storage in storages {
            parts.append((storage, names.mappings[first..<first + storage.tables.count]))
            first += storage.tables.count
        }
        self.parts = parts
        services = names.table.operations.map(\.service)
        matchesLow64 = settings.matchesLow64
        maximumTraceSpans = settings.maximumTraceSpans
        for lane in Lane.allCases {
            let shards = 0..<(storages.first?.shards ?? 0)
            largest[lane] = Int(clamping: shards.lazy.map { [parts] in Self.count(lane, $0, of: parts) }.max() ?? 0)
        }
    }

    /// Most records that a pass of any shard has in memory; the limit is looked at after each block.
    func capacity(_ lane: Lane, bytesPerRecord: Int, _ limitBytes: Int) -> Int {
        min(largest[lane] ?? 0, limitBytes / bytesPerRecord + Block.maximumRecords)
    }

    /// Records of a shard by lane.
    func count(_ lane: Lane, shard: Int) -> UInt64 { Self.count(lane, shard, of: parts) }

    private static func count(_ lane: Lane, _ shard: Int, of parts: [Part]) -> UInt64 {
        parts.reduce(0) { $0.addingSaturating($1.storage.lists(lane).shards[shard].recordCount) }
    }
}
