internal import SpanModel

/// How slow each operation is, as each kind of span, hour by hour.
///
/// Durations are kept per hour only; the whole window is their sum.
struct LatencyAnalysis: Analysis {
    /// What an operation, as one kind of span, has once for all hours.
    struct Home: Sendable {
        // What every span changes comes first, side by side.
        var examples = LatencyExamples()
        var estimated = TraceSums()
        var roots: UInt64 = 0
        var estimatedErrors = TraceSums()
        let owner: UInt32
    }

    private(set) var homes: [Home] = []
    private var homeTable = IndexTable()
    private(set) var hours: HourCells<OperationTally>
    /// Of each span of the trace being observed.
    private var places: [HourTable.Place] = []
    /// Traces observed.
    private var traces: UInt64 = 0

    init(settings: AnalysisSettings) { hours = HourCells(keepsHours: settings.keepsHours) }

    /// Operation and kind as one number, in the order of output; operations beyond 2²⁹ cannot be.
    static func owner(_ operation: UInt32, _ kind: SpanKind) -> UInt32 { operation &<< 3 | UInt32(kind.rawValue) }

    mutating func observe(_ observation: TraceObservation) {
        guard observation.trace.isInWindow, !observation.trace.spans.isEmpty else { return }
        let spans = observation.trace.spans
        find(spans)
        addHours(spans)
        addHomes(spans, observation.trace.id)
        hours.trimIfFull()
    }

    /// Looks up all spans first: what is far from the caches is then waited for together, not in turn.
    private mutating func find(_ spans: [TraceSpan]) {
        if places.count < spans.count {
            places = Array(repeating: HourTable.Place(cell: 0, home: 0), count: spans.count)
        }
        var next = 0
        while true {
            next = Self.find(spans, from: next, hours, into: &places)
            guard next < spans.count else { return }
            let owner = Self.owner(spans[next].operation, spans[next].kind)
            hours.append(
                owner, hours.hour(spans[next].startNanoseconds), home: UInt32(truncatingIfNeeded: home(of: owner)))
        }
    }

    /// - Returns: the first span that has no cell yet.
    private static func find(
        _ spans: [TraceSpan], from start: Int, _ hours: HourCells<OperationTally>, into places: inout [HourTable.Place]
    ) -> Int {
        var places = places.mutableSpan
        for index in start..<spans.count {
            let owner = owner(spans[index].operation, spans[index].kind)
            guard let place = hours.find(owner, hours.hour(spans[index].startNanoseconds)) else { return index }
            places[index] = place
        }
        return spans.count
    }

    private mutating func addHours(_ spans: [TraceSpan]) {
        let places = places
        hours.add(spans.count) { index in
            let (duration, isKnown) = spans[index].trustedDuration
            let sample = Sample(
                nanoseconds: isKnown ? duration : 0, weight: spans[index].weight, role: isKnown ? .own : .untimed,
                isError: spans[index].isError)
            return (Int(places[index].cell), sample)
        }
    }

    private mutating func addHomes(_ spans: [TraceSpan], _ trace: TraceID) {
        let mixed = mix64(trace.low)
        traces &+= 1
        let (places, number) = (places, traces)
        var homes = homes.mutableSpan
        for index in spans.indices { homes[Int(places[index].home)].add(spans[index], trace, mixed, number) }
    }

    private mutating func home(of owner: UInt32) -> Int {
        let place = homeTable.place(UInt64(owner), orInsert: homes.count)
        if place == homes.count { homes.append(Home(owner: owner)) }
        return place
    }

    mutating func merge(_ other: LatencyAnalysis) {
        var places: [UInt32] = []
        for theirs in other.homes {
            let place = home(of: theirs.owner)
            places.append(UInt32(place))
            homes[place].merge(theirs)
        }
        hours.merge(other.hours, owners: { $0 }, homes: { places[Int($0)] })
    }

    func encode(into writer: inout VarintWriter) {
        let sorted = hours.final().sorted()
        writer.append(homes.count)
        for home in homes.sorted(by: { $0.owner < $1.owner }) {
            writer.append(home.owner)
            writer.append(home.roots)
            writer.append(home.estimated.sums)
            writer.append(home.estimatedErrors.sums)
            home.examples.encode(into: &writer)
            sorted.encode(home.owner, into: &writer)
        }
    }

    mutating func decode(from reader: inout VarintReader) throws(VarintReader.Failure) {
        for _ in 0..<(try reader.count()) {
            let owner = try reader.number32()
            guard SpanKind(rawValue: UInt8(owner & 7)) != nil else { throw reader.failure("no such kind of span") }
            if let last = homes.last, last.owner >= owner { throw reader.failure("operations are out of order") }
            let place = home(of: owner)
            homes[place].roots = try reader.number()
            homes[place].estimated = TraceSums(try reader.sums())
            homes[place].estimatedErrors = TraceSums(try reader.sums())
            homes[place].examples = try LatencyExamples(decoding: &reader)
            try hours.decode(from: &reader, owner: owner, home: UInt32(place))
        }
    }

