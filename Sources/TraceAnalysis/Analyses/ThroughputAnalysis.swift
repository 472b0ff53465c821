internal import SpanModel

/// Traces by the operation they began with, hour by hour: what the choice of probabilities needs.
///
/// Every root of a trace counts as one; the spans and bytes of the trace belong to its first.
struct ThroughputAnalysis: Analysis {
    private var hours = HourCells<RootTally>(keepsHours: true)

    init(settings: AnalysisSettings) {}

    mutating func observe(_ observation: TraceObservation) {
        guard observation.trace.isInWindow else { return }
        let spans = observation.trace.spans
        var first: Int?
        var bytes: UInt64 = 0
        for index in spans.indices {
            bytes &+= UInt64(spans[index].archiveBytes)
            guard spans[index].state == .root else { continue }
            let start = spans[index].startNanoseconds
            let known = start == 0 ? observation.trace.startNanoseconds : start
            // A trace without any time counts in the first hour: there are no traces without an hour.
            let place = hours.place(spans[index].operation, at: max(known, 1))
            var evidence = spans[index].flags.evidence
            if evidence == .none { evidence = observation.trace.evidence }
            hours.cells[place].value.add(spans[index], at: known, evidence)
            if first == nil { first = place }
        }
        guard let first else { return }
        hours.cells[first].value.add(spans: UInt64(spans.count), bytes: bytes)
        hours.trimIfFull()
    }

    mutating func merge(_ other: ThroughputAnalysis) {
        hours.merge(other.hours, owners: { $0 }, homes: { $0 })
    }

    func encode(into writer: inout VarintWriter) {
        let sorted = hours.final().sorted()
        let owners = sorted.owners
        writer.append(owners.count)
        for owner in owners {
            writer.append(owner)
            sorted.encode(owner, into: &writer)
        }
    }

    mutating func decode(from reader: inout VarintReader) throws(VarintReader.Failure) {
        var before: UInt32?
        for _ in 0..<(try reader.count()) {
            let owner = try reader.number32()
            if let before, owner <= before { throw reader.failure("operations are out of order") }
            before = owner
            try hours.decode(from: &reader, owner: owner, home: HourCells<RootTally>.unset)
        }
    }

    var memoryBytes: Int { hours.memoryBytes }

    /// By service, operation, hour. What lies beyond the kept hours stands at the first of them.
    func rows(_ names: NameTable) -> [RootThroughput] {
        hours.final().sorted().cells.map { cell in
            let (service, operation) = names.texts(ofOperation: cell.owner)
            let isBeyond = cell.hour == HourLimit.none
            let hour = isBeyond ? cell.value.firstSeenNanoseconds / Nanoseconds.hour : UInt64(cell.hour)
            return cell.value.row(service, operation, UInt32(truncatingIfNeeded: hour))
        }
    }
}

extension ThroughputAnalysis {
    /// By service and operation: where the weights of its roots came from, and the probability that shows.
    ///
    /// - Parameter inferred: by operation id, what its trace ids say.
    func evidence(_ names: NameTable, inferred: [UInt32: InferredProbability]) -> [RootEvidence] {
        let sorted = hours.sorted()
        return sorted.owners.map { owner in
            let (service, operation) = names.texts(ofOperation: owner)
            var row = RootEvidence(service: service, operation: operation)
            var (told, units) = (UInt64(0), UInt128(0))
            for cell in sorted[owner] {
                row.traces.merge(cell.value.evidences)
                told = told.addingSaturating(cell.value.told)
                units = units.addingSaturating(cell.value.toldUnits)
            }
            row.told = told == 0 ? nil : min(Double(told) * 1_048_576 / Double(units), 1)
            row.inferred = inferred[owner]
            return row
        }
    }
}

/// Roots of one operation in one hour.
struct RootTally: HourValue {
    private var latency = LatencySketch()
    private var estimated = WeightedSums()
    private var logSum: UInt128 = 0
    private var logSquareSum: UInt128 = 0
    private(set) var roots: UInt64 = 0
    private var uncounted: UInt64 = 0
    private var spans: UInt64 = 0
    private var bytes: UInt64 = 0
    private var errors: UInt64 = 0
    private var durations: UInt64 = 0
    private(set) var firstSeenNanoseconds: UInt64 = .max
    private var lastSeenNanoseconds: UInt64 = 0
    private(set) var evidences = EvidenceCounts()
    /// Roots that weigh something by what their archive says, and their weights.
    private(set) var told: UInt64 = 0
    private(set) var toldUnits: UInt128 = 0

    init() {}

