public import ReportStore
import Sampling
public import SpanModel

/// What publishing did, or would do.
public struct PublishingOutcome: Sendable {
    public var strategies: StrategySet
    public var written: [StrategyPublisher.Written]
    /// One line for people.
    public var text: String
}

extension StrategyPublisher {
    /// Puts an older version in force again, as a new version that says where it is from.
    ///
    /// - Parameters:
    ///   - version: nil: the one before the latest.
    ///   - reason: for the history.
    ///   - state: of the lock; a run that is at work ends in exit status 75.
    public func rollBack(
        to version: Int64?, reason: String?, store: ReportStore, state: String, isDryRun: Bool = false,
        nowNanoseconds now: UInt64
    ) throws(MillError) -> PublishingOutcome {
        try locked(state, isDryRun) { () throws(MillError) in
            try rollBackLocked(to: version, reason: reason, store: store, isDryRun: isDryRun, nowNanoseconds: now)
        }
    }

    private func rollBackLocked(
        to version: Int64?, reason: String?, store: ReportStore, isDryRun: Bool, nowNanoseconds now: UInt64
    ) throws(MillError) -> PublishingOutcome {
        let versions = try withStore { () throws(StoreError) in try store.strategyVersions() }
        guard let latest = versions.last else {
            throw MillError(.noInput, "no strategies are stored, so there is nothing to roll back")
        }
        guard let target = version ?? versions.dropLast().last?.id else {
            throw MillError(
                .noInput,
                "version \(latest.id) is the only one, so there is nothing to roll back to; to change it set "
                    + "sampling.overrides and `spanmill sampling publish --replan`")
        }
        let (older, current) = try withStore { () throws(StoreError) in
            (try store.strategies(version: target), try store.strategies(version: latest.id))
        }
        guard var strategies = older else {
            throw MillError(
                .noInput,
                "there is no version \(target) of the strategies; stored are \(versions[0].id) to \(latest.id)")
        }
        guard target != latest.id else {
            throw MillError(.noInput, "version \(target) is in force already; nothing was changed")
        }
        let changes = strategies.takePrevious(from: current)
        strategies.note = "rolled back to version \(target)" + (reason.map { ": \($0)" } ?? "")
        strategies.plannedSpansPerSecond = [:]
        let done =
            try isDryRun
            ? (strategies: strategies, written: write(strategies, nowNanoseconds: now, isDryRun: true))
            : publish(strategies, store: store, nowNanoseconds: now)
        let number = isDryRun ? "would publish" : "published version \(done.strategies.versionID):"
        return PublishingOutcome(
            strategies: done.strategies, written: done.written,
            text: "\(number) the strategies of version \(target), \(changes) probabilities differ")
    }

    /// Writes the files of what is in force.
    public func republish(
        _ strategies: StrategySet, isDryRun: Bool = false, nowNanoseconds now: UInt64
    ) throws(MillError) -> PublishingOutcome {
        let written = try write(strategies, nowNanoseconds: now, isDryRun: isDryRun)
        let operations = strategies.services.reduce(0) { $0 + $1.operations.count }
        return PublishingOutcome(
            strategies: strategies, written: written,
            text: "version \(strategies.versionID): \(operations) operations of \(strategies.services.count) services")
    }

    /// Chooses anew from the stored windows and publishes.
    ///
    /// - Throws: 76 where the gate refuses and nothing forces it.
    public func replan(
        _ job: Job, store: ReportStore, isForced: Bool, isDryRun: Bool = false, nowNanoseconds now: UInt64
    ) throws(MillError) -> PublishingOutcome {
        try locked(job.state, isDryRun) { () throws(MillError) in
            try replanLocked(job, store: store, isForced: isForced, isDryRun: isDryRun, nowNanoseconds: now)
        }
    }

    private func replanLocked(
        _ job: Job, store: ReportStore, isForced: Bool, isDryRun: Bool, nowNanoseconds now: UInt64
    ) throws(MillError) -> PublishingOutcome {
        guard let day = try withStore({ () throws(StoreError) in try store.latestWindow() }) else {
            throw MillError(.noInput, "no window is stored to choose from; `spanmill run` makes one")
        }
        let inputs = try SamplingInputs(job, store: store, after: day)
        guard var strategies = inputs.plan?.strategies else {
            throw MillError(.configuration, "no sampling budget is set (sampling.budget.spans_per_second)")
        }
        if let reason = inputs.refusal(of: strategies) {
            guard isForced else { throw MillError.refused(reason) }
            strategies.note = "forced: \(reason)"
        }
        let changes = strategies.takePrevious(from: inputs.previous)
        let done =
            try isDryRun
            ? (strategies: strategies, written: write(strategies, nowNanoseconds: now, isDryRun: true))
            : publish(strategies, store: store, nowNanoseconds: now)
        let number = isDryRun ? "would publish" : "published version \(done.strategies.versionID):"
        return PublishingOutcome(
            strategies: done.strategies, written: done.written,
            text: "\(number) chosen from the windows up to \(Timestamp.minuteText(day.endNanoseconds)) UTC, "
                + "\(changes) probabilities differ")
    }
}

extension StrategyPublisher {
    /// While the state's lock is held, unless nothing will be changed.
    private func locked<Value>(
        _ state: String, _ isDryRun: Bool, _ body: () throws(MillError) -> Value
    ) throws(MillError) -> Value {
        guard !isDryRun else { return try body() }
        let lock = try RunLock(path: "\(state)/lock")
        let value = try body()
        _ = consume lock
        return value
    }
}

extension MillError {
    /// The gate refused a plan.
    public static func refused(_ reason: String) -> MillError {
        MillError(
            .planRefused,
            "sampling plan refused, the strategies of before stay: \(reason) (--force publishes it all the same)")
    }
}

extension StrategySet {
    /// Notes what every operation had before.
    ///
    /// - Returns: how many probabilities differ, those of operations that come or go included.
    mutating func takePrevious(from previous: StrategySet?) -> Int {
        var before: [[String]: OperationStrategy] = [:]
        for service in previous?.services ?? [] {
            for operation in service.operations { before[[service.service, operation.operation]] = operation }
        }
        var changes = 0
        for service in services.indices {
            for index in services[service].operations.indices {
                let operation = services[service].operations[index]
                let old = before.removeValue(forKey: [services[service].service, operation.operation])
                services[service].operations[index].previousProbability = old?.probability
                if old?.probability != operation.probability || old?.hours != operation.hours { changes += 1 }
            }
        }
        return changes + before.count
    }
}
