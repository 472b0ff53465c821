public import SpanModel

/// One span of an assembled trace: pieces and repeats merged, names final.
///
/// Name ids are ranks in byte order over all names of the run, zero being the empty name: comparing ids
/// compares names.
public struct TraceSpan: Sendable {
    public var spanID: UInt64
    public var parentID: UInt64
    /// Zero: unknown.
    public var startNanoseconds: UInt64
    public var endNanoseconds: UInt64
    /// Zero units: the span weighs nothing in counts.
    public var weight: Weight
    /// Final operation id, rank by (service, name).
    public var operation: UInt32
    /// Final string ids.
    public var service: UInt32
    public var peer: UInt32
    public var destination: UInt32
    /// Encoded bytes of all pieces, saturating.
    public var archiveBytes: UInt32
    public var flags: SpanFlags
    public var kind: SpanKind
    public var peerSource: NameSource
    public var state: ParentState

    /// How a span hangs in its trace.
    public enum ParentState: UInt8, Sendable {
        case root, child, orphan
        /// Cut out of a cycle: no parent, but neither root nor orphan.
        case broken
    }

    public var durationNanoseconds: UInt64 {
        endNanoseconds > startNanoseconds ? endNanoseconds - startNanoseconds : 0
    }
    public var isError: Bool { flags.contains(.error) }
}

/// A whole trace, as far as it was found. Storage is reused from trace to trace.
public struct Trace: Sendable {
    public var id = TraceID(high: 0, low: 0)
    /// By span id, then side (exit, entry, local), then service.
    public var spans: [TraceSpan] = []
    /// Index of each span's parent; −1: none.
    public var parents: [Int32] = []
    /// Records that became `spans`.
    public var records = 0
    /// Cut to `maximumTraceSpans`.
    public var isCut = false
    /// Exactly one root, no orphan, no broken span, not cut.
    public var isComplete = false
    /// Whether the trace belongs to the window of the run: its earliest span starts in it.
    public var isInWindow = true
    /// Least non-zero start; zero when no span has one.
    public var startNanoseconds: UInt64 = 0
    /// Weight of the trace as sampling unit: its root's; zero units when it weighs nothing.
    public var weight = Weight.one
    public var evidence = WeightEvidence.none

    /// Whether nothing shows the trace's probability, so that it counts as one.
    public var isUnweighted: Bool { evidence == .none && weight == .one }

    public init() {}
}

/// One call that a trace shows.
public struct EdgeObservation: Sendable {
    /// Final string ids of names.
    public var caller: UInt32
    public var callee: UInt32
    public var kind: Edge.Kind
    public var nameSource: NameSource
    public var isError: Bool
    public var isClientOnlyError: Bool
    /// Index into the trace's spans of the calling half; −1: not seen, or in another trace.
    public var client: Int32
    /// Index of the called half; −1: not seen, or in another trace.
    public var server: Int32
    /// Durations of the halves, for either of which may lie in another trace; nil: not seen or without a duration.
    public var clientNanoseconds: UInt64?
    public var serverNanoseconds: UInt64?
    /// Start of the called half, else of the calling one; decides the hour.
    public var startNanoseconds: UInt64
    /// Final string id; zero: none.
    public var destination: UInt32
    /// Final operation ids of the halves; zero: none. For `--level operation`.
    public var callerOperation: UInt32
    public var calleeOperation: UInt32
    /// The callee of an unanswered producer is a node of kind messaging.
    public var isMessagingCallee: Bool
    /// The trace to show as example: the consumer's for links.
    public var exemplar: TraceID
    /// Nil for links across traces: counted, never estimated.
    public var weight: Weight?
}

/// What a rule set says of one trace. Storage is reused.
public struct TraceObservation: Sendable {
    public var trace = Trace()
    public var edges = RefilledList<EdgeObservation>()
    /// (reason, service, how often); a reason may repeat.
    public var findings = RefilledList<(reason: Finding.Reason, service: UInt32, count: UInt64)>()
    /// Indices of entry spans whose caller is the outside (P5).
    public var entryCalls = RefilledList<Int32>()

    public init() {}

    /// Forgets the trace, keeping storage.
    public mutating func reset() {
        trace.spans.empty()
        trace.parents.empty()
        edges.empty()
        findings.empty()
        entryCalls.empty()
    }
}

/// What assembly hands to a rule set: the records of one trace and the links that point at it.
///
/// All name ids are final.
public struct TraceRecords: Sendable {
    public var id = TraceID(high: 0, low: 0)
    /// By span id, then content; exact repeats still present. The parallel `services` holds each record's service.
    public var records: [SpanRecord] = []
    public var services: [UInt32] = []
    /// Links that point at this trace, by (target span, linking trace, linking span); repeats still present.
    public var links: [LinkRecord] = []
    public var linkServices: [UInt32] = []
    public var isCut = false

    public init() {}
}

/// How spans become calls. One file and one line in `ruleSets` make a new one.
public protocol RuleSet: Sendable {
    static var name: String { get }
    /// Whether service and peer names must be folded to lower case before they become ids.
    static var foldsNames: Bool { get }
    init(settings: AnalysisSettings, facts: WindowFacts)

    /// Merges pieces, hangs spans under their parents and says who called whom.
    ///
    /// Pure and deterministic: depends on the records and the settings only, never on their order.
    /// Iterative, linear (up to sorting) in the number of records, whatever the shape of the trace.
    ///
    /// - Parameter observation: reset and filled.
    mutating func observe(_ records: borrowing TraceRecords, into observation: inout TraceObservation)
}

extension RuleSet {
    /// Names stay as sent.
    public static var foldsNames: Bool { false }
}
