public import ReportStore
import Sampling
public import SpanModel

/// Holds what the traces of a stored window show against what was published for it.
public struct ConformanceRun: Sendable {
    let job: Job
    let store: ReportStore

    /// - Parameters:
    ///   - job: its aliases join seen names to published ones.
    ///   - store: only read.
    public init(job: Job, store: ReportStore) {
        self.job = job
        self.store = store
    }

    /// Checks the latest window that is stored, or the latest of those in `wanted`.
    ///
    /// - Throws: 66 where no such window is stored, or nothing had been published for it.
    public func check(_ wanted: Window? = nil) throws(MillError) -> Conformance {
        let stored = try withStore { () throws(StoreError) in
            guard let wanted else { return try store.latestWindow() }
            return try store.windows(in: wanted).last
        }
        guard let window = stored else {
            throw MillError(
                .noInput,
                wanted == nil
                    ? "no window is stored to check; `spanmill run` makes one"
                    : "no window of that time is stored to check; `spanmill run --window` makes one")
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
