import SpanModel

/// Plays one trace of the shop: makes its spans and counts what happens while it happens.
///
///     root ─ server ┬ client ─ server ┬ client (database)
///                   │                 └ producer ─ consumer
///                   └ internal ─ client ─ server
struct TraceMaker {
    let plan: ShopPlan
    var random: RandomSource

    private(set) var spans: [WorkloadSpan] = []
    private(set) var calls: [Call] = []
    /// Producer spans whose message waits for a batch.
    private(set) var enqueued: [Enqueued] = []
    private var traceID = TraceID(high: 0, low: 0)
    private var sampling: Int32 = 0

    /// Something that happened between two services.
    struct Call {
        /// Index in the plan.
        var edge: Int
        var isError: Bool
        var isClientOnly: Bool
    }

    struct Enqueued {
        var topic: Int
        var spanID: UInt64
        /// From the producer to the batch's consumer.
        var edge: Int
    }

    init(plan: ShopPlan, random: RandomSource) {
        self.plan = plan
        self.random = random
    }

    /// Plays an operation as a trace of its own, with a new random id.
    mutating func play(operation: Int, sampling: Int, at start: UInt64) {
        spans.removeAll(keepingCapacity: true)
        calls.removeAll(keepingCapacity: true)
        enqueued.removeAll(keepingCapacity: true)
        traceID = TraceID(high: random.next(), low: random.next() | 1)
        self.sampling = Int32(truncatingIfNeeded: sampling)
        _ = serve(operation, parentID: 0, at: start)
    }

    private mutating func serve(
        _ number: Int, parentID: UInt64, at start: UInt64
    ) -> (end: UInt64, isError: Bool) {
        let operation = plan.operations[number]
        let isError = random.chance(operation.errorRate)
        let index = add(operation.shape, parentID, start, isError)
        let spanID = spans[index].spanID
        let work = random.duration(medianMicroseconds: operation.medianMicroseconds, spread: operation.spread)
        var time = start + work / 2
        for step in operation.steps { time = run(step, spanID, at: time) }
        spans[index].endNanoseconds = time + work / 2
        return (spans[index].endNanoseconds, isError)
    }

    /// Runs a step below a span; returns when the caller goes on.
    private mutating func run(_ step: ShopPlan.Step, _ parentID: UInt64, at start: UInt64) -> UInt64 {
        switch step {
        case .call(let shape, let operation, let edge, let retry):
            let first = call(shape, operation, edge, parentID, at: start)
            guard first.isError, random.chance(retry) else { return first.end }
            return call(shape, operation, edge, parentID, at: first.end + 50_000).end
        case .parallel(let steps):
            var end = start
            for step in steps { end = max(end, run(step, parentID, at: start)) }
            return end
        case .local(let shape, let steps):
            let index = add(shape, parentID, start, false)
            var time = start + random.duration(medianMicroseconds: 120, spread: 0.4)
            for step in steps { time = run(step, spans[index].spanID, at: time) }
            spans[index].endNanoseconds = time + 10_000
            return spans[index].endNanoseconds
        case .leaf(let shape, let edge, let medianMicroseconds):
            let isError = random.chance(0.002)
            let index = add(shape, parentID, start, isError)
            spans[index].endNanoseconds = start + random.duration(medianMicroseconds: medianMicroseconds, spread: 0.8)
            count(edge, isError: isError)
            return spans[index].endNanoseconds
        case .publish(let shape, let deliveries):
            return publish(shape, deliveries, parentID, at: start)
        case .enqueue(let shape, let topic, let edge):
            let index = add(shape, parentID, start, false)
            spans[index].endNanoseconds = start + random.duration(medianMicroseconds: 200, spread: 0.5)
            enqueued.append(Enqueued(topic: topic, spanID: spans[index].spanID, edge: edge))
            return spans[index].endNanoseconds
        case .maybe(let probability, let inner):
            return random.chance(probability) ? run(inner, parentID, at: start) : start
        }
    }

    private mutating func call(
        _ shape: Int, _ operation: Int, _ edge: Int, _ parentID: UInt64, at start: UInt64
    ) -> (end: UInt64, isError: Bool) {
        let client = add(shape, parentID, start, false)
        let network = random.duration(medianMicroseconds: 150, spread: 0.3)
        let served = serve(operation, parentID: spans[client].spanID, at: start + network)
        let timedOut = random.chance(0.0015)
        let isError = served.isError || timedOut
        spans[client].isError = isError
        spans[client].endNanoseconds = served.end + network
        count(edge, isError: isError, isClientOnly: timedOut && !served.isError)
        return (served.end + network, isError)
    }

    private mutating func publish(
        _ shape: Int, _ deliveries: [ShopPlan.Delivery], _ parentID: UInt64, at start: UInt64
    ) -> UInt64 {
        let index = add(shape, parentID, start, false)
        spans[index].endNanoseconds = start + random.duration(medianMicroseconds: 250, spread: 0.5)
        let (producer, end) = (spans[index].spanID, spans[index].endNanoseconds)
        for delivery in deliveries {
            let delay = random.duration(medianMicroseconds: 20_000, spread: 1)
            let taken = serve(delivery.operation, parentID: producer, at: end + delay)
            count(delivery.edge, isError: taken.isError)
        }
        return end
    }

    private mutating func count(_ edge: Int, isError: Bool, isClientOnly: Bool = false) {
        calls.append(Call(edge: edge, isError: isError, isClientOnly: isClientOnly))
    }

    private mutating func add(_ shape: Int, _ parentID: UInt64, _ start: UInt64, _ isError: Bool) -> Int {
        spans.append(
            WorkloadSpan(
                traceID: traceID, spanID: random.next() | 1, parentID: parentID, startNanoseconds: start,
                endNanoseconds: start, shape: Int32(truncatingIfNeeded: shape),
                service: Int32(truncatingIfNeeded: plan.shapes[shape].service), sampling: sampling, isError: isError))
        return spans.count - 1
    }
}
