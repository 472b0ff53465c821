import SpanModel
import SpanReading
import Synchronization
import TraceAnalysis

extension Scan {
    /// Every worker reads archives, or helps others to read theirs, and deals the spans.
    func deal(
        _ files: [ArchiveFile], budget: MemoryBudget, scratch: String
    ) async throws(MillError) -> (archives: [ArchiveSummary], dealt: [DealtSpans]) {
        let queue = ArchiveQueue(files)
        let pool = ChunkPool(budget)
        let settings = readingSettings
        let window = analysisSettings.window
        let meter = meter
        meter.begin(archives: files.count, bytes: files.reduce(0) { $0 + Int(clamping: $1.bytes) })
        let parts = try await Workers.run(workerCount) { _ throws(MillError) in
            try Self.dealArchives(
                queue, settings, Dealer(pool: pool, scratchDirectory: scratch, window: window), meter)
        }
        return (parts.flatMap(\.archives).sorted { $0.path < $1.path }, parts.map(\.dealt))
    }

    private static func dealArchives(
        _ queue: ArchiveQueue, _ settings: ReadingSettings, _ dealer: consuming Dealer, _ meter: ProgressMeter
    ) throws(MillError) -> (archives: [ArchiveSummary], dealt: DealtSpans) {
        var reader = ArchiveReader(settings: settings)
        var batch = SpanBatch()
        var archives: [ArchiveSummary] = []
        var dealer = dealer
        while let archive = queue.next(&reader) {
            let summary = try reader.read(archive, into: &batch) { bytes throws(MillError) in
                meter.read(bytes)
                if let interruption = meter.interruption { throw interruption }
            } flush: { batch throws(MillError) in
                meter.dealt(batch.spans.count)
                do throws(ScratchError) { try dealer.deal(&batch) } catch { throw failure(error) }
            }
            guard let summary else { continue }
            archives.append(summary)
            meter.finishedArchive()
        }
        if let interruption = meter.interruption { throw interruption }
        do throws(ScratchError) {
            return (archives, try dealer.finish(names: batch.names))
        } catch {
            throw failure(error)
        }
    }

    private static func failure(_ error: ScratchError) -> MillError { MillError(.inputOutput, error.description) }

    /// Merges what the workers dealt.
    static func gatherer(
        _ dealt: [DealtSpans], settings: AnalysisSettings, budget: MemoryBudget
    ) throws(MillError) -> Gatherer {
        do throws(ScratchError) {
            return try Gatherer(dealt, settings: settings, budget: budget)
        } catch {
            throw MillError(.inputOutput, error.description)
        }
    }

    /// Every worker takes the next shard, assembles its traces and observes them.
    ///
    /// All add to one aggregate, each when its own has grown to its share of memory.
    func reduce(
        _ gatherer: Gatherer, facts: WindowFacts, budget: MemoryBudget
    ) async throws(MillError) -> Aggregate {
        let settings = analysisSettings
        let next = SharedCounter()
        let merged = MergedAggregate(settings: settings)
        let meter = meter
        // One worker alone has nobody to add to.
        let limit = workerCount > 1 ? budget.aggregateBytesPerWorker : .max
        _ = try await Workers.run(workerCount) { _ throws(MillError) in
            try Self.observeShards(gatherer, next, facts, into: merged, limitBytes: limit, meter)
        }
        return merged.take()
    }

    /// Measuring an aggregate takes about as long as observing a thousand spans.
    private static let spansBetweenMeasurements = 100_000

    private static func observeShards(
        _ gatherer: Gatherer, _ next: SharedCounter, _ facts: WindowFacts, into merged: MergedAggregate,
        limitBytes: Int, _ meter: ProgressMeter
    ) throws(MillError) {
        let settings = merged.settings
        guard let rules = ruleSet(settings: settings, facts: facts) else {
            throw MillError(.configuration, "there is no rule set called '\(settings.rules)'")
        }
        var observer = TraceObserver(rules, settings: settings)
        do throws(ScratchError) {
            while let shard = next.take(below: gatherer.shardCount), !meter.isStopping {
                try gatherer.gather(shard: shard) { observer.observe($0) }
                guard observer.records >= spansBetweenMeasurements else { continue }
                observer.records = 0
                if observer.aggregate.memoryBytes > limitBytes { merged.add(&observer.aggregate) }
            }
        } catch {
            throw MillError(.inputOutput, error.description)
        }
        if let interruption = meter.interruption { throw interruption }
        merged.add(&observer.aggregate)
    }
}

/// The aggregate that all workers add to.
final class MergedAggregate: Sendable {
    let settings: AnalysisSettings
    private let value: Mutex<Aggregate?>

    init(settings: AnalysisSettings) {
        self.settings = settings
        value = Mutex(nil)
    }

    /// Adds a worker's aggregate and leaves an empty one.
    func add(_ aggregate: inout Aggregate) {
        var added = Aggregate(settings: settings)
        swap(&added, &aggregate)
        value.withLock { merged in
            if merged == nil { merged = consume added } else { merged?.merge(added) }
        }
    }

    /// All that was added; nothing is left.
    func take() -> Aggregate {
        value.withLock { merged in
            defer { merged = nil }
            merged?.settle()
            return merged ?? Aggregate(settings: settings)
        }
    }
}

/// Hands out each number once.
final class SharedCounter: Sendable {
    private let value = Atomic<Int>(0)

    /// The next number, or nil when all below the limit are taken.
    func take(below limit: Int) -> Int? {
        let taken = value.add(1, ordering: .relaxed).oldValue
        return taken < limit ? taken : nil
    }
}
