import ReportStore
public import SpanModel

extension Run {
    /// Too many unreadable archives, or nothing readable at all, end the run before anything is stored.
    func checkReadable(_ scan: ScanResult, of count: Int) throws(MillError) {
        try Self.checkReadable(scan.archives, limit: job.maximumBadArchives)
        if count == 0, !request.allowsEmpty {
            throw MillError(.noInput, "no archive's path belongs to the window; check --window and `partitions`")
        }
    }

    /// The rule of `archives.max_bad`, for every verb that reads.
    public static func checkReadable(
        _ archives: [ArchiveSummary], limit: Job.BadArchiveLimit
    ) throws(MillError) {
        let unreadable = archives.filter {
            $0.error != nil && $0.spans == 0 && $0.error?.code != .otherSignal && $0.error?.code != .empty
        }
        let named = unreadable.prefix(3).compactMap { $0.error?.description }.joined(separator: "\n          ")
        if !archives.isEmpty, archives.allSatisfy({ $0.error != nil && $0.spans == 0 }) {
            let all = archives.prefix(3).compactMap { $0.error?.description }.joined(separator: "\n          ")
            throw MillError(
                .badArchives, "nothing readable in \(archives.count) archive\(archives.count == 1 ? "" : "s"): \(all)")
        }
        guard limit.isExceeded(bad: unreadable.count, of: archives.count) else { return }
        throw MillError(
            .badArchives,
            "\(unreadable.count) of \(archives.count) archives are unreadable, more than `archives.max_bad` allows; nothing was stored\n          \(named)"
        )
    }

    func save(_ scan: ScanResult, files: [ArchiveFile], started: UInt64, store: ReportStore) throws(MillError) {
        let identities = Dictionary(files.map { ($0.path, Self.identity($0)) }) { first, _ in first }
        let archives = scan.archives.map { ArchiveRecord($0, identity: identities[$0.path] ?? "") }
        let record = RunRecord(
            window: scan.report.window, startedNanoseconds: started, finishedNanoseconds: Clock.nowNanoseconds,
            programVersion: request.programVersion, settingsDigest: "rules=\(job.rules)")
        try withStore { () throws(StoreError) in try store.save(scan.report, run: record, archives: archives) }
    }

    /// The stored report of the window of equal length just before.
    func report(before window: Window, store: ReportStore) throws(MillError) -> Report? {
        let length = window.durationNanoseconds
        guard window.startNanoseconds >= length else { return nil }
        let before = Window(startNanoseconds: window.startNanoseconds - length, endNanoseconds: window.startNanoseconds)
        return try withStore { () throws(StoreError) in try store.report(window: before, detail: [.latency, .roots]) }
    }

    /// Forgets what is older than the job keeps, measured from the latest stored window rather than from the clock,
    /// so that days of long ago can be gone through one by one.
    func prune(_ store: ReportStore) throws(MillError) {
        let latest = try withStore { () throws(StoreError) in try store.latestWindow() }
        let end = min(Clock.nowNanoseconds, latest?.endNanoseconds ?? .max)
        let hours = end > job.retentionHoursNanoseconds ? end - job.retentionHoursNanoseconds : 0
        let days = end > job.retentionDaysNanoseconds ? end - job.retentionDaysNanoseconds : 0
        try withStore { () throws(StoreError) in try store.prune(hoursBefore: hours, daysBefore: days) }
    }
}
