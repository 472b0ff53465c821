/// Yes-or-no facts of a span, and the evidence of its weight.
@frozen
public struct SpanFlags: OptionSet, Hashable, Sendable {
    public var rawValue: UInt16

    @inlinable
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The span failed: OTLP status code 2; elsewhere a true-like `error` tag or `otel.status_code`=ERROR.
    @inlinable public static var error: SpanFlags { SpanFlags(rawValue: 1) }
    /// A tag named `error` is present, whatever its value: Zipkin's linker counts that.
    @inlinable public static var errorTag: SpanFlags { SpanFlags(rawValue: 2) }
    /// Zipkin's `shared`: the server half of an id it shares with its client.
    @inlinable public static var shared: SpanFlags { SpanFlags(rawValue: 4) }
    /// Kept by a debug flag, regardless of sampling.
    @inlinable public static var debug: SpanFlags { SpanFlags(rawValue: 8) }
    /// At least one link to neither itself nor its parent, valid or not.
    @inlinable public static var links: SpanFlags { SpanFlags(rawValue: 16) }
    /// Some database attribute is present (`linking.md` P7's list).
    @inlinable public static var database: SpanFlags { SpanFlags(rawValue: 32) }
    /// The end lies before the start; the duration is recorded as zero.
    @inlinable public static var reversedTimes: SpanFlags { SpanFlags(rawValue: 64) }
    /// Kept by a lower bound or a rate limit: shows coverage, weighs nothing in counts.
    @inlinable public static var uncounted: SpanFlags { SpanFlags(rawValue: 128) }
    /// The weight in the archive was above `Weight.maximum` and was capped.
    @inlinable public static var weightCapped: SpanFlags { SpanFlags(rawValue: 256) }
    /// The record has no duration (Zipkin allows that); it counts, but has no latency.
    @inlinable public static var noDuration: SpanFlags { SpanFlags(rawValue: 512) }

    /// Where the weight came from; the top four bits.
    @inlinable
    public var evidence: WeightEvidence {
        get { WeightEvidence(rawValue: UInt8(rawValue >> 12)) ?? .none }
        set { rawValue = (rawValue & 0x0fff) | UInt16(newValue.rawValue) << 12 }
    }
}

/// One span as an archive holds it, in 80 bytes without references.
///
/// Readers fill it; the dialect ends here and the evidence does not: what a rule set may need
/// (kind missing, `shared`, error tag, which attribute named the peer) is kept.
/// Numbers for names are ids of the `NameTable` that travels with the batch.
@frozen
public struct SpanRecord: Sendable {
    public var traceID: TraceID
    /// Never zero in a batch: readers skip and count spans without valid ids.
    public var spanID: UInt64
    /// Zero: no parent.
    public var parentID: UInt64
    /// Since the Unix epoch, UTC; zero when the record has none.
    public var startNanoseconds: UInt64
    public var durationNanoseconds: UInt64
    /// How many spans this one stands for; `Weight.one` unless there is evidence.
    public var weight: Weight
    /// Operation id: the pair of service and span name.
    public var operation: UInt32
    /// String id of the best name for the other side; zero: none.
    public var peer: UInt32
    /// String id of the topic or queue; zero: none.
    public var destination: UInt32
    /// Encoded size in the archive after decompression, saturating.
    public var archiveBytes: UInt32
    /// Hash of the local endpoint's address (Zipkin); zero: none.
    public var endpointHash: UInt32
    public var flags: SpanFlags
    public var kind: SpanKind
    /// Which attribute named `peer`.
    public var peerSource: NameSource

    /// A span with nothing known but its ids.
    @inlinable
    public init(traceID: TraceID, spanID: UInt64) {
        self.traceID = traceID
        self.spanID = spanID
        parentID = 0
        startNanoseconds = 0
        durationNanoseconds = 0
        weight = .one
        operation = 0
        peer = 0
        destination = 0
        archiveBytes = 0
        endpointHash = 0
        flags = []
        kind = .unset
        peerSource = .none
    }
}

/// One link of a span to another, dealt by the *linked* trace id, with what an edge needs of the linking span.
///
/// Readers emit one for every valid link of a consumer or a kindless span (any target), and of an exit span
/// (targets in its own trace only); a link to the span itself or to its own parent is dropped on reading.
@frozen
public struct LinkRecord: Sendable {
    public var targetTraceID: TraceID
    public var targetSpanID: UInt64
    /// The span that holds the link.
    public var traceID: TraceID
    public var spanID: UInt64
    public var startNanoseconds: UInt64
    /// Operation of the linking span; implies its service.
    public var operation: UInt32
    public var destination: UInt32
    public var flags: SpanFlags
    public var kind: SpanKind

    /// The link of `span` to a target.
    @inlinable
    public init(of span: SpanRecord, to targetTraceID: TraceID, _ targetSpanID: UInt64) {
        self.targetTraceID = targetTraceID
        self.targetSpanID = targetSpanID
        traceID = span.traceID
        spanID = span.spanID
        startNanoseconds = span.startNanoseconds
        operation = span.operation
        destination = span.destination
        flags = span.flags
        kind = span.kind
    }
}
