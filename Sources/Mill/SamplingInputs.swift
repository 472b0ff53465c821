import Foundation
public import ReportStore
public import Sampling
public import SpanModel

/// Everything that the choice of probabilities after a window depends on, read from the store.
public struct SamplingInputs: Sendable {
    /// Roots per operation and hour of the look-back.
    public var history: [RootThroughput]
    /// What is in force.
    public var previous: StrategySet?
    public var circumstances: SamplingCircumstances
    public var policy: SamplingPolicy
    /// The window just stored.
    public var day: Window
    /// Whether its traces obey what was published; nil where nothing was.
    public var conformance: Conformance?

    /// Reads what is needed to plan the day after a window.
    ///
    /// - Parameter previous: what was in force; nil: what was published last.
    public init(_ job: Job, store: ReportStore, after day: Window, previous: StrategySet? = nil) throws(MillError) {
        policy = job.samplingPolicy
        self.day = day
        let end = day.endNanoseconds
        let days = UInt64(max(policy.lookBackDays, policy.headroomHours / 24 + 1))
        let start = end.subtracting(days * Nanoseconds.day)
        let history = try withStore { () throws(StoreError) in try store.throughput(from: start, to: end) }
        let latest = try withStore { () throws(StoreError) in try store.latestStrategies() }
        let planned = try withStore { () throws(StoreError) in
            try store.plannedSpansPerSecond(from: start, to: end)
        }
        let windows = try withStore { () throws(StoreError) in
            try store.windows(in: Window(startNanoseconds: start, endNanoseconds: end))
        }
        self.history = history
        self.previous = previous ?? latest
        var archives: [ArchiveSummary] = []
        for window in windows {
            let records = try withStore { () throws(StoreError) in try store.archives(window: window) ?? [] }
            archives += records.map(\.summary)
        }
        let coverage = ArchiveCoverage(windows: windows, archives: archives)
        let zone = TimeZone(settingText: job.sampling.timeZone) ?? .gmt
        let conformance = try ConformanceRun(job: job, store: store).conformance(of: day)
        self.conformance = conformance
        circumstances = SamplingCircumstances(
            plannedSpansPerSecond: planned, excludedHours: coverage.excludedHours(from: start, to: end),
            holidays: Set(job.sampling.holidays.compactMap(Timestamp.nanoseconds).map { Int($0 / Nanoseconds.day) }),
            nonconforming: conformance?.nonconforming ?? [:],
            offsetSeconds: { zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double($0) * 3600)) })
    }

    /// The strategies that follow; nil without a budget.
    public var plan: SamplingPlan? {
        planStrategies(
            history: history, previous: previous, policy: policy, day: day, circumstances: circumstances)
    }

    /// Why a plan should not be published; nil where nothing speaks against it.
    public func refusal(of strategies: StrategySet) -> String? {
        Sampling.refusal(of: strategies, previous: previous, history: history, day: day)
    }
}

extension UInt64 {
    fileprivate func subtracting(_ other: UInt64) -> UInt64 { self > other ? self - other : 0 }
}

extension TimeZone {
    /// A zone of the time zone database (`Europe/Berlin`), `UTC`, or an offset like `+02:00`.
    init?(settingText text: String) {
        if let seconds = Setting.offsetSeconds(text) {
            self.init(secondsFromGMT: seconds)
        } else if text.contains("/") {
            self.init(identifier: text)
        } else {
            return nil
        }
    }
}
