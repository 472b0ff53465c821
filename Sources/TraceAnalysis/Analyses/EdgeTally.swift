internal import SpanModel

/// What an edge has once for all hours.
struct EdgeTally: Sendable {
    /// Topics and queues kept per edge, least names first.
    static let maximumDestinations = 64

    let key: EdgeKey
    /// As the caller saw it, of calls whose callee was seen; what else there is, is kept by hour.
    private(set) var client = LatencySketch()
    /// String ids, sorted.
    private(set) var destinations: [UInt32] = []
    private(set) var errors: UInt64 = 0
    private(set) var clientOnlyErrors: UInt64 = 0
    // What every call changes, side by side.
    private(set) var calls: UInt64 = 0
    /// The source that comes first: both ends seen, then an attribute, then `inferred`.
    private var sourceRank = UInt8.max
    private var traits: Traits = []
    private(set) var exemplars = LeastTraces()
    private var sums = TraceSums()

    private struct Traits: OptionSet {
        var rawValue: UInt8
        /// The callee of some call is a topic or queue.
        static let messagingCallee = Traits(rawValue: 1)
        /// The callee of some call is not.
        static let otherCallee = Traits(rawValue: 2)
        /// Some call has no weight at all.
        static let unestimated = Traits(rawValue: 4)
    }

    init(key: EdgeKey) { self.key = key }

    /// Adds one call of a trace, but for its duration.
    ///
    /// - Parameter trace: see `TraceSums`.
    @inline(__always)
    mutating func add(_ edge: EdgeObservation, ofTrace trace: UInt64) {
        calls = calls.addingSaturating(1)
        if edge.isError { errors = errors.addingSaturating(1) }
        if edge.isClientOnlyError { clientOnlyErrors = clientOnlyErrors.addingSaturating(1) }
        sourceRank = min(sourceRank, edge.nameSource.rawValue &+ 1)
        traits.insert(edge.isMessagingCallee ? .messagingCallee : .otherCallee)
        exemplars.insert(edge.exemplar)
        if edge.destination != 0 { insert(destination: edge.destination) }
        guard let weight = edge.weight else {
            traits.insert(.unestimated)
            return
        }
        sums.add(weight, ofTrace: trace)
    }

    private mutating func insert(destination: UInt32) {
        let place = destinations.firstIndex { $0 >= destination } ?? destinations.count
        if place < destinations.count, destinations[place] == destination { return }
        guard place < Self.maximumDestinations else { return }
        destinations.insert(destination, at: place)
        if destinations.count > Self.maximumDestinations { destinations.removeLast() }
    }

    mutating func merge(_ other: EdgeTally) {
        client.merge(other.client)
        sums.merge(other.sums)
        exemplars.merge(other.exemplars)
        for destination in other.destinations { insert(destination: destination) }
        calls = calls.addingSaturating(other.calls)
        errors = errors.addingSaturating(other.errors)
        clientOnlyErrors = clientOnlyErrors.addingSaturating(other.clientOnlyErrors)
        sourceRank = min(sourceRank, other.sourceRank)
        traits.formUnion(other.traits)
    }

    var nameSource: NameSource { NameSource(rawValue: sourceRank &- 1) ?? .none }

    /// Nil for links, and where a call without a weight is among them.
    var estimated: WeightedSums? { key.edgeKind == .link || traits.contains(.unestimated) ? nil : sums.sums }

    /// What the callee is, unless it is a service: the kinds are those of `linking.md` P7.
    var calleeKind: Node.Kind {
        switch key.edgeKind {
        case .database: .database
        case .external: traits.contains(.messagingCallee) ? .messaging : .external
        case .call, .link, .message: traits.contains(.otherCallee) ? .service : .messaging
        }
    }

    func encode(into writer: inout VarintWriter) {
        key.encode(into: &writer)
        writer.append(calls)
        writer.append(errors)
        writer.append(clientOnlyErrors)
        writer.append(UInt64(sourceRank))
        writer.append(UInt64(traits.rawValue))
        writer.append(sums.sums)
        writer.append(destinations.count)
        for destination in destinations { writer.append(destination) }
        exemplars.encode(into: &writer)
        client.encode(into: &writer)
    }

