import SpanModel

/// The shop with every name a number, so that a day of it can be played without looking anything up.
struct ShopPlan: Sendable {
    /// A step; numbers are indices into the plan.
    enum Step: Sendable {
        case call(shape: Int, operation: Int, edge: Int, retry: Double)
        case parallel([Step])
        case local(shape: Int, [Step])
        case leaf(shape: Int, edge: Int, medianMicroseconds: Double)
        case publish(shape: Int, [Delivery])
        case enqueue(shape: Int, topic: Int, edge: Int)
        indirect case maybe(Double, Step)
    }

    /// A consumer that takes a published message at once.
    struct Delivery: Sendable {
        var operation: Int
        var edge: Int
    }

    struct Operation: Sendable {
        var shape: Int
        var medianMicroseconds: Double
        var spread: Double
        var errorRate: Double
        var steps: [Step]
    }

    struct Root: Sendable {
        var operation: Int
        var share: Double
        var sampling: Int
    }

    /// Takes the queued messages of a topic.
    struct Batch: Sendable {
        var operation: Int
        var size: Int
        var sampling: Int
    }

    var services: [String]
    var shapes: [SpanShape] = []
    var operations: [Operation] = []
    var edges: [Truth.EdgeKey] = []
    var samplings: [Shop.Sampling] = []
    var roots: [Root] = []
    /// By topic.
    var batches: [Batch] = []

    /// - Parameter samples: off: every trace is kept, without evidence of any probability.
    init(_ shop: Shop, samples: Bool) {
        var planner = ShopPlanner(shop: shop, samples: samples)
        planner.planRoots()
        planner.planBatches()
        self = planner.plan
    }

    fileprivate init(services: [String]) { self.services = services }
}

/// Numbers a shop's names.
private struct ShopPlanner {
    let shop: Shop
    let samples: Bool
    let topics: [String]
    let serviceIndex: [String: Int]
    var plan: ShopPlan
    var shapeIndex: [SpanShape: Int] = [:]
    var edgeIndex: [Truth.EdgeKey: Int] = [:]
    /// By the shape of the entry span.
    var operationIndex: [Int: Int] = [:]

    init(shop: Shop, samples: Bool) {
        self.shop = shop
        self.samples = samples
        let services = shop.services.keys.sorted()
        serviceIndex = Dictionary(uniqueKeysWithValues: services.enumerated().map { ($1, $0) })
        topics = shop.batchConsumers.keys.sorted()
        plan = ShopPlan(services: services)
    }

    mutating func planRoots() {
        for root in shop.roots {
            let sampling = samples ? root.sampling : .silent(1)
            var parameter: Double?
            if case .tagged(let probability) = sampling { parameter = probability }
            let entry = SpanShape(
                service: index(root.service), name: root.operation,
                kind: root.service == "scheduler" ? .internal : .server,
                peer: root.service == "scheduler" ? .none : .http, isRoot: true, samplerParameter: parameter)
            guard let operation = operation(entry, root.operation) else { continue }
            plan.roots.append(.init(operation: operation, share: root.share, sampling: add(sampling)))
        }
    }

    mutating func planBatches() {
        for topic in topics {
            guard let consumer = shop.batchConsumers[topic] else { continue }
            let entry = SpanShape(
                service: index(consumer.service), name: consumer.operation, kind: .consumer, peer: .topic(topic),
                isRoot: true)
            guard let operation = operation(entry, consumer.operation) else { continue }
            plan.batches.append(
                .init(operation: operation, size: consumer.size, sampling: add(samples ? .always : .silent(1))))
        }
    }

    private func index(_ service: String) -> Int { serviceIndex[service] ?? 0 }

    private mutating func add(_ sampling: Shop.Sampling) -> Int {
        plan.samplings.append(sampling)
        return plan.samplings.count - 1
    }

    private mutating func shape(_ shape: SpanShape) -> Int {
        if let known = shapeIndex[shape] { return known }
        plan.shapes.append(shape)
        shapeIndex[shape] = plan.shapes.count - 1
        return plan.shapes.count - 1
    }

