import SpanModel

/// Plays one trace of the shop: makes its spans and counts what happens while it happens.
///
///     root ─ server ┬ client ─ server ┬ client (database)
///                   │                 └ producer ─ consumer
///                   └ internal ─ client ─ server
struct TraceMaker {
    let shop: Shop
    let serviceIndex: [String: Int]
    var random: RandomSource

    private(set) var spans: [WorkloadSpan] = []
    private(set) var edges: [(key: Truth.EdgeKey, isError: Bool, isClientOnly: Bool)] = []
    /// Producer spans whose message waits for a batch.
    private(set) var enqueued: [(topic: String, spanID: UInt64, service: String, isError: Bool)] = []
    private var traceID = TraceID(high: 0, low: 0)
    private var sampling = Shop.Sampling.always

    init(shop: Shop, serviceIndex: [String: Int], random: RandomSource) {
        self.shop = shop
        self.serviceIndex = serviceIndex
        self.random = random
    }

    /// Starts a trace over, with a new random id.
    mutating func begin(sampling: Shop.Sampling) -> TraceID {
        spans.removeAll(keepingCapacity: true)
        edges.removeAll(keepingCapacity: true)
        enqueued.removeAll(keepingCapacity: true)
        traceID = TraceID(high: random.next(), low: random.next() | 1)
        self.sampling = sampling
        return traceID
    }

    /// A trace that a user or a clock begins.
    mutating func play(_ root: Shop.Root, at start: UInt64) {
        let kind: SpanKind = root.service == "scheduler" ? .internal : .server
        _ = serve(root.service, root.operation, kind: kind, parentID: 0, at: start, isRoot: true)
    }

    /// A batch consumer's trace, linked to the messages it takes.
    mutating func playBatch(
        _ consumer: (service: String, operation: String, size: Int), topic: String, at start: UInt64,
        links: [(traceID: TraceID, spanID: UInt64)]
    ) {
        _ = serve(
            consumer.service, consumer.operation, kind: .consumer, parentID: 0, at: start, isRoot: true, topic: topic)
        spans[0].links = links
    }

    /// Whether the batch consumer's own span failed.
    var isRootError: Bool { spans.first?.isError ?? false }

    private mutating func serve(
        _ service: String, _ name: String, kind: SpanKind, parentID: UInt64, at start: UInt64, isRoot: Bool = false,
        topic: String? = nil
    ) -> (end: UInt64, isError: Bool) {
        guard let operation = shop.services[service]?.first(where: { $0.name == name }) else { return (start, false) }
        let isError = random.chance(operation.errorRate)
        let peer: WorkloadSpan.Peer =
            topic.map { .topic($0) } ?? (kind == .server ? .http(status: isError ? 500 : 200) : .none)
        let index = add(service, name, kind, parentID, start, isError, peer, isRoot: isRoot)
        let spanID = spans[index].spanID
        let work = random.duration(medianMicroseconds: operation.medianMicroseconds, spread: operation.spread)
        var time = start + work / 2
        for step in operation.steps { time = run(step, service, spanID, at: time) }
        spans[index].endNanoseconds = time + work / 2
        return (spans[index].endNanoseconds, isError)
    }

