public import SpanModel
import SpanReading
import Synchronization
import TraceAnalysis

/// What a scan found.
public struct ScanResult: Sendable {
    public var report: Report
    /// In the order of the archives' paths.
    public var archives: [ArchiveSummary]
}

/// Reads archives into a report: deal, gather, observe, merge.
///
///     archives ─► workers: read, deal ─► shards ─► workers: gather, observe ─► merged ─► report
///
/// Neither workers, shards, memory nor the order of the archives change a byte of the result.
public struct Scan: Sendable {
    let job: Job
    /// Nil: every trace; the report's window is then the enclosing UTC hours.
    let window: Window?
    let meter: ProgressMeter
    /// What was published when, by the names that were published.
    let ledger: [LedgerExcerpt.Line]

    /// - Parameter ledger: lines in force in the window; none: archives are taken as if nothing had been published.
    public init(
        job: Job, window: Window?, ledger: [LedgerExcerpt.Line] = [], meter: ProgressMeter = ProgressMeter()
    ) {
        self.job = job
        self.window = window
        self.ledger = ledger
        self.meter = meter
    }

    /// Scans the archives.
    ///
    /// - Throws: only what is the environment's fault (scratch space, interruption); what could not be read is
    ///   in the summaries and in the report's quality.
    public func run(_ files: [ArchiveFile]) async throws(MillError) -> ScanResult {
        // Once it returns, spans and what goes with them are freed: their memory is the report's.
        let found = try await gather(files)
        var quality = Self.quality(of: found.archives)
        quality.operationsFolded = found.namesFolded
        let report = found.aggregate.report(
            names: found.names, settings: analysisSettings,
            window: window ?? found.aggregate.enclosingHours ?? Window(startNanoseconds: 0, endNanoseconds: 0),
            quality: quality, inferred: found.inferred)
        return ScanResult(report: report, archives: found.archives)
    }

    /// All that a report needs, without a span.
    private struct Gathered {
        var archives: [ArchiveSummary]
        var aggregate: Aggregate
        var names: NameTable
        /// Operations and other names that the limits made one.
        var namesFolded: UInt64
        var inferred: [UInt32: InferredProbability]
    }

    /// Deals the spans of the archives, gathers them and observes every trace.
    private func gather(_ files: [ArchiveFile]) async throws(MillError) -> Gathered {
        let scratch = try ScratchDirectory(below: job.state)
        let budget = MemoryBudget(bytes: job.memoryBytes, workers: workerCount, shards: job.shards)
        let read = try await deal(files, budget: budget, scratch: scratch.path)
        let gatherer = try Self.gatherer(read.dealt, settings: analysisSettings, budget: budget)
        let facts = try self.facts(gatherer)
        return Gathered(
            archives: read.archives, aggregate: try await reduce(gatherer, facts: facts, budget: budget),
            names: gatherer.names, namesFolded: gatherer.operationsFolded.addingSaturating(gatherer.namesFolded),
            inferred: Dictionary(uniqueKeysWithValues: facts.inferred))
    }

    var workerCount: Int { job.workers > 0 ? job.workers : Workers.coreCount }

    /// Settings of the readers.
    var readingSettings: ReadingSettings {
        var settings = ReadingSettings()
        settings.identity = job.identity
        settings.maximumRecordBytes = job.maximumRecordBytes
        settings.maximumDecompressedBytes = UInt64(job.maximumDecompressedBytes)
        settings.maximumZstdWindowBytes = UInt64(job.memoryBytes / 4)
        return settings
    }

    /// Settings that decide the numbers.
    var analysisSettings: AnalysisSettings {
        var settings = AnalysisSettings()
        settings.rules = job.rules
        settings.window = window ?? .always
        settings.matchesLow64 = job.matchesLow64
        settings.maximumTraceSpans = job.maximumTraceSpans
        settings.operationsPerService = job.operationsPerService
        settings.services = job.services
        settings.nameTemplates = job.names.map {
            NameTemplate(service: Glob($0.service), match: $0.match, replacement: $0.replace)
        }
        settings.edgesByOperation = job.edgesByOperation
        settings.assumedWeight = job.sampling.assumedProbability.flatMap { Weight(probability: $0) }
        return settings
    }

    /// Figures of the archives themselves.
    static func quality(of archives: [ArchiveSummary]) -> Quality {
        var quality = Quality()
        quality.archives = UInt64(archives.count)
        for archive in archives {
            if archive.error != nil { quality.archivesBad += 1 }
            quality.recordsBad = quality.recordsBad.addingSaturating(archive.badRecords)
            quality.bytesRead = quality.bytesRead.addingSaturating(archive.bytes)
            quality.spansInvalid = quality.spansInvalid.addingSaturating(archive.spansInvalid)
        }
        return quality
    }
}
