import SpanModel

extension OTLPRules {
    /// Who called an entry span.
    struct Caller {
        enum Verdict {
            /// `service` called, `half` being its exit if there is one.
            case known
            /// Below an entry of the same service: no call.
            case inner
            /// The span met has no service.
            case unnamed
            /// Nothing was met.
            case unknown
        }

        var verdict: Verdict
        var service: UInt32 = 0
        /// Index of the exit half; −1: none.
        var half = -1
        /// Index of the span that stands for the caller: the half, else what was met.
        var met = -1
        /// Topmost span walked over, the entry itself where none was.
        var top: Int
        /// Topmost local of the entry's own service walked over; −1: none.
        var topOfService: Int
    }

    /// P4: walks up from the parent over locals of the entry's service, then decides by what is met.
    mutating func caller(of entry: Int, _ spans: [TraceSpan], _ parents: [Int32]) -> Caller {
        let service = spans[entry].service
        let stop = walk.walk(from: parents[entry], service: service, spans, parents)
        var caller = Caller(
            verdict: .unknown, top: stop.top >= 0 ? stop.top : entry, topOfService: stop.topOfService)
        guard stop.met >= 0 else { return caller }
        let met = spans[stop.met]
        caller.service = met.service
        caller.met = stop.met
        if met.service == 0 {
            caller.verdict = .unnamed
        } else if met.kind.isExit {
            caller.verdict = .known
            caller.half = stop.met
        } else if met.kind.isEntry {
            caller.verdict = met.service == service ? .inner : .known
        } else {
            caller.verdict = .known
            let above = walk.walk(from: Int32(truncatingIfNeeded: stop.met), service: met.service, spans, parents).met
            if above >= 0, spans[above].kind.isExit, spans[above].service == met.service {
                caller.half = above
                caller.met = above
            }
        }
        return caller
    }

    /// P4 and P5 for a server or consumer.
    mutating func observeEntry(
        _ index: Int, _ spans: [TraceSpan], _ parents: [Int32], _ observation: inout TraceObservation
    ) {
        let span = spans[index]
        guard span.service != 0 else { return count(.unnamed, 0, &observation) }
        let caller = caller(of: index, spans, parents)
        if caller.topOfService >= 0 { marks[caller.topOfService].insert(.walkedOver) }
        switch caller.verdict {
        case .known: appendCall(caller, to: index, spans, nameSource: .none, &observation)
        case .inner: count(.innerEntries, span.service, &observation)
        case .unnamed: count(.unnamed, span.service, &observation)
        case .unknown: observeUnknownCaller(of: index, top: spans[caller.top], span, &observation)
        }
    }

    private mutating func observeUnknownCaller(
        of index: Int, top: TraceSpan, _ span: TraceSpan, _ observation: inout TraceObservation
    ) {
        if span.kind == .consumer, span.flags.contains(.links) { return }
        if span.peer != 0, span.peerSource.namesCaller {
            var edge = EdgeObservation(from: span.peer, to: span.service, kind: .external, in: observation.trace)
            edge.nameSource = span.peerSource
            edge.isError = span.isError
            edge.setServer(index, span)
            observation.edges.append(edge)
        } else if top.state == .root {
            observation.entryCalls.append(Int32(truncatingIfNeeded: index))
        } else {
            count(.unknownCaller, span.service, &observation)
        }
    }

    /// P5: a span of unset kind whose parent has another service is an entry, unless an entry below speaks for it.
    mutating func inferEntry(
        _ index: Int, _ spans: [TraceSpan], _ parents: [Int32], _ observation: inout TraceObservation
    ) {
        let service = spans[index].service
        guard service != 0, parents[index] >= 0, !marks[index].contains(.walkedOver) else { return }
        let parent = walk.walk(from: parents[index], service: 0, spans, parents).met
        guard parent >= 0, spans[parent].service != 0, spans[parent].service != service else { return }
        if spans[parent].kind == .producer { marks[index].insert(.inferredConsumer) }
        appendCall(caller(of: index, spans, parents), to: index, spans, nameSource: .inferred, &observation)
    }

    /// One call per entry; an error of either half fails it.
    private mutating func appendCall(
        _ caller: Caller, to index: Int, _ spans: [TraceSpan], nameSource: NameSource,
        _ observation: inout TraceObservation
    ) {
        let isMessage = spans[index].kind == .consumer || marks[index].contains(.inferredConsumer)
        var isError = spans[index].isError
        var isClientOnlyError = false
        var destination = isMessage ? spans[index].destination : 0
        var start = spans[index].startNanoseconds
        var clientNanoseconds: UInt64?
        if caller.half >= 0 {
            let half = caller.half
            marks[half].insert(.answered)
            clientNanoseconds = spans[half].knownDuration
            isClientOnlyError = spans[half].isError && !isError
            isError = isError || isClientOnlyError
            if isMessage, destination == 0 { destination = spans[half].destination }
            if start == 0 { start = spans[half].startNanoseconds }
        }
        // All at once: what is written part by part is copied slowly.
        observation.edges.append(
            EdgeObservation(
                caller: caller.service, callee: spans[index].service, kind: isMessage ? .message : .call,
                nameSource: nameSource, isError: isError, isClientOnlyError: isClientOnlyError,
                client: Int32(truncatingIfNeeded: caller.half), server: Int32(truncatingIfNeeded: index),
                clientNanoseconds: clientNanoseconds, serverNanoseconds: spans[index].knownDuration,
                startNanoseconds: start != 0 ? start : observation.trace.startNanoseconds, destination: destination,
                callerOperation: spans[caller.met].operation, calleeOperation: spans[index].operation,
                isMessagingCallee: false, exemplar: observation.trace.id, weight: spans[index].weight))
    }
}
