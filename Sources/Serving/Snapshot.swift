internal import Rendering
internal import ReportStore
package import SpanModel

/// What the server knows at one moment: never changed, only replaced, so that no request waits for anything.
package struct Snapshot: Sendable {
    var version: StoreVersion?
    /// Nil until some were published.
    package var strategies: ServedStrategies?
    var reports: Reports?
    /// Why the store cannot be read just now; what was read before is still served.
    var problem: StoreError?

    /// What there is to ask for, and figures about it.
    struct Reports: Sendable {
        var windows: [Window]
        var run: RunRecord?
        var size: ReportSize?
        var quality: Quality?
    }

    /// The next snapshot after this one: what has a new number is read again, the rest is kept.
    ///
    /// - Parameter now: decides the hour of strategies that differ by hour.
    func next(
        from store: ReportStore, at version: StoreVersion, nowNanoseconds now: UInt64
    ) throws(StoreError) -> Snapshot {
        var next = self
        next.problem = nil
        next.version = version
        if strategies == nil || version.strategies != self.version?.strategies {
            // A store that was made anew, without any, does not undo what tracers were told.
            next.strategies =
                try store.latestStrategies().map { ServedStrategies($0, nowNanoseconds: now) } ?? strategies
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

/// One version of the strategies, as HTTP and gRPC serve it.
package final class ServedStrategies: Sendable {
    let version: Int64
    let publishedNanoseconds: UInt64
    /// By the bytes of the service's name.
    private let services: [[UInt8]: ServedStrategy]
    private let others: ServedStrategy
    /// Where they differ by hour: all hours, and the one that is served.
    private let hourly: (set: StrategySet, hour: UInt64)?

    init(_ set: StrategySet, nowNanoseconds now: UInt64) {
        hourly = set.isHourly ? (set.withoutReasons, now / Nanoseconds.hour) : nil
        let set = set.inForce(atNanoseconds: now)
        version = set.versionID
        publishedNanoseconds = set.publishedAtNanoseconds ?? 0
        others = ServedStrategy(
            ServiceStrategy(service: "", defaultProbability: set.defaultProbability, operations: []))
        services = Dictionary(
            set.services.map { (Array($0.service.utf8), ServedStrategy($0)) }, uniquingKeysWith: { first, _ in first })
    }

    /// What is to be served instead, once another hour has begun; nil: still this.
    func next(nowNanoseconds now: UInt64) -> ServedStrategies? {
        guard let hourly, hourly.hour != now / Nanoseconds.hour else { return nil }
        return ServedStrategies(hourly.set, nowNanoseconds: now)
    }

    /// Services with strategies of their own.
    var count: Int { services.count }

    /// What the service of that name is told; every name gets an answer.
    package func strategy(of service: [UInt8]) -> ServedStrategy { services[service] ?? others }
}

/// What one service is told.
package struct ServedStrategy: Sendable {
    /// Operations have names, are sorted by their bytes, and have lost their reasons: those stay in the store.
    package let strategy: ServiceStrategy
    let body: TaggedBody

    init(_ strategy: ServiceStrategy) {
        var served = strategy
        served.operations = strategy.operations.filter { !$0.operation.isEmpty }
            .map { OperationStrategy(operation: $0.operation, probability: $0.probability) }
            .sorted { $0.operation.utf8.lexicographicallyPrecedes($1.operation.utf8) }
        self.strategy = served
        body = TaggedBody(jaegerStrategyBody(served))
    }
}

extension StrategySet {
    /// What serving needs; reasons and steps, which are most of it, stay in the store.
    fileprivate var withoutReasons: StrategySet {
        var set = self
        for service in services.indices {
            for operation in services[service].operations.indices {
                set.services[service].operations[operation].reason = ""
                set.services[service].operations[operation].steps = []
            }
        }
        return set
    }
}
