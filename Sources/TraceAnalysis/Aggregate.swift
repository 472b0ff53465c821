public import SpanModel

/// What all analyses made of the traces they have seen: mergeable, and a report in the end.
///
/// Traces observed in any order, in any partition over any number of aggregates merged in any order, encode to equal
/// bytes and give equal reports. All of them must have been analysed with equal settings and names.
///
///     var aggregate = Aggregate(settings: settings)
///     aggregate.observe(observation)          // every trace once
///     aggregate.merge(other)
///     let report = aggregate.report(names: names, settings: settings, window: window)
public struct Aggregate: Sendable {
    private var dependencies: DependencyAnalysis
    private var latency: LatencyAnalysis
    private var throughput: ThroughputAnalysis
    private var quality: QualityAnalysis

    public init(settings: AnalysisSettings = AnalysisSettings()) {
        dependencies = DependencyAnalysis(settings: settings)
        latency = LatencyAnalysis(settings: settings)
        throughput = ThroughputAnalysis(settings: settings)
        quality = QualityAnalysis(settings: settings)
    }

    /// Takes in one trace, once; of a trace outside the window its edges and its size only.
    public mutating func observe(_ observation: TraceObservation) {
        dependencies.observe(observation)
        latency.observe(observation)
        throughput.observe(observation)
        quality.observe(observation)
    }

    /// Brings together what still waits for more of its kind: for whoever is done observing, as `encode` and
    /// `report` otherwise do it in a copy. Answers do not change.
    ///
    /// - Complexity: O(cells).
    public mutating func settle() {
        dependencies.settle()
        latency.settle()
    }

    /// Adds all traces of another aggregate.
    ///
    /// - Complexity: O(cells of `other`).
    public mutating func merge(_ other: Aggregate) {
        dependencies.merge(other.dependencies)
        latency.merge(other.latency)
        throughput.merge(other.throughput)
        quality.merge(other.quality)
    }

    /// Compact bytes, equal for equal traces; for frames and scratch files of one run.
    public func encode() -> [UInt8] {
        var writer = VarintWriter()
        writer.append(contentsOf: Self.magic)
        writer.append(Report.analysisVersion)
        dependencies.encode(into: &writer)
        latency.encode(into: &writer)
        throughput.encode(into: &writer)
        quality.encode(into: &writer)
        return writer.bytes
    }

    /// Reads what `encode()` wrote.
    ///
    /// - Parameter settings: those of the run.
    /// - Throws: `AggregateError` for anything else, whatever the bytes.
    public init(decoding bytes: [UInt8], settings: AnalysisSettings = AnalysisSettings()) throws(AggregateError) {
        self.init(settings: settings)
        var reader = VarintReader(bytes)
        do {
            try decode(from: &reader)
        } catch {
            throw AggregateError(offset: error.offset, reason: error.message)
        }
    }

    private mutating func decode(from reader: inout VarintReader) throws(VarintReader.Failure) {
        guard reader.remaining >= Self.magic.count, try reader.slice(Self.magic.count).elementsEqual(Self.magic)
        else { throw VarintReader.Failure(offset: 0, message: "these bytes are no aggregate") }
        guard try reader.number() == UInt64(Report.analysisVersion) else {
            throw reader.failure("another version of the program wrote it")
        }
        try dependencies.decode(from: &reader)
        try latency.decode(from: &reader)
        try throughput.decode(from: &reader)
        try quality.decode(from: &reader)
        guard reader.isAtEnd else { throw reader.failure("more bytes than an aggregate") }
    }

    /// "SMA" and the version of this layout.
    private static let magic: [UInt8] = [0x53, 0x4d, 0x41, 2]

    /// Least and greatest start of a trace of the window; nil when no span had a start.
    public var traceStarts: ClosedRange<UInt64>? { quality.starts }

    /// The UTC hours that hold the starts of all traces: the window of a report about all there is.
    public var enclosingHours: Window? {
        guard let starts = traceStarts else { return nil }
        let (end, overflow) = (starts.upperBound / Nanoseconds.hour + 1)
            .multipliedReportingOverflow(by: Nanoseconds.hour)
        return Window(
            startNanoseconds: starts.lowerBound / Nanoseconds.hour * Nanoseconds.hour,
            endNanoseconds: overflow ? .max : end)
    }

    /// Bytes of storage in use, about, for the memory budget.
    ///
    /// - Complexity: O(cells); for now and then, not for every trace.
    public var memoryBytes: Int {
        dependencies.memoryBytes + latency.memoryBytes + throughput.memoryBytes + quality.memoryBytes
    }

    /// Everything by name, sorted as `Report` promises.
    ///
    /// - Parameters:
    ///   - names: the final names, whose ids are ranks in byte order.
    ///   - window: of the run, or `enclosingHours` where it takes every trace.
    ///   - base: what is known about archives; what traces tell is added.
    ///   - inferred: by operation id, what the trace ids of its roots say.
    public func report(
        names: NameTable, settings: AnalysisSettings, window: Window, quality base: Quality = Quality(),
        inferred: [UInt32: InferredProbability] = [:]
    ) -> Report {
        var total = base
        total.merge(quality.quality)
        return Report(
            window: window, rules: settings.rules, quality: total,
            nodes: dependencies.nodes(names, services: latency.services(names)), edges: dependencies.rows(names),
            operations: latency.rows(names), roots: throughput.rows(names), findings: quality.rows(names),
            evidence: throughput.evidence(names, inferred: inferred))
    }
}

/// Why bytes are no aggregate.
public struct AggregateError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Byte where reading stopped.
    public var offset: Int
    /// Lower case: what is wrong there.
    public var reason: String

    public var description: String {
        "cannot read an aggregate at byte \(offset): \(reason); run the step that wrote it again with this version"
    }
}
