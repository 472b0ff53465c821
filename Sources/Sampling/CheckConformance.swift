public import SpanModel

/// Holds what traces show against what was published.
///
/// An operation does not obey where the 95 % interval of what it shows lies beyond `tolerance` times what was in force.
/// With n trace ids the chance that an obedient one seems to keep less is 0.05 · 1.25⁻ⁿ, and none ever seems to keep
/// more. Ids that are evenly spread tell only that the sampler does not go by them: it keeps everything, or tosses a
/// coin; more traces than `surplus` times what its plan expected speak for the first.
///
/// - Parameters:
///   - evidence: of the window's root operations, as archives name them.
///   - ledger: what was in force in the window.
///   - strategies: in force at its end.
public func checkConformance(
    _ evidence: [RootEvidence], ledger: LedgerExcerpt, strategies: StrategySet, aliases: [OperationAlias],
    window: Window
) -> Conformance {
    let check = ConformanceCheck(ledger: ledger, strategies: strategies, aliases: aliases, window: window)
    let operations = evidence.filter { !$0.service.isEmpty && !$0.operation.isEmpty }.map(check.operation)
        .sorted { ($0.service, $0.operation) < ($1.service, $1.operation) }
    return Conformance(
        window: window, versionID: strategies.versionID, operations: operations, unseen: check.unseen(operations))
}

private struct ConformanceCheck {
    static let tolerance = 1.25
    static let surplus = 4.0
    /// A published name that was expected less often may well have been missed.
    static let leastExpectedTraces = 3.0

    let ledger: LedgerExcerpt
    let strategies: StrategySet
    let aliases: [OperationAlias]
    let window: Window
    private let listed: [OperationKey: OperationStrategy]
    private let days: Double

    init(ledger: LedgerExcerpt, strategies: StrategySet, aliases: [OperationAlias], window: Window) {
        self.ledger = ledger
        self.strategies = strategies
        self.aliases = aliases
        self.window = window
        var listed: [OperationKey: OperationStrategy] = [:]
        for service in strategies.services {
            for operation in service.operations {
                listed[OperationKey(service: service.service, operation: operation.operation)] = operation
            }
        }
        self.listed = listed
        days = Double(window.durationNanoseconds) / Double(Nanoseconds.day)
    }

    func operation(_ evidence: RootEvidence) -> Conformance.Operation {
        let alias = aliases.first { $0.matches(service: evidence.service, operation: evidence.operation) }?.published
        let key = OperationKey(service: evidence.service, operation: alias ?? evidence.operation)
        var operation = Conformance.Operation(
            service: evidence.service, operation: evidence.operation,
            alias: alias == evidence.operation ? nil : alias, isListed: listed[key] != nil,
            published: ledger.timeline(service: key.service, operation: key.operation).range(in: window),
            observed: evidence.observed?.probability, interval: evidence.observed?.interval,
            evidence: Self.kind(evidence), traces: evidence.traces.total)
        guard let published = operation.published, let interval = operation.interval else { return operation }
        operation.verdict = verdict(interval, published)
        if operation.evidence == .inferred, evidence.inferred?.isUnsampled == true, operation.verdict == .keepsMore,
            Double(operation.traces) < Self.surplus * (listed[key]?.predictedTracesPerDay ?? 0) * days
        {
            operation.verdict = .unknown
        }
        if operation.isListed, operation.verdict == .keepsMore || operation.verdict == .keepsLess {
            let fallback = ledger.timeline(service: key.service, operation: "").range(in: window)
            operation.followsDefault = fallback.map { verdict(interval, $0) == .obeys } ?? false
        }
        return operation
    }

    private func verdict(_ interval: ConfidenceInterval, _ published: ClosedRange<Double>) -> Conformance.Verdict {
        if interval.low > published.upperBound * Self.tolerance { return .keepsMore }
        if interval.high < published.lowerBound / Self.tolerance { return .keepsLess }
        // As wide as this it would agree with almost anything.
        return interval.high > 2 * interval.low ? .unknown : .obeys
    }

    private static func kind(_ evidence: RootEvidence) -> WeightEvidence {
        guard evidence.told != nil else { return evidence.inferred == nil ? .none : .inferred }
        return WeightEvidence.strongestFirst.first { $0.isTold && evidence.traces[$0] > 0 } ?? .none
    }

    func unseen(_ operations: [Conformance.Operation]) -> [Conformance.Unseen] {
        let seen = Set(operations.map { OperationKey(service: $0.service, operation: $0.publishedName) })
        // Candidates are names that no entry is for, or on which their entry has no effect.
        var candidates: [String: [String]] = [:]
        for operation in operations where operation.alias == nil && (!operation.isListed || operation.followsDefault) {
            candidates[operation.service, default: []].append(operation.operation)
        }
        let unseen = listed.filter { key, strategy in
            !seen.contains(key) && strategy.predictedTracesPerDay * days >= Self.leastExpectedTraces
        }
        var likeness = NameLikeness(candidates)
        return unseen.keys.sorted().compactMap { key in
            guard let strategy = unseen[key] else { return nil }
            return Conformance.Unseen(
                service: key.service, operation: key.operation, probability: strategy.probability,
                expectedTraces: strategy.predictedTracesPerDay * days,
                seenAs: likeness.takeNearest(to: key.operation, of: key.service))
        }
    }
}
