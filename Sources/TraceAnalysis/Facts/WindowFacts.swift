public import SpanModel

/// What is known about probabilities only when all spans have been dealt: the ledger's and those read off trace ids.
///
/// By final operation id. Equal for equal spans, however they were divided.
public struct WindowFacts: Sendable {
    /// By operation id; shorter where the rest knows nothing.
    var operations: [OperationFacts]

    /// Nothing is known.
    public init() { operations = [] }

    init(operations: [OperationFacts]) { self.operations = operations }

    /// What a trace weighs that shows no evidence itself; nil: nothing tells.
    func weight(
        ofRoot operation: UInt32, _ id: TraceID, startNanoseconds: UInt64
    ) -> (weight: Weight, evidence: WeightEvidence)? {
        guard Int(operation) < operations.count else { return nil }
        return operations[Int(operation)].weight(of: id, startNanoseconds: startNanoseconds)
    }

    /// What each operation's own trace ids say, by operation id, in order.
    public var inferred: [(operation: UInt32, probability: InferredProbability)] {
        operations.indices.compactMap { operation in
            operations[operation].ownProbability.map { (UInt32(truncatingIfNeeded: operation), $0) }
        }
    }
}

/// What is known about the probability of one operation.
struct OperationFacts: Sendable {
    private let timeline: ProbabilityTimeline
    private let inference: OperationInference?
    /// Of the operation's own ids; nil where there are too few, or no answer.
    let ownProbability: InferredProbability?
    /// By stretch: what probabilities its ids leave possible.
    private let possible: [(firstHour: UInt32, range: ClosedRange<Double>)]

    /// How far the ledger may be from what the ids say: beyond, the tracers do not obey it.
    private static let tolerance = 1.5

    /// - Parameters:
    ///   - own: what the operation's ids say.
    ///   - pooled: what they say together with those of the service's other rare operations; used where `own` is nil.
    init(
        timeline: ProbabilityTimeline = ProbabilityTimeline([]), own: OperationInference? = nil,
        pooled: OperationInference? = nil
    ) {
        self.timeline = timeline
        ownProbability = own?.overall
        let known = own ?? pooled
        inference = known?.overall.isUnsampled == false ? known : nil
        if let known, known.overall.isUnsampled {
            // A tracer that keeps all it sees never asked what was published.
            possible = [(0, Self.possible(known.overall))]
        } else {
            possible = (own?.stretches ?? []).map { ($0.firstHour, Self.possible($0.inferred)) }
        }
    }

    var isEmpty: Bool { timeline.steps.isEmpty && inference == nil && ownProbability == nil }

    /// [M, M·20^(5/n)] and the tolerance: one id in three million lies so far off.
    private static func possible(_ inferred: InferredProbability) -> ClosedRange<Double> {
        let (low, high) = (inferred.interval.low, inferred.interval.high)
        let stretch = high / low
        let most = high >= 1 ? 1 : low * stretch * stretch * stretch * stretch * stretch
        return low / tolerance...max(most, high) * tolerance
    }

    /// The ledger first, unless the ids refute it; then the ids.
    func weight(of id: TraceID, startNanoseconds: UInt64) -> (weight: Weight, evidence: WeightEvidence)? {
        if let published = timeline.probability(atNanoseconds: startNanoseconds),
            let weight = Weight(probability: published), allows(published, at: startNanoseconds)
        {
            return (isForced(id, at: startNanoseconds) ? Weight(units: 0) : weight, .ledger)
        }
        guard let inference else { return nil }
        return (inference.weight(of: id, startNanoseconds: startNanoseconds), .inferred)
    }

    /// Whether the ids of the hour, or of those beside it, leave a probability possible.
    private func allows(_ probability: Double, at nanoseconds: UInt64) -> Bool {
        guard !possible.isEmpty else { return true }
        let hour = UInt32(truncatingIfNeeded: nanoseconds / Nanoseconds.hour)
        for index in possible.indices {
            let begins = index == 0 ? 0 : possible[index].firstHour
            let ends = index + 1 < possible.count ? possible[index + 1].firstHour : .max
            guard begins <= hour.addingReportingOverflow(1).partialValue, ends >= hour else { continue }
            if possible[index].range.contains(probability) { return true }
        }
        return false
    }

    /// Whether the sampler cannot have kept a trace: it was kept by a debug flag, or by an older, higher
    /// probability, of whose traces those that the new one would have kept are a complete sample.
    private func isForced(_ id: TraceID, at nanoseconds: UInt64) -> Bool {
        guard let family = inference?.overall.family, let highest = timeline.highest(atNanoseconds: nanoseconds) else {
            return false
        }
        return Double(family.fraction(of: id)) * 0x1p-64 > highest * (1 + 0x1p-30)
    }
}
