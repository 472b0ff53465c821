public import ReportStore
import Sampling
public import SpanModel

/// Holds what the traces of a stored window show against what was published for it.
public struct ConformanceRun: Sendable {
    let job: Job
    let store: ReportStore

    public init(job: Job, store: ReportStore) {
        self.job = job
        self.store = store
    }

    /// Checks a window, or the latest one.
    ///
    /// - Throws: 66 where no window is stored, or nothing had been published for it.
    public func check(_ wanted: Window? = nil) throws(MillError) -> Conformance {
        let latest = try withStore { () throws(StoreError) in try store.latestWindow() }
        guard let window = wanted ?? latest else {
            throw MillError(.noInput, "no window is stored to check; `spanmill run` makes one")
        }
        guard let conformance = try conformance(of: window) else {
            throw MillError(
                .noInput,
                "nothing had been published before \(Timestamp.minuteText(window.endNanoseconds)), the end of the window, so there was nothing to obey"
            )
        }
        return conformance
    }

    /// nil where nothing had been published by the end of the window.
    func conformance(of window: Window) throws(MillError) -> Conformance? {
        let versions = try withStore { () throws(StoreError) in try store.strategyVersions() }
        guard let version = versions.last(where: { $0.publishedNanoseconds < window.endNanoseconds }) else {
            return nil
        }
        let strategies = try withStore { () throws(StoreError) in try store.strategies(version: version.id) }
        guard let strategies else { return nil }
        let lines = try withStore { () throws(StoreError) in try Scan.ledger(of: store, in: window) }
        let evidence = try withStore { () throws(StoreError) in try store.rootEvidence(window: window) }
        let policy = job.samplingPolicy
        let aliases = evidence.compactMap { root in
            policy.aliases.first { $0.matches(service: root.service, operation: root.operation) }.map {
                LedgerExcerpt.Alias(service: root.service, seen: root.operation, published: $0.published)
            }
        }
        return checkConformance(
            evidence, ledger: LedgerExcerpt(lines, aliases: aliases), strategies: strategies, aliases: policy.aliases,
            window: window)
    }
}
