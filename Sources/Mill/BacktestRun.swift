public import ReportStore
import Sampling
public import SpanModel

/// Replays stored days: the plan that each night would have made, against the day that followed.
public struct BacktestRun: Sendable {
    let job: Job
    let store: ReportStore

    /// - Parameters:
    ///   - job: its sampling settings are tried out.
    ///   - store: only read.
    public init(job: Job, store: ReportStore) {
        self.job = job
        self.store = store
    }

    /// Replays the last `days` days that are stored, the earliest first.
    ///
    /// Each plan follows the one replayed before it, the first what was in force then: so the job's settings are
    /// tried out as they are now.
    ///
    /// - Throws: 66 where no day has another before it, 78 without a budget.
    public func replay(days: Int) throws(MillError) -> Backtest {
        let policy = job.samplingPolicy
        guard policy.hasBudget else {
            throw MillError(.configuration, "no sampling budget is set (sampling.budget.spans_per_second)")
        }
        let windows = try withStore { () throws(StoreError) in try store.windows() }
        guard let end = windows.map(\.endNanoseconds).max(), let start = windows.map(\.startNanoseconds).min() else {
            throw MillError(.noInput, "no window is stored to replay; `spanmill run` makes one")
        }
        var replay = Replay(policy: policy)
        var notes: [String] = []
        var previous: StrategySet?
        var count = 0
        for back in (0..<UInt64(max(days, 1))).reversed() {
            let length = Nanoseconds.day
            guard end >= start + (back + 2) * length else { continue }
            let first = end - (back + 1) * length
            let day = Window(startNanoseconds: first, endNanoseconds: first + length)
            let before = Window(startNanoseconds: first - length, endNanoseconds: first)
            let inForce = try published(at: first + length / 2)
            let earlier = try published(at: first)
            let inputs = try SamplingInputs(job, store: store, after: before, previous: previous ?? earlier)
            guard inputs.history.contains(where: { $0.roots > 0 }), let plan = inputs.plan else { continue }
            let truth = try withStore { () throws(StoreError) in
                try store.throughput(from: day.startNanoseconds, to: day.endNanoseconds)
            }
            guard truth.contains(where: { $0.roots > 0 }) else {
                notes.append("\(Timestamp.dateText(first)) has no traces and was not replayed")
                continue
            }
            let inForceBefore = try published(at: first.subtractingOrZero(length / 2))
            replay.add(
                day, truth: truth, planned: plan.strategies, published: inForce, publishedBefore: inForceBefore)
            previous = plan.strategies
            count += 1
        }
        guard count > 0 else {
            throw MillError(.noInput, "at least two days must be stored, one to plan from and one to replay")
        }
        if count < days { notes.append("only \(count) of \(days) days could be replayed: no more are stored") }
        return replay.backtest(notes: notes)
    }

    /// What was in force at an instant.
    private func published(at instant: UInt64) throws(MillError) -> StrategySet? {
        let versions = try withStore { () throws(StoreError) in try store.strategyVersions() }
        guard let version = versions.last(where: { $0.publishedNanoseconds <= instant }) else { return nil }
        return try withStore { () throws(StoreError) in try store.strategies(version: version.id) }
    }
}

extension UInt64 {
    fileprivate func subtractingOrZero(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }
}
