/// What the spans of one window say: the merged result of all analyses, by name.
///
/// A pure function of the input: arrays are sorted, sums are integers, so equal spans give equal values.
public struct Report: Hashable, Sendable {
    /// Raised whenever the same input would give other numbers; reports of different versions are never merged.
    public static let analysisVersion = 3

    public var window: Window
    /// `otlp` or `zipkin`.
    public var rules: String
    public var quality: Quality
    /// By name, then kind.
    public var nodes: [Node]
    /// By caller, callee, kind.
    public var edges: [Edge]
    /// By service, operation, kind.
    public var operations: [OperationLatency]
    /// By service, operation, hour.
    public var roots: [RootThroughput]
    /// By reason, service.
    public var findings: [Finding]
    /// By service, operation.
    public var evidence: [RootEvidence]

    public init(
        window: Window, rules: String, quality: Quality = Quality(), nodes: [Node] = [], edges: [Edge] = [],
        operations: [OperationLatency] = [], roots: [RootThroughput] = [], findings: [Finding] = [],
        evidence: [RootEvidence] = []
    ) {
        self.window = window
        self.rules = rules
        self.quality = quality
        self.nodes = nodes
        self.edges = edges
        self.operations = operations
        self.roots = roots
        self.findings = findings
        self.evidence = evidence
    }
}

/// A service, or something that only has a name.
public struct Node: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        case service, database, messaging, external, entry
    }

    public var name: String
    public var kind: Kind
    /// Entry calls included.
    public var callsIn: UInt64
    public var errorsIn: UInt64
    public var callsOut: UInt64
    /// Calls whose caller is the outside: entry spans that are roots (P5).
    public var entryCalls: UInt64

    public init(
        name: String, kind: Kind, callsIn: UInt64 = 0, errorsIn: UInt64 = 0, callsOut: UInt64 = 0,
        entryCalls: UInt64 = 0
    ) {
        self.name = name
        self.kind = kind
        self.callsIn = callsIn
        self.errorsIn = errorsIn
        self.callsOut = callsOut
        self.entryCalls = entryCalls
    }
}

/// Calls from one name to another.
public struct Edge: Hashable, Sendable {
    public enum Kind: String, CaseIterable, Sendable, Comparable {
        case call, database, external, link, message

        public static func < (a: Kind, b: Kind) -> Bool { a.rawValue < b.rawValue }
    }

    public var caller: String
    public var callee: String
    public var kind: Kind
    /// Span names at both ends, in reports whose edges are told apart by them; nil: not seen.
    public var callerOperation: String?
    public var calleeOperation: String?
    /// `none`: both ends seen; else the attribute that gave the name, or `inferred`.
    public var nameSource: NameSource
    public var calls: UInt64
    public var errors: UInt64
    /// Errors of which the called half knows nothing.
    public var clientOnlyErrors: UInt64
    /// Topics or queues, sorted; of `message` and `link` edges and of unanswered producers.
    public var destinations: [String]
    /// Nil where no estimate is made (`link` edges are counted only).
    public var estimated: WeightedSums?
    /// As the caller saw it.
    public var client: LatencySketch
    /// As the callee saw it.
    public var server: LatencySketch
    /// What `client` and `server` say, in a report that was read without them; nil: they are here.
    public var figures: EdgeFigures?
    /// A few traces that hold the edge, sorted.
    public var exemplars: [TraceID]
    /// By hour; empty where hours are not kept.
    public var hours: [EdgeHour]

    public init(
        caller: String, callee: String, kind: Kind, nameSource: NameSource = .none, calls: UInt64 = 0,
        errors: UInt64 = 0, clientOnlyErrors: UInt64 = 0, destinations: [String] = [],
        estimated: WeightedSums? = nil, client: LatencySketch = LatencySketch(),
        server: LatencySketch = LatencySketch(), figures: EdgeFigures? = nil, exemplars: [TraceID] = [],
        hours: [EdgeHour] = []
    ) {
        self.caller = caller
        self.callee = callee
        self.kind = kind
        self.nameSource = nameSource
        self.calls = calls
        self.errors = errors
        self.clientOnlyErrors = clientOnlyErrors
        self.destinations = destinations
        self.estimated = estimated
        self.client = client
        self.server = server
        self.figures = figures
        self.exemplars = exemplars
        self.hours = hours
    }
}

/// One hour of an edge.
public struct EdgeHour: Hashable, Sendable {
    /// Hours since the Unix epoch.
    public var hour: UInt32
    public var calls: UInt64
    public var errors: UInt64
    /// As the callee saw it; as the caller saw it where no callee was seen.
    public var latency: LatencySketch

    public init(hour: UInt32, calls: UInt64 = 0, errors: UInt64 = 0, latency: LatencySketch = LatencySketch()) {
        self.hour = hour
        self.calls = calls
        self.errors = errors
        self.latency = latency
    }
}