    init(decoding reader: inout VarintReader) throws(VarintReader.Failure) {
        key = try EdgeKey(decoding: &reader)
        calls = try reader.number()
        errors = try reader.number()
        clientOnlyErrors = try reader.number()
        sourceRank = UInt8(clamping: try reader.number())
        traits = Traits(rawValue: UInt8(clamping: try reader.number()))
        sums = TraceSums(try reader.sums())
        for _ in 0..<(try reader.count()) {
            let destination = try reader.number32()
            if let last = destinations.last, last >= destination { throw reader.failure("names are out of order") }
            destinations.append(destination)
        }
        exemplars = try LeastTraces(decoding: &reader)
        client = try LatencySketch(decoding: &reader)
        guard calls > 0, max(errors, clientOnlyErrors, client.count) <= calls,
            NameSource(rawValue: sourceRank &- 1) != nil, traits.rawValue < 8,
            destinations.count <= Self.maximumDestinations
        else { throw reader.failure("the parts of an edge contradict each other") }
    }

    var memoryBytes: Int {
        client.memoryBytes + 4 * destinations.capacity + 32
    }
}

/// Durations as the caller saw them, of calls whose callee was seen.
extension EdgeTally: SampledValue {
    mutating func add(_ sample: Sample) { client.add(sample.nanoseconds, weight: sample.weight) }

    mutating func add(_ samples: Span<PackedSample>, weights: Span<Weight>) { client.add(samples, weights: weights) }
}

/// Calls of one edge in one hour.
struct CallTally: HourValue {
    /// As the callee saw it.
    private(set) var server = LatencySketch()
    /// As the caller saw it where no callee was seen.
    private(set) var loneClient = LatencySketch()
    private(set) var count: UInt64 = 0
    private(set) var errors: UInt64 = 0

    init() {}

    mutating func add(_ sample: Sample) {
        count = count.addingSaturating(1)
        if sample.isError { errors = errors.addingSaturating(1) }
        add(sample.nanoseconds, sample.weight, sample.role)
    }

    mutating func add(_ samples: Span<PackedSample>, weights: Span<Weight>) {
        let (failed, role) = samples.summary
        count = count.addingSaturating(UInt64(samples.count))
        errors = errors.addingSaturating(failed)
        switch role {
        case .untimed: return
        case .own: server.add(samples, weights: weights)
        case .caller: loneClient.add(samples, weights: weights)
        case nil:
            for index in samples.indices {
                let sample = samples[index]
                add(sample.nanoseconds, weights[sample.weightNumber], SampleTag(bits: sample.tag).role)
            }
        }
    }

    private mutating func add(_ nanoseconds: UInt64, _ weight: Weight, _ role: SampleRole) {
        switch role {
        case .untimed: return
        case .own: server.add(nanoseconds, weight: weight)
        case .caller: loneClient.add(nanoseconds, weight: weight)
        }
    }

    /// Of all calls: the callee's view, else the caller's.
    var latency: LatencySketch {
        var latency = server
        latency.merge(loneClient)
        return latency
    }

    mutating func merge(_ other: CallTally) {
        server.merge(other.server)
        loneClient.merge(other.loneClient)
        count = count.addingSaturating(other.count)
        errors = errors.addingSaturating(other.errors)
    }

    func encode(into writer: inout VarintWriter) {
        writer.append(count)
        writer.append(errors)
        server.encode(into: &writer)
        loneClient.encode(into: &writer)
    }

    init(decoding reader: inout VarintReader) throws(VarintReader.Failure) {
        count = try reader.number()
        errors = try reader.number()
        server = try LatencySketch(decoding: &reader)
        loneClient = try LatencySketch(decoding: &reader)
        guard errors <= count, server.count.addingSaturating(loneClient.count) <= count else {
            throw reader.failure("more errors than calls")
        }
    }

    var memoryBytes: Int { server.memoryBytes + loneClient.memoryBytes }
}

extension EdgeObservation {
    /// Whether the called half was seen, in this trace or another.
    @inline(__always)
    var hasCallee: Bool { server >= 0 || serverNanoseconds != nil }

    /// The call as the callee saw it, else as the caller did.
    @inline(__always)
    var callSample: Sample {
        let role: SampleRole =
            serverNanoseconds != nil ? .own : hasCallee || clientNanoseconds == nil ? .untimed : .caller
        let nanoseconds = role == .untimed ? 0 : serverNanoseconds ?? clientNanoseconds ?? 0
        return Sample(nanoseconds: nanoseconds, weight: weight ?? .one, role: role, isError: isError)
    }

    /// The call as the caller saw it; nil where the callee did not, or no duration is known.
    @inline(__always)
    var clientSample: Sample? {
        guard hasCallee, let clientNanoseconds else { return nil }
        return Sample(nanoseconds: clientNanoseconds, weight: weight ?? .one, role: .caller, isError: false)
    }
}
