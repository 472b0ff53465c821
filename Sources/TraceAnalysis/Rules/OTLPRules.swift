import SpanModel

/// The default rules: calls counted at the callee, local spans walked over, nothing guessed.
///
/// `P n` in comments are the rules' numbers:
///
/// - P2 pieces of a span are merged, P3 spans hang under their parents, cycles are broken;
/// - P4 the caller of an entry span is found by walking up over local spans;
/// - P5 unknown callers are entry calls, or named by the span itself; unset kinds may be entries;
/// - P6 links of consumers make edges, across traces too;
/// - P7 an exit nobody answered calls whatever its attributes name;
/// - P8 of nested exits only the innermost calls.
public struct OTLPRules: RuleSet {
    public static var name: String { "otlp" }

    let settings: AnalysisSettings
    var assembly: TraceAssembly
    var walk = LocalWalk()
    /// What is known of each span; see `Mark`.
    var marks: [Mark] = []
    /// Indices of exits and of spans of unset kind, in order.
    private var exits = RefilledList<Int>()
    private var kindless = RefilledList<Int>()
    var consumers: [LinkingConsumer] = []

    public init(settings: AnalysisSettings, facts: WindowFacts = WindowFacts()) {
        self.settings = settings
        assembly = TraceAssembly(facts: facts)
    }

    /// Facts about a span that rules tell one another.
    struct Mark: OptionSet {
        var rawValue: UInt8

        /// An exit that is half of a counted call or target of a link edge.
        static let answered = Mark(rawValue: 1)
        /// An exit around another one, or the sending of linked messages.
        static let outer = Mark(rawValue: 2)
        /// An entry of its own service walked over it.
        static let walkedOver = Mark(rawValue: 4)
        /// Of unset kind, taken for a consumer.
        static let inferredConsumer = Mark(rawValue: 8)
    }

    public mutating func observe(_ records: borrowing TraceRecords, into observation: inout TraceObservation) {
        assembly.assemble(records, settings: settings, into: &observation)
        let spans = observation.trace.spans
        let parents = observation.trace.parents
        marks.clear(to: [], count: spans.count)
        guard observation.trace.isInWindow else {
            if !records.links.isEmpty { observeLinks(records, into: &observation) }
            assembly.tally.flush(into: &observation.findings)
            return
        }
        walk.begin(count: spans.count)
        exits.empty()
        kindless.empty()
        for index in spans.indices {
            switch spans[index].kind {
            case .client, .producer:
                exits.append(index)
                markOuter(above: index, spans, parents)
                countCrossing(index, spans, parents, &observation)
            case .server, .consumer: observeEntry(index, spans, parents, &observation)
            case .internal: countCrossing(index, spans, parents, &observation)
            case .unset: kindless.append(index)
            }
        }
        for index in kindless { inferEntry(index, spans, parents, &observation) }
        if !records.links.isEmpty { observeLinks(records, into: &observation) }
        for index in exits { observeExit(index, spans, &observation) }
        assembly.tally.flush(into: &observation.findings)
    }

    /// Counts one finding.
    mutating func count(_ reason: Finding.Reason, _ service: UInt32, _ observation: inout TraceObservation) {
        assembly.tally.add(reason, service, into: &observation.findings)
    }

    /// P8: an exit above, reached over locals, of the same kind and service is not a call of its own.
    private mutating func markOuter(above exit: Int, _ spans: [TraceSpan], _ parents: [Int32]) {
        let service = spans[exit].service
        guard service != 0, parents[exit] >= 0 else { return }
        let met = walk.walk(from: parents[exit], service: service, spans, parents).met
        guard met >= 0, spans[met].kind == spans[exit].kind, spans[met].service == service else { return }
        marks[met].insert(.outer)
    }

    /// P5: an exit or INTERNAL span of another service than its parent; nothing is filled in.
    private mutating func countCrossing(
        _ index: Int, _ spans: [TraceSpan], _ parents: [Int32], _ observation: inout TraceObservation
    ) {
        let service = spans[index].service
        guard service != 0, parents[index] >= 0, spans[Int(parents[index])].service != service else { return }
        let parent = walk.walk(from: parents[index], service: 0, spans, parents).met
        guard parent >= 0, spans[parent].service != 0, spans[parent].service != service else { return }
        count(.crossings, service, &observation)
    }

    /// P7: a named, unanswered exit is one call to what it names.
    private mutating func observeExit(_ index: Int, _ spans: [TraceSpan], _ observation: inout TraceObservation) {
        guard !marks[index].contains(.answered) else { return }
        let span = spans[index]
        guard span.service != 0 else { return count(.unnamed, 0, &observation) }
        guard !marks[index].contains(.outer) else { return count(.outerExits, span.service, &observation) }
        guard span.peer != 0 else { return count(.unresolvedOutgoing, span.service, &observation) }
        let isDatabase = span.kind == .client && span.flags.contains(.database)
        var edge = EdgeObservation(
            from: span.service, to: span.peer, kind: isDatabase ? .database : .external, in: observation.trace)
        edge.nameSource = span.peerSource
        edge.isError = span.isError
        edge.isMessagingCallee = span.kind == .producer
        edge.destination = span.kind == .producer ? span.destination : 0
        edge.setClient(index, span)
        observation.edges.append(edge)
    }
}