    /// Adds a root that began at a time; zero: unknown.
    mutating func add(_ span: TraceSpan, at nanoseconds: UInt64, _ evidence: WeightEvidence) {
        roots = roots.addingSaturating(1)
        if span.weight.units == 0 { uncounted = uncounted.addingSaturating(1) }
        if span.isError { errors = errors.addingSaturating(1) }
        evidences.add(evidence)
        if evidence.isTold, span.weight.units > 0 {
            told = told.addingSaturating(1)
            toldUnits = toldUnits.addingSaturating(UInt128(span.weight.units))
        }
        estimated.add(1, totalUnits: span.weight.units)
        if nanoseconds > 0 {
            firstSeenNanoseconds = min(firstSeenNanoseconds, nanoseconds)
            lastSeenNanoseconds = max(lastSeenNanoseconds, nanoseconds)
        }
        let (duration, isKnown) = span.trustedDuration
        guard isKnown else { return }
        latency.add(duration, weight: span.weight)
        guard duration > 0 else { return }
        let logarithm = UInt128(FixedPoint.binaryLogarithm(duration))
        durations = durations.addingSaturating(1)
        logSum = logSum.addingSaturating(logarithm)
        logSquareSum = logSquareSum.addingSaturating(logarithm * logarithm)
    }

    /// Adds the size of a trace.
    mutating func add(spans: UInt64, bytes: UInt64) {
        self.spans = self.spans.addingSaturating(spans)
        self.bytes = self.bytes.addingSaturating(bytes)
    }

    mutating func merge(_ other: RootTally) {
        latency.merge(other.latency)
        estimated.merge(other.estimated)
        logSum = logSum.addingSaturating(other.logSum)
        logSquareSum = logSquareSum.addingSaturating(other.logSquareSum)
        roots = roots.addingSaturating(other.roots)
        uncounted = uncounted.addingSaturating(other.uncounted)
        spans = spans.addingSaturating(other.spans)
        bytes = bytes.addingSaturating(other.bytes)
        errors = errors.addingSaturating(other.errors)
        durations = durations.addingSaturating(other.durations)
        firstSeenNanoseconds = min(firstSeenNanoseconds, other.firstSeenNanoseconds)
        lastSeenNanoseconds = max(lastSeenNanoseconds, other.lastSeenNanoseconds)
        evidences.merge(other.evidences)
        told = told.addingSaturating(other.told)
        toldUnits = toldUnits.addingSaturating(other.toldUnits)
    }

    func encode(into writer: inout VarintWriter) {
        for number in [roots, uncounted, told, spans, bytes, errors, durations] { writer.append(number) }
        writer.append(logSum)
        writer.append(logSquareSum)
        writer.append(firstSeenNanoseconds)
        writer.append(lastSeenNanoseconds)
        writer.append(toldUnits)
        for evidence in WeightEvidence.allCases { writer.append(evidences[evidence]) }
        writer.append(estimated)
        latency.encode(into: &writer)
    }

    init(decoding reader: inout VarintReader) throws(VarintReader.Failure) {
        roots = try reader.number()
        uncounted = try reader.number()
        told = try reader.number()
        spans = try reader.number()
        bytes = try reader.number()
        errors = try reader.number()
        durations = try reader.number()
        logSum = try reader.wide()
        logSquareSum = try reader.wide()
        firstSeenNanoseconds = try reader.number()
        lastSeenNanoseconds = try reader.number()
        toldUnits = try reader.wide()
        for evidence in WeightEvidence.allCases { evidences[evidence] = try reader.number() }
        estimated = try reader.sums()
        latency = try LatencySketch(decoding: &reader)
        guard max(uncounted, told, errors, durations, latency.count) <= roots, evidences.total == roots else {
            throw reader.failure("more of one kind of root than of all")
        }
    }

    var memoryBytes: Int { latency.memoryBytes }

    func row(_ service: String, _ operation: String, _ hour: UInt32) -> RootThroughput {
        var row = RootThroughput(service: service, operation: operation, hour: hour)
        row.roots = roots
        row.uncounted = uncounted
        row.estimated = estimated
        row.evidence = evidences.strongest
        row.unweighted = evidences[.none]
        row.spans = spans
        row.bytes = bytes
        row.errors = errors
        row.durations = durations
        row.logSum = logSum
        row.logSquareSum = logSquareSum
        row.latency = latency
        row.firstSeenNanoseconds = firstSeenNanoseconds == .max ? 0 : firstSeenNanoseconds
        row.lastSeenNanoseconds = lastSeenNanoseconds
        return row
    }
}
