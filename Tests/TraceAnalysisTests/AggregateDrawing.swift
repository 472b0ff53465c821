import SpanModel

@testable import TraceAnalysis

/// Draws what a rule set says of one trace.
///
///     let one = drawn(trace: 7) {
///         $0.span("api", "GET /", .server, at: 10, for: 300, .root)
///         $0.call("api", "db", .database, client: 120)
///     }
struct AggregateDrawing {
    var observation = TraceObservation()
    let world: AggregateWorld

    static let hour = Nanoseconds.hour
    /// The hour in which drawings begin: 2026-01-01T00.
    static let firstHour: UInt64 = 490_896

    /// - Parameter start: nanoseconds since the first hour.
    mutating func span(
        _ service: String, _ operation: String, _ kind: SpanKind, at start: UInt64, for duration: UInt64,
        _ state: TraceSpan.ParentState = .child, flags: SpanFlags = [], weight: Weight? = nil
    ) {
        let begin = Self.firstHour * Self.hour + start
        observation.trace.spans.append(
            TraceSpan(
                spanID: UInt64(observation.trace.spans.count + 1), parentID: 0, startNanoseconds: begin,
                endNanoseconds: begin + duration, weight: weight ?? observation.trace.weight,
                operation: world.operation(service, operation), service: world.string(service), peer: 0,
                destination: 0, archiveBytes: 100, flags: flags, kind: kind, peerSource: .none, state: state))
        observation.trace.parents.append(-1)
        let known = observation.trace.startNanoseconds
        observation.trace.startNanoseconds = known == 0 ? begin : min(known, begin)
        observation.trace.records += 1
    }

    mutating func call(
        _ caller: String, _ callee: String, _ kind: Edge.Kind, client: UInt64? = nil, server: UInt64? = nil,
        at start: UInt64 = 0, source: NameSource = .none, isError: Bool = false, isClientOnlyError: Bool = false,
        destination: String = "", isMessagingCallee: Bool = false, exemplar: TraceID? = nil,
        weight: Weight? = .one
    ) {
        observation.edges.append(
            EdgeObservation(
                caller: world.string(caller), callee: world.string(callee), kind: kind, nameSource: source,
                isError: isError, isClientOnlyError: isClientOnlyError, client: client == nil ? -1 : 0,
                server: server == nil ? -1 : 0, clientNanoseconds: client, serverNanoseconds: server,
                startNanoseconds: Self.firstHour * Self.hour + start, destination: world.string(destination),
                callerOperation: 0, calleeOperation: 0, isMessagingCallee: isMessagingCallee,
                exemplar: exemplar ?? observation.trace.id, weight: weight))
    }

    mutating func finding(_ reason: Finding.Reason, _ service: String, _ count: UInt64 = 1) {
        observation.findings.append((reason, world.string(service), count))
    }
}

/// Final names of a few services; ids are ranks.
struct AggregateWorld: Sendable {
    static let services = ["api", "billing", "cart", "db", "host:80", "mail", "topic-a", "topic-b", "web"]
    static let operations = ["", "GET /", "GET /x", "POST /", "consume", "run"]

    let names: NameTable

    init(services: [String] = Self.services) {
        var names = NameTable(seed: 1)
        // Ranks in byte order: upper-case letters before lower-case ones.
        for name in (services + Self.operations).sorted() { _ = names.string(name) }
        for service in services {
            for operation in Self.operations {
                _ = names.operation(service: names.string(service), name: names.string(operation))
            }
        }
        self.names = names
    }

    func string(_ text: String) -> UInt32 {
        var names = names
        return names.string(text)
    }

    func operation(_ service: String, _ name: String) -> UInt32 {
        var names = names
        return names.operation(service: names.string(service), name: names.string(name))
    }

    func drawn(
        trace low: UInt64, weight: Weight = .one, evidence: WeightEvidence = .none, isInWindow: Bool = true,
        _ draw: (inout AggregateDrawing) -> Void
    ) -> TraceObservation {
        var drawing = AggregateDrawing(world: self)
        drawing.observation.trace.id = TraceID(high: 0, low: low)
        drawing.observation.trace.weight = weight
        drawing.observation.trace.evidence = evidence
        drawing.observation.trace.isInWindow = isInWindow
        draw(&drawing)
        return drawing.observation
    }

    func report(_ observations: [TraceObservation], settings: AnalysisSettings = AnalysisSettings()) -> Report {
        var aggregate = Aggregate(settings: settings)
        for observation in observations { aggregate.observe(observation) }
        let window = aggregate.enclosingHours ?? Window(startNanoseconds: 0, endNanoseconds: 0)
        return aggregate.report(names: names, settings: settings, window: window)
    }

    /// Any trace: odd times, weights, kinds and edges included.
    func random(_ generator: inout some RandomNumberGenerator) -> TraceObservation {
        let weights = [Weight.one, Weight(units: 10 << 20), Weight(units: 0), .maximum]
        let weight = weights.randomElement(using: &generator) ?? .one
        let low = UInt64.random(in: 1..<500, using: &generator)
        var observation = drawn(
            trace: low, weight: weight, evidence: WeightEvidence.allCases.randomElement(using: &generator) ?? .none,
            isInWindow: Int.random(in: 0..<10, using: &generator) > 0
        ) { drawing in
            for index in 0..<Int.random(in: 0..<12, using: &generator) {
                drawing.span(
                    Self.services.randomElement(using: &generator) ?? "",
                    Self.operations.randomElement(using: &generator) ?? "",
                    SpanKind.allCases.randomElement(using: &generator) ?? .unset,
                    at: .random(in: 0..<3 * Nanoseconds.hour, using: &generator),
                    for: 1 << UInt64.random(in: 0..<40, using: &generator), index == 0 ? .root : .child,
                    flags: SpanFlags(rawValue: .random(in: 0..<1024, using: &generator)),
                    weight: Int.random(in: 0..<5, using: &generator) == 0
                        ? weights.randomElement(using: &generator) : nil)
            }
            for _ in 0..<Int.random(in: 0..<8, using: &generator) {
                drawing.call(
                    Self.services.randomElement(using: &generator) ?? "",
                    Self.services.randomElement(using: &generator) ?? "",
                    Edge.Kind.allCases.randomElement(using: &generator) ?? .call,
                    client: Bool.random(using: &generator) ? .random(in: 0..<1_000_000, using: &generator) : nil,
                    server: Bool.random(using: &generator) ? .random(in: 0..<1_000_000, using: &generator) : nil,
                    at: .random(in: 0..<3 * Nanoseconds.hour, using: &generator),
                    source: NameSource.allCases.randomElement(using: &generator) ?? .none,
                    isError: Bool.random(using: &generator),
                    destination: Self.services.randomElement(using: &generator) ?? "",
                    isMessagingCallee: Bool.random(using: &generator), weight: weights.randomElement(using: &generator))
            }
            for _ in 0..<Int.random(in: 0..<3, using: &generator) {
                drawing.finding(
                    Finding.Reason.allCases.randomElement(using: &generator) ?? .cycles,
                    Self.services.randomElement(using: &generator) ?? "", .random(in: 0..<4, using: &generator))
            }
        }
        if !observation.trace.spans.isEmpty { observation.entryCalls = [0] }
        if Int.random(in: 0..<20, using: &generator) == 0 {
            for index in observation.trace.spans.indices { observation.trace.spans[index].startNanoseconds = 0 }
            observation.trace.startNanoseconds = 0
        }
        return observation
    }
}

/// SplitMix64: the same traces in every run.
struct SeededTraces: RandomNumberGenerator {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return mix64(state)
    }
}
