import SpanModel

extension EdgeObservation {
    /// An edge of which no half is known yet.
    init(from caller: UInt32, to callee: UInt32, kind: Edge.Kind, in trace: borrowing Trace) {
        self.init(
            caller: caller, callee: callee, kind: kind, nameSource: .none, isError: false, isClientOnlyError: false,
            client: -1, server: -1, clientNanoseconds: nil, serverNanoseconds: nil,
            startNanoseconds: trace.startNanoseconds, destination: 0, callerOperation: 0, calleeOperation: 0,
            isMessagingCallee: false, exemplar: trace.id, weight: trace.weight)
    }

    /// Fills in the calling half; what is known of the called half stays.
    mutating func setClient(_ index: Int, _ span: TraceSpan) {
        client = Int32(truncatingIfNeeded: index)
        clientNanoseconds = span.knownDuration
        callerOperation = span.operation
        guard server < 0 else { return }
        weight = span.weight
        if span.startNanoseconds != 0 { startNanoseconds = span.startNanoseconds }
    }

    /// Fills in the called half, whose weight and start count.
    mutating func setServer(_ index: Int, _ span: TraceSpan) {
        server = Int32(truncatingIfNeeded: index)
        serverNanoseconds = span.knownDuration
        calleeOperation = span.operation
        weight = span.weight
        if span.startNanoseconds != 0 { startNanoseconds = span.startNanoseconds }
    }
}

extension TraceSpan {
    /// Nil where the span has no duration.
    var knownDuration: UInt64? { flags.contains(.noDuration) ? nil : durationNanoseconds }
}
