internal import Rendering
internal import ReportStore
internal import SpanModel

/// What the server knows at one moment: never changed, only replaced, so that no request waits for anything.
struct Snapshot: Sendable {
    var version: StoreVersion?
    var strategies: Strategies?
    var reports: Reports?
    /// Why the store cannot be read just now; what was read before is still served.
    var problem: StoreError?

    /// Strategies as bytes by the bytes of the service's name.
    struct Strategies: Sendable {
        let version: Int64
        let publishedNanoseconds: UInt64
        let services: [[UInt8]: TaggedBody]
        let others: TaggedBody

        init(_ set: StrategySet) {
            version = set.versionID
            publishedNanoseconds = set.publishedAtNanoseconds ?? 0
            others = TaggedBody(jaegerStrategyBody(defaultProbability: set.defaultProbability))
            services = Dictionary(
                set.services.map { (Array($0.service.utf8), TaggedBody(jaegerStrategyBody($0))) },
                uniquingKeysWith: { first, _ in first })
        }
    }

    /// What there is to ask for, and figures about it.
    struct Reports: Sendable {
        var windows: [Window]
        var run: RunRecord?
        var size: ReportSize?
        var quality: Quality?
    }

    /// The next snapshot after this one: what has a new number is read again, the rest is kept.
    func next(from store: ReportStore, at version: StoreVersion) throws(StoreError) -> Snapshot {
        var next = self
        next.problem = nil
        next.version = version
        if strategies == nil || version.strategies != self.version?.strategies {
            next.strategies = try store.latestStrategies().map(Strategies.init)
        }
        if reports == nil || version.run != self.version?.run {
            let run = try store.latestRun()
            var reports = Reports(windows: try store.windows(), run: run)
            if let window = run?.window {
                reports.size = try store.size(window: window)
                reports.quality = try store.quality(window: window)
            }
            next.reports = reports
        }
        return next
    }
}
