import SpanModel

extension OTLPRules {
    /// A consumer and one span it links to, out of one or more raw copies.
    struct LinkingConsumer {
        var target: UInt64
        /// As far as trace ids are matched.
        var traceHigh: UInt64
        var traceID: TraceID
        var spanID: UInt64
        var service: UInt32
        /// Index of the merged consumer in the trace at hand; −1: it is in another trace.
        var index: Int
        var startNanoseconds: UInt64
        var operation: UInt32
        var destination: UInt32
        var isError: Bool

        static func < (a: LinkingConsumer, b: LinkingConsumer) -> Bool {
            (a.target, a.traceHigh, a.traceID.low, a.spanID, a.index, a.service)
                < (b.target, b.traceHigh, b.traceID.low, b.spanID, b.index, b.service)
        }

        func isSameSpan(as other: LinkingConsumer) -> Bool {
            target == other.target && traceHigh == other.traceHigh && traceID.low == other.traceID.low
                && spanID == other.spanID && index == other.index
        }

        mutating func absorb(_ copy: LinkingConsumer) {
            service = copy.service
            traceID = min(traceID, copy.traceID)
            if startNanoseconds == 0 || (copy.startNanoseconds != 0 && copy.startNanoseconds < startNanoseconds) {
                startNanoseconds = copy.startNanoseconds
            }
            operation = max(operation, copy.operation)
            if destination == 0 || (copy.destination != 0 && copy.destination < destination) {
                destination = copy.destination
            }
            isError = isError || copy.isError
        }
    }

    /// P6: each distinct link of a consumer to a span of this trace.
    mutating func observeLinks(_ records: borrowing TraceRecords, into observation: inout TraceObservation) {
        consumers.empty()
        for index in records.links.indices {
            let link = records.links[index]
            let service = records.linkServices[index]
            if isSame(link.traceID, records.id) {
                guard observation.trace.isInWindow else { continue }
                collectLocal(link, service, observation.trace.spans)
            } else if link.kind == .consumer {
                collect(link, service, index: -1)
            }
        }
        consumers.sort(by: <)
        var start = 0
        while start < consumers.count {
            var consumer = consumers[start]
            var next = start + 1
            // A copy without a service is one of the least named copy.
            while next < consumers.count, consumer.isSameSpan(as: consumers[next]),
                consumer.service == 0 || consumer.service == consumers[next].service
            {
                consumer.absorb(consumers[next])
                next += 1
            }
            observe(consumer, &observation)
            start = next
        }
    }

    private func isSame(_ a: TraceID, _ b: TraceID) -> Bool {
        a.low == b.low && (settings.matchesLow64 || a.high == b.high)
    }

    private mutating func collect(_ link: LinkRecord, _ service: UInt32, index: Int) {
        consumers.append(
            LinkingConsumer(
                target: link.targetSpanID, traceHigh: settings.matchesLow64 ? 0 : link.traceID.high,
                traceID: link.traceID, spanID: link.spanID, service: service, index: index,
                startNanoseconds: link.startNanoseconds, operation: link.operation, destination: link.destination,
                isError: link.flags.contains(.error)))
    }

    /// A link within the trace: the merged span is known, and it may be an exit that sent what it links to.
    private mutating func collectLocal(_ link: LinkRecord, _ service: UInt32, _ spans: [TraceSpan]) {
        guard let index = holder(of: link, service, spans) else { return }
        let span = spans[index]
        if span.kind.isExit {
            guard let target = assembly.tree.index.first(link.targetSpanID), target != index else { return }
            if spans[target].kind == .producer, spans[target].service == span.service, span.service != 0 {
                marks[index].insert(.outer)
            }
        } else if span.kind == .consumer || marks[index].contains(.inferredConsumer) {
            collect(link, span.service, index: index)
        }
    }

    /// The span that a linking record became (P2).
    private func holder(of link: LinkRecord, _ service: UInt32, _ spans: [TraceSpan]) -> Int? {
        guard let first = assembly.tree.index.first(link.spanID) else { return nil }
        guard assembly.tree.index.isShared(first) else { return first }
        if link.kind != .unset {
            return assembly.tree.index.find(link.spanID, link.kind.side, service, in: spans)
        }
        return assembly.tree.index.find(link.spanID, .exit, service, in: spans)
            ?? assembly.tree.index.find(link.spanID, .entry, service, in: spans)
            ?? assembly.tree.index.find(link.spanID, .local, service, in: spans)
    }

    /// What one link means.
    private mutating func observe(_ consumer: LinkingConsumer, _ observation: inout TraceObservation) {
        let isHere = consumer.index >= 0
        // An edge is of the consumer's window: here its trace's, which is this one, elsewhere by its own start.
        let isReported = isHere || settings.window.includes(consumer.startNanoseconds)
        guard let target = assembly.tree.index.first(consumer.target) else {
            if isReported { count(.linksUnresolved, consumer.service, &observation) }
            return
        }
        if isHere, isParentOrHalf(target, of: consumer.index, observation.trace) {
            return count(.linksToParent, consumer.service, &observation)
        }
        let span = observation.trace.spans[target]
        guard consumer.service != 0 else { return }
        guard span.service != 0 else {
            if isReported { count(.unnamed, consumer.service, &observation) }
            return
        }
        if span.kind.isExit {
            marks[target].insert(.answered)
        } else if span.service == consumer.service {
            if isReported { count(.linksLocal, consumer.service, &observation) }
            return
        }
        if isReported { appendLink(of: consumer, to: target, span, &observation) }
    }

    private mutating func isParentOrHalf(_ target: Int, of index: Int, _ trace: Trace) -> Bool {
        if Int(trace.parents[index]) == target { return true }
        guard trace.spans[index].service != 0, trace.spans[target].kind.isExit else { return false }
        return caller(of: index, trace.spans, trace.parents).half == target
    }

    private func appendLink(
        of consumer: LinkingConsumer, to target: Int, _ span: TraceSpan, _ observation: inout TraceObservation
    ) {
        var edge = EdgeObservation(from: span.service, to: consumer.service, kind: .link, in: observation.trace)
        edge.callerOperation = span.operation
        edge.isError = consumer.isError
        edge.destination = consumer.destination
        if span.kind.isExit { edge.setClient(target, span) }
        if consumer.index >= 0 {
            let merged = observation.trace.spans[consumer.index]
            edge.setServer(consumer.index, merged)
            edge.isError = merged.isError
            edge.destination = merged.destination
        } else {
            edge.exemplar = consumer.traceID
            edge.calleeOperation = consumer.operation
            if consumer.startNanoseconds != 0 { edge.startNanoseconds = consumer.startNanoseconds }
            edge.weight = nil
        }
        if edge.destination == 0 { edge.destination = span.destination }
        edge.isClientOnlyError = span.kind.isExit && span.isError && !edge.isError
        edge.isError = edge.isError || (span.kind.isExit && span.isError)
        observation.edges.append(edge)
    }
}