    mutating func settle() { hours.settle() }

    var memoryBytes: Int {
        let examples = homes.reduce(0) { $0 + $1.examples.memoryBytes }
        return hours.memoryBytes + homeTable.memoryBytes + homes.capacity * MemoryLayout<Home>.stride + examples
    }
}

extension LatencyAnalysis.Home {
    @inline(__always)
    fileprivate mutating func add(_ span: TraceSpan, _ trace: TraceID, _ mixed: UInt64, _ number: UInt64) {
        if span.state == .root { roots = roots.addingSaturating(1) }
        let duration = span.trustedDuration
        if duration.isKnown { examples.insert(trace, mixed, duration.nanoseconds) }
        estimated.add(span.weight, ofTrace: number)
        guard span.isError else { return }
        examples.insertError(trace)
        estimatedErrors.add(span.weight, ofTrace: number)
    }

    fileprivate mutating func merge(_ other: Self) {
        roots = roots.addingSaturating(other.roots)
        estimated.merge(other.estimated)
        estimatedErrors.merge(other.estimatedErrors)
        examples.merge(other.examples)
    }
}

extension LatencyAnalysis {
    /// By service, operation, kind: owners are ranks.
    func rows(_ names: NameTable) -> [OperationLatency] {
        let sorted = hours.final().sorted()
        return homes.sorted { $0.owner < $1.owner }.map { home in
            let (service, operation) = names.texts(ofOperation: home.owner >> 3)
            let kind = SpanKind(rawValue: UInt8(home.owner & 7)) ?? .unset
            var row = OperationLatency(service: service, operation: operation, kind: kind, roots: home.roots)
            row.estimated = home.estimated.sums
            row.estimatedErrors = home.estimatedErrors.sums
            for cell in sorted[home.owner] {
                row.count = row.count.addingSaturating(cell.value.count)
                row.errors = row.errors.addingSaturating(cell.value.errors)
                row.latency.merge(cell.value.latency)
                guard cell.hour != HourLimit.none else { continue }
                row.hours.append(
                    OperationHour(
                        hour: cell.hour, count: cell.value.count, errors: cell.value.errors,
                        latency: cell.value.latency))
            }
            row.exemplars = home.examples.exemplars(of: row.latency)
            return row
        }
    }

    /// String ids of services that have a span; sorted, each once.
    func services(_ names: NameTable) -> [UInt32] {
        var services: [UInt32] = []
        for operation in Set(homes.map { $0.owner >> 3 }).sorted() {
            let service = names.service(ofOperation: operation)
            if service != 0, services.last != service { services.append(service) }
        }
        return services
    }
}

/// Spans of one operation and kind in one hour.
struct OperationTally: HourValue {
    private(set) var latency = LatencySketch()
    private(set) var count: UInt64 = 0
    private(set) var errors: UInt64 = 0

    init() {}

    mutating func add(_ sample: Sample) {
        count = count.addingSaturating(1)
        if sample.isError { errors = errors.addingSaturating(1) }
        if sample.role == .own { latency.add(sample.nanoseconds, weight: sample.weight) }
    }

    mutating func add(_ samples: Span<PackedSample>, weights: Span<Weight>) {
        let (failed, role) = samples.summary
        count = count.addingSaturating(UInt64(samples.count))
        errors = errors.addingSaturating(failed)
        if role == .own { return latency.add(samples, weights: weights) }
        for index in samples.indices where SampleTag(bits: samples[index].tag).role == .own {
            latency.add(samples[index].nanoseconds, weight: weights[samples[index].weightNumber])
        }
    }

    mutating func merge(_ other: OperationTally) {
        latency.merge(other.latency)
        count = count.addingSaturating(other.count)
        errors = errors.addingSaturating(other.errors)
    }

    func encode(into writer: inout VarintWriter) {
        writer.append(count)
        writer.append(errors)
        latency.encode(into: &writer)
    }

    init(decoding reader: inout VarintReader) throws(VarintReader.Failure) {
        count = try reader.number()
        errors = try reader.number()
        latency = try LatencySketch(decoding: &reader)
        guard errors <= count, latency.count <= count else { throw reader.failure("more errors than spans") }
    }

    var memoryBytes: Int { latency.memoryBytes }
}

extension TraceSpan {
    /// Not known where the record has none, and not to be trusted where it ends before it starts.
    @inline(__always)
    var trustedDuration: (nanoseconds: UInt64, isKnown: Bool) {
        (durationNanoseconds, flags.isDisjoint(with: [.noDuration, .reversedTimes]))
    }
}

extension NameTable {
    /// Zero for an unknown operation.
    func service(ofOperation operation: UInt32) -> UInt32 {
        Int(operation) < operations.count ? operations[Int(operation)].service : 0
    }

    func texts(ofOperation operation: UInt32) -> (service: String, name: String) {
        guard Int(operation) < operations.count else { return ("", "") }
        let pair = operations[Int(operation)]
        return (text(pair.service), text(pair.name))
    }
}