/// How slow one operation is, as one kind of span.
public struct OperationLatency: Hashable, Sendable {
    public var service: String
    public var operation: String
    public var kind: SpanKind
    public var count: UInt64
    public var errors: UInt64
    /// Spans that are roots of their trace.
    public var roots: UInt64
    public var estimated: WeightedSums
    /// Failed spans, weighted.
    public var estimatedErrors: WeightedSums
    /// Spans with a duration only.
    public var latency: LatencySketch
    public var exemplars: LatencyExemplars
    /// By hour; empty where hours are not kept.
    public var hours: [OperationHour]

    public init(
        service: String, operation: String, kind: SpanKind, count: UInt64 = 0, errors: UInt64 = 0, roots: UInt64 = 0,
        estimated: WeightedSums = WeightedSums(), estimatedErrors: WeightedSums = WeightedSums(),
        latency: LatencySketch = LatencySketch(), exemplars: LatencyExemplars = LatencyExemplars(),
        hours: [OperationHour] = []
    ) {
        self.service = service
        self.operation = operation
        self.kind = kind
        self.count = count
        self.errors = errors
        self.roots = roots
        self.estimated = estimated
        self.estimatedErrors = estimatedErrors
        self.latency = latency
        self.exemplars = exemplars
        self.hours = hours
    }
}

/// One hour of an operation.
public struct OperationHour: Hashable, Sendable {
    /// Hours since the Unix epoch.
    public var hour: UInt32
    public var count: UInt64
    public var errors: UInt64
    public var latency: LatencySketch

    public init(hour: UInt32, count: UInt64 = 0, errors: UInt64 = 0, latency: LatencySketch = LatencySketch()) {
        self.hour = hour
        self.count = count
        self.errors = errors
        self.latency = latency
    }
}

/// Traces that show a percentile or a failure.
public struct LatencyExemplars: Hashable, Sendable {
    public var p50: TraceID?
    public var p95: TraceID?
    public var p99: TraceID?
    public var error: TraceID?

    public init(p50: TraceID? = nil, p95: TraceID? = nil, p99: TraceID? = nil, error: TraceID? = nil) {
        self.p50 = p50
        self.p95 = p95
        self.p99 = p99
        self.error = error
    }
}

/// Traces that began with one operation, in one hour: what the choice of probabilities needs.
public struct RootThroughput: Hashable, Sendable {
    public var service: String
    public var operation: String
    /// Hours since the Unix epoch.
    public var hour: UInt32
    /// Traces counted, those kept by a lower bound or a debug flag included.
    public var roots: UInt64
    /// Of these, how many weigh nothing in counts.
    public var uncounted: UInt64
    /// y = 1 per trace.
    public var estimated: WeightedSums
    /// Strongest evidence that any root of the hour had.
    public var evidence: WeightEvidence
    /// Roots without any evidence.
    public var unweighted: UInt64
    /// Spans and bytes of all these traces.
    public var spans: UInt64
    public var bytes: UInt64
    /// Failed roots.
    public var errors: UInt64
    /// Roots with a duration above zero: count, Σ log₂ and Σ log₂² of nanoseconds in units of 2⁻¹⁶ and 2⁻³².
    public var durations: UInt64
    public var logSum: UInt128
    public var logSquareSum: UInt128
    /// Of the roots.
    public var latency: LatencySketch
    public var firstSeenNanoseconds: UInt64
    public var lastSeenNanoseconds: UInt64

    public init(service: String, operation: String, hour: UInt32) {
        self.service = service
        self.operation = operation
        self.hour = hour
        roots = 0
        uncounted = 0
        estimated = WeightedSums()
        evidence = .none
        unweighted = 0
        spans = 0
        bytes = 0
        errors = 0
        durations = 0
        logSum = 0
        logSquareSum = 0
        latency = LatencySketch()
        firstSeenNanoseconds = .max
        lastSeenNanoseconds = 0
    }
}

/// Why spans of one service made no edge, or are otherwise in doubt, with traces that show it.
public struct Finding: Hashable, Sendable {
    public var reason: Reason
    /// Empty where the span has no service.
    public var service: String
    public var count: UInt64
    /// The least few trace ids, sorted.
    public var exemplars: [TraceID]

    public init(reason: Reason, service: String, count: UInt64, exemplars: [TraceID]) {
        self.reason = reason
        self.service = service
        self.count = count
        self.exemplars = exemplars
    }

    /// Raw values are the keys of JSON and the store.
    public enum Reason: String, CaseIterable, Sendable, Comparable {
        case spansOrphan = "spans_orphan"
        case spansDuplicate = "spans_duplicate"
        case tracesCut = "traces_cut"
        case selfParents = "self_parents"
        case extraRoots = "extra_roots"
        case cycles
        case innerEntries = "inner_entries"
        case unnamed
        case unknownCaller = "unknown_caller"
        case crossings
        case linksUnresolved = "links_unresolved"
        case linksToParent = "links_to_parent"
        case linksLocal = "links_local"
        case unresolvedOutgoing = "unresolved_outgoing"
        case outerExits = "outer_exits"
        case spansReversed = "spans_reversed"
        case spansUnweighted = "spans_unweighted"
        case weightsCapped = "weights_capped"

        public static func < (a: Reason, b: Reason) -> Bool { a.rawValue < b.rawValue }
    }
}
