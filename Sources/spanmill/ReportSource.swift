import ArgumentParser
import Mill
import ReportStore
import SpanModel

/// Where a LOOK verb's report comes from: archives given on the line, else the store.
struct ReportSource {
    let common: CommonOptions
    let reading: ReadingOptions
    let archives: [String]
    var edgesByOperation = false
    /// What is read of a stored report; no page shows hours, and of edges' sketches each shows figures only.
    var detail: ReportDetail = [.roots, .latency]
    /// Whether the latest strategies of the store are read, too.
    var withStrategies = false

    /// A report, with what the store knows beside it.
    struct Answer {
        var report: Report
        var strategies: StrategySet?
        var archives: [ArchiveSummary] = []
        var job: Job
    }

    /// Reads archives and keeps nothing, or reads the store.
    func answer() async throws -> Answer {
        var job = try common.configuration(reading.flags).job
        job.edgesByOperation = edgesByOperation
        return archives.isEmpty ? try stored(job) : try await scanned(job)
    }

    private func scanned(_ job: Job) async throws -> Answer {
        let list = ArchiveList(inputs: archives)
        if let missing = list.unmatched.first {
            throw MillError(.noInput, "no archive matches \(missing); is the path right?")
        }
        let meter = ProgressMeter()
        let window = try reading.resolvedWindow()
        let result = try await ProgressBar(meter: meter, isQuiet: common.quiet).during {
            try await Interruption.watching(meter) {
                try await Scan(job: job, window: window, meter: meter).run(list.files)
            }
        }
        try check(result.archives, job: job)
        if common.verbose > 0 { Console.shared.say(Usage.text) }
        return Answer(report: result.report, archives: result.archives, job: job)
    }

    /// Says what could not be read; too much of it is an error.
    private func check(_ archives: [ArchiveSummary], job: Job) throws {
        try Run.checkReadable(archives, limit: job.maximumBadArchives)
        let failures = archives.compactMap(\.error)
        for failure in failures.prefix(common.quiet ? 0 : 5) { Console.shared.say("! \(failure.description)") }
        if failures.count > 5, !common.quiet {
            Console.shared.say("! and \(failures.count - 5) more; `spanmill inspect` shows all")
        }
        if reading.strict, let first = failures.first {
            throw MillError(.badArchives, "strict: \(first.description)")
        }
    }

    private func stored(_ job: Job) throws -> Answer {
        do throws(StoreError) {
            let store = try ReportStore(directory: job.state, access: .readOnly)
            let window = try chosenWindow(in: store)
            guard let window, let report = try report(of: window, in: store) else {
                throw StoreError(
                    .missing, path: store.path, message: "it holds no report of that window; `spanmill run` makes one")
            }
            return Answer(report: report, strategies: withStrategies ? try store.latestStrategies() : nil, job: job)
        } catch {
            if error.code == .missing, !error.message.contains("no report") {
                throw MillError(
                    .noInput,
                    "nothing to show: no archives were named and there is no store in \(job.state); try `spanmill report ARCHIVE…` or `spanmill run`"
                )
            }
            throw MillError(error)
        }
    }

    /// A page without any edge says why, for which it looks at operations, too.
    private func report(of window: Window, in store: ReportStore) throws(StoreError) -> Report? {
        let report = try store.report(window: window, detail: detail)
        guard let report, report.edges.isEmpty, !detail.contains(.operations) else { return report }
        return try store.report(window: window, detail: detail.union(.operations))
    }

    /// The stored window that was asked for, else the latest.
    private func chosenWindow(in store: ReportStore) throws(StoreError) -> Window? {
        guard reading.window != nil, let asked = try? reading.resolvedWindow() else { return try store.latestWindow() }
        return try store.windows(in: asked).last
    }
}
