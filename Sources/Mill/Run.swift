public import Rendering
import ReportStore
import Sampling
public import SpanModel

/// What one run is asked beside its job.
public struct RunRequest: Sendable {
    /// Nil: the last complete window, and past ones whose archives changed.
    public var window: Window?
    /// Also windows whose archives did not change.
    public var rereads = false
    /// Say what would be done, change nothing.
    public var isDryRun = false
    public var publishes = true
    /// Strategies are published even if the gate would refuse them.
    public var isForced = false
    /// Any archive that could not be read whole ends in exit status 65.
    public var isStrict = false
    /// No archive at all is fine.
    public var allowsEmpty = false
    /// How long to wait for another run to end.
    public var patienceSeconds = 0
    public var programVersion = ""
    /// Turns DOT into SVG for `export`.
    public var layout: Renderer.Layout?

    /// As a nightly run is asked: nothing beside its job.
    public init() {}
}

/// What a run did.
public struct RunSummary: Sendable {
    /// One per window written, in order of time.
    public var scans: [ScanResult] = []
    /// The report of the window before the last, if the store has it.
    public var previous: Report?
    /// Nil: no budget, no strategies.
    public var strategies: StrategySet?
    /// Files written.
    public var published: [String] = []
    public var elapsedNanoseconds: UInt64 = 0
    /// Why the sampling plan was refused; the strategies of before stay in force.
    public var refusal: String?
    /// Lines for people: what was skipped and why, what would be done.
    public var notes: [String] = []

    /// Edges that the window before did not have; nil where it is not stored.
    public var newEdges: UInt64? { previous.map { before in difference(scans.last?.report, before) } }
    /// Edges of the window before that are gone.
    public var goneEdges: UInt64? { previous.map { before in difference(before, scans.last?.report) } }

    private func difference(_ report: Report?, _ other: Report?) -> UInt64 {
        func names(_ report: Report?) -> Set<[String]> { Set((report?.edges ?? []).map { [$0.caller, $0.callee] }) }
        return UInt64(names(report).subtracting(names(other)).count)
    }
}

/// One run, from job to published strategies.
///
///     lock ─► windows ─► archives ─► scan ─► store ─► strategies ─► publish
public struct Run: Sendable {
    let job: Job
    let request: RunRequest
    let meter: ProgressMeter

    /// - Parameter meter: told what is read; may ask the run to stop.
    public init(job: Job, request: RunRequest, meter: ProgressMeter = ProgressMeter()) {
        self.job = job
        self.request = request
        self.meter = meter
    }

    /// Does it.
    ///
    /// Killed at any moment, the store holds either yesterday's state or all of a window's new one.
    ///
    /// - Throws: `MillError` with the exit status of the table.
    public func perform() async throws(MillError) -> RunSummary {
        let started = Clock.nowNanoseconds
        let archives = ArchiveList(inputs: job.inputs)
        try checkInputs(archives)
        if request.isDryRun { return dryRun(archives) }
        try makeStateDirectory()
        let lock = try RunLock(path: "\(job.state)/lock", patienceSeconds: request.patienceSeconds)
        let store = try withStore { () throws(StoreError) in try ReportStore(directory: job.state) }
        var summary = RunSummary()
        let due = try dueWindows(archives, store: store, notes: &summary.notes)
        for (window, files) in due {
            let ledger = try withStore { () throws(StoreError) in try Scan.ledger(of: store, in: window) }
            let scan = try await Scan(job: job, window: window, ledger: ledger, meter: meter).run(files)
            try checkReadable(scan, of: files.count)
            try save(scan, files: files, started: started, store: store)
            summary.scans.append(scan)
        }
        if let last = summary.scans.last {
            summary.previous = try report(before: last.report.window, store: store)
            try chooseAndPublish(after: last.report, store: store, summary: &summary)
            try await export(last.report, summary: &summary)
            try prune(store)
        }
        _ = consume lock
        summary.elapsedNanoseconds = Clock.nowNanoseconds - started
        if request.isStrict, let bad = summary.scans.flatMap(\.archives).first(where: { $0.error != nil }) {
            throw MillError(.badArchives, "strict: \(bad.error?.description ?? bad.path); the report was stored")
        }
        return summary
    }
}