    /// Runs a step below a span of a service; returns when the caller goes on.
    private mutating func run(_ step: Shop.Step, _ service: String, _ parentID: UInt64, at start: UInt64) -> UInt64 {
        switch step {
        case .call(let callee, let name, let retry):
            let first = call(callee, name, from: service, parentID, at: start)
            guard first.isError, random.chance(retry) else { return first.end }
            return call(callee, name, from: service, parentID, at: first.end + 50_000).end
        case .parallel(let steps):
            return steps.map { run($0, service, parentID, at: start) }.max() ?? start
        case .local(let name, let steps):
            let index = add(service, name, .internal, parentID, start, false, .none)
            var time = start + random.duration(medianMicroseconds: 120, spread: 0.4)
            for inner in steps { time = run(inner, service, spans[index].spanID, at: time) }
            spans[index].endNanoseconds = time + 10_000
            return spans[index].endNanoseconds
        case .database(let system, let name, let verb):
            let callee = name.isEmpty ? "\(system).shop.internal:6379" : name
            return leaf(
                verb, service, parentID, start, .database(system: system, name: name, verb: verb), callee, .database,
                350)
        case .external(let host, let port):
            return leaf("POST", service, parentID, start, .host(host, port: port), "\(host):\(port)", .external, 6000)
        case .publish(let topic, let consumers):
            return publish(topic, consumers, service, parentID, at: start)
        case .enqueue(let topic):
            let index = add(service, "\(topic) send", .producer, parentID, start, false, .topic(topic))
            spans[index].endNanoseconds = start + random.duration(medianMicroseconds: 200, spread: 0.5)
            enqueued.append((topic, spans[index].spanID, service, false))
            return spans[index].endNanoseconds
        case .maybe(let probability, let inner):
            return random.chance(probability) ? run(inner, service, parentID, at: start) : start
        }
    }

    private mutating func call(
        _ callee: String, _ name: String, from caller: String, _ parentID: UInt64, at start: UInt64
    ) -> (end: UInt64, isError: Bool) {
        let client = add(caller, name, .client, parentID, start, false, .host("\(callee).shop.internal", port: 8080))
        let network = random.duration(medianMicroseconds: 150, spread: 0.3)
        let served = serve(callee, name, kind: .server, parentID: spans[client].spanID, at: start + network)
        let timedOut = random.chance(0.0015)
        spans[client].isError = served.isError || timedOut
        spans[client].endNanoseconds = served.end + network
        count(caller, callee, .call, isError: served.isError || timedOut, isClientOnly: timedOut && !served.isError)
        return (spans[client].endNanoseconds, spans[client].isError)
    }

    private mutating func leaf(
        _ name: String, _ service: String, _ parentID: UInt64, _ start: UInt64, _ peer: WorkloadSpan.Peer,
        _ callee: String, _ kind: Edge.Kind, _ medianMicroseconds: Double
    ) -> UInt64 {
        let isError = random.chance(0.002)
        let index = add(service, name, .client, parentID, start, isError, peer)
        spans[index].endNanoseconds = start + random.duration(medianMicroseconds: medianMicroseconds, spread: 0.8)
        count(service, callee, kind, isError: isError)
        return spans[index].endNanoseconds
    }

    private mutating func publish(
        _ topic: String, _ consumers: [String], _ service: String, _ parentID: UInt64, at start: UInt64
    ) -> UInt64 {
        let index = add(service, "\(topic) send", .producer, parentID, start, false, .topic(topic))
        spans[index].endNanoseconds = start + random.duration(medianMicroseconds: 250, spread: 0.5)
        let (producer, end) = (spans[index].spanID, spans[index].endNanoseconds)
        for consumer in consumers {
            let delay = random.duration(medianMicroseconds: 20_000, spread: 1)
            let taken = serve(
                consumer, "\(topic) process", kind: .consumer, parentID: producer, at: end + delay, topic: topic)
            count(service, consumer, .message, isError: taken.isError)
        }
        return end
    }

    private mutating func count(
        _ caller: String, _ callee: String, _ kind: Edge.Kind, isError: Bool, isClientOnly: Bool = false
    ) {
        edges.append((Truth.EdgeKey(caller: caller, callee: callee, kind: kind), isError, isClientOnly))
    }

    private mutating func add(
        _ service: String, _ name: String, _ kind: SpanKind, _ parentID: UInt64, _ start: UInt64, _ isError: Bool,
        _ peer: WorkloadSpan.Peer, isRoot: Bool = false
    ) -> Int {
        spans.append(
            WorkloadSpan(
                traceID: traceID, spanID: random.next() | 1, parentID: parentID, startNanoseconds: start,
                endNanoseconds: start, service: serviceIndex[service] ?? 0, name: name, kind: kind, isError: isError,
                peer: peer, sampling: sampling, isRoot: isRoot))
        return spans.count - 1
    }
}
