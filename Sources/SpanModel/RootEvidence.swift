/// Traces by what their weights rest on; saturating.
public struct EvidenceCounts: Hashable, Sendable {
    private var counts = SIMD8<UInt64>()

    public init() {}

    public subscript(evidence: WeightEvidence) -> UInt64 {
        get { counts[Int(evidence.rawValue)] }
        set { counts[Int(evidence.rawValue)] = newValue }
    }

    /// Adds one trace.
    @inline(__always)
    public mutating func add(_ evidence: WeightEvidence) {
        self[evidence] = self[evidence].addingSaturating(1)
    }

    public mutating func merge(_ other: EvidenceCounts) {
        for evidence in WeightEvidence.allCases {
            self[evidence] = self[evidence].addingSaturating(other[evidence])
        }
    }

    public var total: UInt64 { WeightEvidence.allCases.reduce(0) { $0.addingSaturating(self[$1]) } }

    /// The strongest that any trace has; `none` is the weakest.
    public var strongest: WeightEvidence {
        WeightEvidence.strongestFirst.first { self[$0] > 0 } ?? .none
    }
}

extension WeightEvidence {
    /// In the order in which evidence is believed.
    public static let strongestFirst: [WeightEvidence] = allCases.filter { $0 != .none } + [.none]

    /// Whether the archive itself says the probability.
    public var isTold: Bool { self == .threshold || self == .tag || self == .vendor }
}

/// Where the weights of an operation's roots came from in one window, and the probability that its traces show: what
/// tells whether tracers obey what was published.
public struct RootEvidence: Hashable, Sendable {
    public var service: String
    public var operation: String
    /// Traces that began with the operation.
    public var traces: EvidenceCounts
    /// What thresholds, sampler tags or vendors' rates say, over all traces they chose; nil: there are none.
    public var told: Double?
    /// What the ids of traces without such evidence say; nil: no answer.
    public var inferred: InferredProbability?

    public init(
        service: String, operation: String, traces: EvidenceCounts = EvidenceCounts(), told: Double? = nil,
        inferred: InferredProbability? = nil
    ) {
        self.service = service
        self.operation = operation
        self.traces = traces
        self.told = told
        self.inferred = inferred
    }

    /// The probability that the traces show, with its interval of 95 %; what archives say is exact.
    public var observed: (probability: Double, interval: ConfidenceInterval)? {
        if let told { return (told, ConfidenceInterval(low: told, high: told)) }
        return inferred.map { ($0.probability, $0.interval) }
    }
}
