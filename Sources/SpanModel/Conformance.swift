/// Whether tracers keep what they were told to keep, as the traces of one window show it.
public struct Conformance: Sendable {
    /// What the traces of an operation say of its probability.
    public enum Verdict: String, CaseIterable, Sendable {
        case obeys
        case keepsMore = "keeps_more"
        case keepsLess = "keeps_less"
        /// Too few traces, or nothing that tells.
        case unknown
    }

    /// An operation that traces began with.
    public struct Operation: Hashable, Sendable {
        public var service: String
        /// As archives show it.
        public var operation: String
        /// What it is published as; nil: under the same name.
        public var alias: String?
        /// Whether it has an entry of its own; without one its service's default holds.
        public var isListed: Bool
        /// The lowest and highest probability in force in the window; nil: not known throughout.
        public var published: ClosedRange<Double>?
        /// What the traces show; nil: nothing tells.
        public var observed: Double?
        /// Of `observed`, 95 %.
        public var interval: ConfidenceInterval?
        /// What `observed` rests on.
        public var evidence: WeightEvidence
        public var traces: UInt64
        public var verdict: Verdict
        /// Whether it is kept as its service's default says and not as published: the sampler may know another name.
        public var followsDefault: Bool

        /// Without further arguments an operation of which nothing is known; probabilities are 0…1.
        public init(
            service: String, operation: String, alias: String? = nil, isListed: Bool = true,
            published: ClosedRange<Double>? = nil, observed: Double? = nil, interval: ConfidenceInterval? = nil,
            evidence: WeightEvidence = .none, traces: UInt64 = 0, verdict: Verdict = .unknown,
            followsDefault: Bool = false
        ) {
            self.service = service
            self.operation = operation
            self.alias = alias
            self.isListed = isListed
            self.published = published
            self.observed = observed
            self.interval = interval
            self.evidence = evidence
            self.traces = traces
            self.verdict = verdict
            self.followsDefault = followsDefault
        }

        /// The name that strategies have.
        public var publishedName: String { alias ?? operation }
    }

    /// A published name that no trace of the window began with, though some were expected.
    public struct Unseen: Hashable, Sendable {
        public var service: String
        public var operation: String
        public var probability: Double
        /// Traces that its plan expected in the window.
        public var expectedTraces: Double
        /// The seen name that it probably has in archives; nil: none is like it.
        public var seenAs: String?

        /// - Parameter probability: as published, 0…1.
        public init(
            service: String, operation: String, probability: Double, expectedTraces: Double, seenAs: String? = nil
        ) {
            self.service = service
            self.operation = operation
            self.probability = probability
            self.expectedTraces = expectedTraces
            self.seenAs = seenAs
        }
    }

    public var window: Window
    /// Of the strategies in force at the window's end.
    public var versionID: Int64
    /// By service and operation.
    public var operations: [Operation]
    /// By service and operation.
    public var unseen: [Unseen]

    /// - Parameter operations: by service and operation, as those `unseen`.
    public init(window: Window, versionID: Int64, operations: [Operation], unseen: [Unseen]) {
        self.window = window
        self.versionID = versionID
        self.operations = operations
        self.unseen = unseen
    }

    /// Entries of `sampling.aliases` that join unseen names to the ones they probably have: patterns of just these.
    public var aliases: [(service: String, seen: String, published: String)] {
        unseen.compactMap { one in
            one.seenAs.map { (Glob.literal(one.service), Glob.literal($0), one.operation) }
        }
    }

    /// How many operations have a verdict; O(operations).
    public func count(_ verdict: Verdict) -> Int { operations.count { $0.verdict == verdict } }

    /// By service: published names that have no effect.
    ///
    /// Empty where nothing obeys at all: a fleet that does not poll yet is planned for as if it did.
    public var nonconforming: [String: Set<String>] {
        guard count(.obeys) > 0 else { return [:] }
        var names: [String: Set<String>] = [:]
        for operation in operations where operation.verdict == .keepsMore || operation.verdict == .keepsLess {
            names[operation.service, default: []].insert(operation.publishedName)
        }
        return names
    }
}