    private mutating func edge(_ caller: Int, _ callee: String, _ kind: Edge.Kind) -> Int {
        let key = Truth.EdgeKey(caller: plan.services[caller], callee: callee, kind: kind)
        if let known = edgeIndex[key] { return known }
        plan.edges.append(key)
        edgeIndex[key] = plan.edges.count - 1
        return plan.edges.count - 1
    }

    /// The operation that begins with this entry span; nil when the shop has none.
    private mutating func operation(_ entry: SpanShape, _ name: String) -> Int? {
        let found = shop.services[plan.services[entry.service]]?.first { $0.name == name }
        guard let found else { return nil }
        let shape = shape(entry)
        if let known = operationIndex[shape] { return known }
        let index = plan.operations.count
        operationIndex[shape] = index
        plan.operations.append(
            .init(
                shape: shape, medianMicroseconds: found.medianMicroseconds, spread: found.spread,
                errorRate: found.errorRate, steps: []))
        plan.operations[index].steps = steps(found.steps, entry.service)
        return index
    }

    private mutating func steps(_ steps: [Shop.Step], _ service: Int) -> [ShopPlan.Step] {
        var planned: [ShopPlan.Step] = []
        for step in steps {
            if let step = self.step(step, service) { planned.append(step) }
        }
        return planned
    }

    private mutating func step(_ step: Shop.Step, _ service: Int) -> ShopPlan.Step? {
        switch step {
        case .call(let callee, let name, let retry):
            return call(callee, name, retry, service)
        case .parallel(let inner):
            return .parallel(steps(inner, service))
        case .local(let name, let inner):
            let shape = shape(SpanShape(service: service, name: name, kind: .internal, peer: .none))
            return .local(shape: shape, steps(inner, service))
        case .database(let system, let name, let verb):
            let callee = name.isEmpty ? "\(system).shop.internal:6379" : name
            let peer = SpanShape.Peer.database(system: system, name: name, verb: verb)
            return leaf(verb, peer, callee, .database, 350, service)
        case .external(let host, let port):
            return leaf("POST", .host(host, port: port), "\(host):\(port)", .external, 6000, service)
        case .publish(let topic, let consumers):
            return publish(topic, consumers, service)
        case .enqueue(let topic):
            guard let index = topics.firstIndex(of: topic), let consumer = shop.batchConsumers[topic] else {
                return nil
            }
            return .enqueue(
                shape: producer(topic, service), topic: index, edge: edge(service, consumer.service, .link))
        case .maybe(let probability, let inner):
            return self.step(inner, service).map { .maybe(probability, $0) }
        }
    }

    private mutating func call(_ callee: String, _ name: String, _ retry: Double, _ service: Int) -> ShopPlan.Step? {
        let entry = SpanShape(service: index(callee), name: name, kind: .server, peer: .http)
        guard let operation = operation(entry, name) else { return nil }
        let exit = SpanShape(
            service: service, name: name, kind: .client, peer: .host("\(callee).shop.internal", port: 8080))
        return .call(shape: shape(exit), operation: operation, edge: edge(service, callee, .call), retry: retry)
    }

    private mutating func leaf(
        _ name: String, _ peer: SpanShape.Peer, _ callee: String, _ kind: Edge.Kind, _ medianMicroseconds: Double,
        _ service: Int
    ) -> ShopPlan.Step {
        let exit = SpanShape(service: service, name: name, kind: .client, peer: peer)
        return .leaf(
            shape: shape(exit), edge: edge(service, callee, kind), medianMicroseconds: medianMicroseconds)
    }

    private mutating func producer(_ topic: String, _ service: Int) -> Int {
        shape(SpanShape(service: service, name: "\(topic) send", kind: .producer, peer: .topic(topic)))
    }

    private mutating func publish(_ topic: String, _ consumers: [String], _ service: Int) -> ShopPlan.Step {
        var deliveries: [ShopPlan.Delivery] = []
        for consumer in consumers {
            let name = "\(topic) process"
            let entry = SpanShape(service: index(consumer), name: name, kind: .consumer, peer: .topic(topic))
            guard let operation = operation(entry, name) else { continue }
            deliveries.append(.init(operation: operation, edge: edge(service, consumer, .message)))
        }
        return .publish(shape: producer(topic, service), deliveries)
    }
}
