import SpanModel

/// Zipkin's rules, for those who compare with a Zipkin server: the links are exactly its linker's.
///
/// Names must be folded to lower case before they become ids (`foldsNames`). Links are traversed in Zipkin's own
/// merged tree, which guesses parents; the observed trace is the one of the default rules (P2, P3), so that latency,
/// throughput and quality mean the same under both. A Zipkin span is shown as the span its first record became.
///
/// - RPC links are `call` edges, whether the callee was seen (no name source) or only named; links with a
///   broker are `message` edges. There is one kind per pair and way, so sums over kinds are Zipkin's counts.
/// - Where Zipkin's tree would hold one span twice, its links count once.
public struct ZipkinRules: RuleSet {
    public static var name: String { "zipkin" }
    public static var foldsNames: Bool { true }

    private let settings: AnalysisSettings
    private var assembly: TraceAssembly
    private var merger = ZipkinMerger()
    private var tree = ZipkinTree()

    public init(settings: AnalysisSettings, facts: WindowFacts = WindowFacts()) {
        self.settings = settings
        assembly = TraceAssembly(keepsOrigins: true, facts: facts)
    }

    public mutating func observe(_ records: borrowing TraceRecords, into observation: inout TraceObservation) {
        assembly.assemble(records, settings: settings, into: &observation)
        guard observation.trace.isInWindow else { return }
        merger.merge(records)
        let spans = merger.spans
        tree.build(spans)
        for index in tree.order {
            switch spans[index].kind {
            case .client:
                // A child speaks for the call, if anyone does.
                if tree.childCounts[index] == 0 { linkExit(index, spans, &observation) }
            case .unset, .internal:
                // A span of unknown kind counts as a client if both sides are known.
                let isNamed = spans[index].endpoint.service != 0 && spans[index].remoteService != 0
                if isNamed { linkExit(index, spans, &observation) }
            case .server: linkServer(index, spans, &observation)
            case .producer, .consumer: linkBroker(index, spans, &observation)
            }
        }
        assembly.tally.flush(into: &observation.findings)
    }

    /// A leaf client calls what it names; its caller's service is linked to its own if they differ.
    private func linkExit(_ index: Int, _ spans: [ZipkinSpan], _ observation: inout TraceObservation) {
        let span = spans[index]
        var caller = span.endpoint.service
        var isError = span.hasErrorTag
        let ancestor = tree.remoteAncestors[index]
        if ancestor >= 0, spans[ancestor].endpoint.service != 0 {
            let above = spans[ancestor].endpoint.service
            if caller != 0, above != caller { backfill(from: ancestor, to: index, spans, &observation) }
            if caller == 0 { caller = above }
            isError = isError || failsAsParent(ancestor, of: span, spans)
        }
        guard caller != 0, span.remoteService != 0 else { return }
        var edge = EdgeObservation(from: caller, to: span.remoteService, kind: .call, in: observation.trace)
        edge.isError = isError
        edge.nameSource = span.remoteSource
        setClient(span, &edge, observation.trace)
        observation.edges.append(edge)
    }

    /// The link that a lost or misnamed server half should have made; nobody knows whether it failed.
    private func backfill(
        from ancestor: Int, to index: Int, _ spans: [ZipkinSpan], _ observation: inout TraceObservation
    ) {
        let (caller, callee) = (spans[ancestor].endpoint.service, spans[index].endpoint.service)
        var edge = EdgeObservation(from: caller, to: callee, kind: .call, in: observation.trace)
        let span = observation.trace.spans[spanIndex(spans[index])]
        edge.weight = span.weight
        if span.startNanoseconds != 0 { edge.startNanoseconds = span.startNanoseconds }
        edge.callerOperation = observation.trace.spans[spanIndex(spans[ancestor])].operation
        observation.edges.append(edge)
    }

    /// A server is called by its nearest ancestor with a kind, else by what it names.
    private func linkServer(_ index: Int, _ spans: [ZipkinSpan], _ observation: inout TraceObservation) {
        let span = spans[index]
        if index == tree.root, span.remoteService == 0 { return appendEntry(span, &observation) }
        var caller = span.remoteService
        var isError = span.hasErrorTag
        let ancestor = tree.remoteAncestors[index]
        let isSeen = ancestor >= 0 && spans[ancestor].endpoint.service != 0
        if isSeen {
            caller = spans[ancestor].endpoint.service
            isError = isError || failsAsParent(ancestor, of: span, spans)
        }
        guard caller != 0, span.endpoint.service != 0 else { return }
        var edge = EdgeObservation(from: caller, to: span.endpoint.service, kind: .call, in: observation.trace)
        edge.isError = isError
        edge.isClientOnlyError = isError && !span.hasErrorTag
        edge.nameSource = isSeen ? .none : span.remoteSource
        if isSeen, spans[ancestor].kind == .client || spans[ancestor].kind == .producer {
            setClient(spans[ancestor], &edge, observation.trace)
        }
        setServer(span, &edge, observation.trace)
        observation.edges.append(edge)
    }

    /// A producer or consumer is linked with its broker only; never one with the other.
    private func linkBroker(_ index: Int, _ spans: [ZipkinSpan], _ observation: inout TraceObservation) {
        let span = spans[index]
        let isProducer = span.kind == .producer
        guard span.endpoint.service != 0, span.remoteService != 0 else {
            if !isProducer, index == tree.root { appendEntry(span, &observation) }
            return
        }
        var edge = EdgeObservation(
            from: isProducer ? span.endpoint.service : span.remoteService,
            to: isProducer ? span.remoteService : span.endpoint.service, kind: .message, in: observation.trace)
        edge.isError = span.hasErrorTag
        edge.nameSource = span.remoteSource
        edge.isMessagingCallee = isProducer
        if isProducer {
            setClient(span, &edge, observation.trace)
        } else {
            setServer(span, &edge, observation.trace)
        }
        observation.edges.append(edge)
    }

    /// The outside calls a root entry that names nobody.
    private func appendEntry(_ span: ZipkinSpan, _ observation: inout TraceObservation) {
        guard span.endpoint.service != 0 else { return }
        observation.entryCalls.append(Int32(truncatingIfNeeded: spanIndex(span)))
    }

    /// A client's error counts if the span names it as parent; not through local spans, nor by a shared id.
    private func failsAsParent(_ ancestor: Int, of span: ZipkinSpan, _ spans: [ZipkinSpan]) -> Bool {
        spans[ancestor].kind == .client && span.parentID == spans[ancestor].id && spans[ancestor].hasErrorTag
    }

    private func spanIndex(_ span: ZipkinSpan) -> Int { Int(assembly.merger.spanOfRecord[span.record]) }

    private func setClient(_ span: ZipkinSpan, _ edge: inout EdgeObservation, _ trace: borrowing Trace) {
        let index = spanIndex(span)
        edge.setClient(index, trace.spans[index])
    }

    private func setServer(_ span: ZipkinSpan, _ edge: inout EdgeObservation, _ trace: borrowing Trace) {
        let index = spanIndex(span)
        edge.setServer(index, trace.spans[index])
    }
}
