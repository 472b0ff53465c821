import SpanModel

/// What a span is to its neighbours; in the order in which spans of one id are sorted.
enum SpanSide: UInt8 {
    case exit, entry, local
}

extension SpanKind {
    var side: SpanSide { isExit ? .exit : isEntry ? .entry : .local }

    /// C S P K I, then unset: the kind that pieces of several kinds become.
    fileprivate var precedence: UInt8 {
        switch self {
        case .client: 0
        case .server: 1
        case .producer: 2
        case .consumer: 3
        case .internal: 4
        case .unset: 5
        }
    }
}

extension TraceSpan {
    /// The span of a single record; a parent id equal to its own is left for the tree to drop.
    init(_ record: SpanRecord, service: UInt32) {
        let (end, overflow) = record.startNanoseconds.addingReportingOverflow(record.durationNanoseconds)
        self.init(
            spanID: record.spanID, parentID: record.parentID, startNanoseconds: record.startNanoseconds,
            endNanoseconds: overflow ? .max : end, weight: record.weight, operation: record.operation,
            service: service, peer: record.peer, destination: record.destination,
            archiveBytes: record.archiveBytes, flags: record.flags, kind: record.kind,
            peerSource: record.peerSource, state: .child)
    }
}

/// Merges the pieces of one span; every field has a rule of its own, so that no piece wins and no order matters.
struct SpanBuilder {
    private var span: TraceSpan
    /// Greatest duration among pieces without a start: added to the start that other pieces know.
    private var unanchoredNanoseconds: UInt64 = 0
    /// Operation of a piece that names the span's own service; a nameless piece's operation is second choice.
    private var hasOwnOperation = false

    init(_ record: SpanRecord, service: UInt32) {
        span = TraceSpan(record, service: service)
        if record.startNanoseconds == 0 {
            unanchoredNanoseconds = record.durationNanoseconds
            span.endNanoseconds = 0
        }
    }

    var finished: TraceSpan {
        var finished = span
        let (end, overflow) = span.startNanoseconds.addingReportingOverflow(unanchoredNanoseconds)
        finished.endNanoseconds = max(span.endNanoseconds, overflow ? .max : end)
        return finished
    }

    /// Ranks order operations by service, then name: of one service's two the greater has a name if any has.
    mutating func prefer(operationOf record: SpanRecord, _ service: UInt32) {
        let isOwn = service == span.service
        if isOwn == hasOwnOperation {
            span.operation = max(span.operation, record.operation)
        } else if isOwn {
            hasOwnOperation = true
            span.operation = record.operation
        }
    }

    mutating func absorb(_ record: SpanRecord, _ service: UInt32) {
        prefer(operationOf: record, service)
        absorbTimes(record)
        absorbWeight(record)
        absorbParent(record.parentID)
        if record.kind.precedence < span.kind.precedence { span.kind = record.kind }
        if record.peer != 0, span.peer == 0 || (record.peerSource, record.peer) < (span.peerSource, span.peer) {
            (span.peerSource, span.peer) = (record.peerSource, record.peer)
        }
        if record.destination != 0, span.destination == 0 || record.destination < span.destination {
            span.destination = record.destination
        }
        let (bytes, overflow) = span.archiveBytes.addingReportingOverflow(record.archiveBytes)
        span.archiveBytes = overflow ? .max : bytes
    }

    private mutating func absorbTimes(_ record: SpanRecord) {
        let start = record.startNanoseconds
        if start == 0 {
            unanchoredNanoseconds = max(unanchoredNanoseconds, record.durationNanoseconds)
            return
        }
        let (end, overflow) = start.addingReportingOverflow(record.durationNanoseconds)
        span.startNanoseconds = span.startNanoseconds == 0 ? start : min(span.startNanoseconds, start)
        span.endNanoseconds = max(span.endNanoseconds, overflow ? .max : end)
    }

    /// Facts add up; what the weight rests on comes from the piece with the strongest evidence.
    private mutating func absorbWeight(_ record: SpanRecord) {
        let united: SpanFlags = [
            .error, .errorTag, .shared, .debug, .links, .database, .reversedTimes, .weightCapped,
        ]
        let isStronger =
            (record.flags.strength, record.flags.contains(.uncounted) ? 0 : 1, record.weight)
            < (span.flags.strength, span.flags.contains(.uncounted) ? 0 : 1, span.weight)
        let chosen = isStronger ? record.flags : span.flags
        var flags = span.flags.union(record.flags).intersection(united)
        flags.formUnion(chosen.intersection(.uncounted))
        flags.formUnion(span.flags.intersection(record.flags).intersection(.noDuration))
        flags.evidence = chosen.evidence
        span.flags = flags
        if isStronger { span.weight = record.weight }
    }

    private mutating func absorbParent(_ parentID: UInt64) {
        let known = span.parentID
        guard parentID != 0, parentID != known else { return }
        let isOwn = parentID == span.spanID
        if known == 0 || known == span.spanID || (!isOwn && parentID < known) { span.parentID = parentID }
    }
}

extension SpanFlags {
    /// Lower is stronger; a span kept regardless of sampling says something about its weight, too.
    var strength: UInt8 {
        switch evidence {
        case .none: isDisjoint(with: [.uncounted, .debug]) ? .max : WeightEvidence.tag.rawValue
        case let known: known.rawValue
        }
    }
}
