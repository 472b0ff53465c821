/// What the ids of an operation's sampled traces tell about the probability that chose them.
///
/// A ratio sampler keeps a trace when a function of its id is below p, so the kept ids are spread evenly over [0, p)
/// and the largest of them is close to p. This value remembers, per function (`TraceIDFamily`), the largest 256
/// fractions, and the largest few of every hour, for p may have changed; few traces are remembered as they are.
/// Add the ids of roots whose own sampler decided and left no evidence.
///
/// Merging is associative and commutative, and equal traces give equal values and equal bytes. A trace added twice
/// counts once while few are known and more often later, where it matters no more.
///
///     var sample = TraceIDSample()
///     for root in roots { sample.add(root.traceID, startNanoseconds: root.startNanoseconds) }
///     let inferred = sample.inference()
///
/// - Complexity: 24 bytes per trace up to 128, then some 18 KiB, and half a KiB for each of at most 192 hours.
public struct TraceIDSample: Hashable, Sendable {
    /// Largest fractions kept per family over all hours.
    public static let fractionLimit = 256
    /// The same for one hour.
    static let hourFractionLimit = 8
    /// Traces remembered as they are.
    static let fewLimit = 128
    /// The first hours, which are looked at one by one; later ones only together.
    static let hourLimit = 192

    /// One trace, or equal ones of an hour.
    struct Few: Hashable, Sendable {
        var id: TraceID
        /// Since the Unix epoch.
        var hour: UInt32
        var records: UInt32

        static func precedes(_ a: Few, _ b: Few) -> Bool { a.id != b.id ? a.id < b.id : a.hour < b.hour }
    }

    /// Sorted; empty once there are more than a few.
    private(set) var few: [Few] = []
    private(set) var many: ManyFractions?

    /// No trace yet.
    public init() {}

    /// Traces; where there are many, records of roots.
    public var traces: UInt64 { many?.records ?? UInt64(few.count) }

    public var isEmpty: Bool { few.isEmpty && many == nil }

    /// Adds a sampled trace whose probability nothing else tells.
    ///
    /// - Returns: whether `memoryBytes` may have changed.
    @discardableResult
    public mutating func add(_ id: TraceID, startNanoseconds: UInt64) -> Bool {
        add(Few(id: id, hour: UInt32(truncatingIfNeeded: startNanoseconds / Nanoseconds.hour), records: 1))
    }

    @discardableResult
    private mutating func add(_ trace: Few) -> Bool {
        if few.isEmpty, let hasGrown = many?.add(trace) { return hasGrown }
        var (lower, upper) = (0, few.count)
        while lower < upper {
            let middle = (lower + upper) / 2
            if Few.precedes(few[middle], trace) { lower = middle + 1 } else { upper = middle }
        }
        if lower < few.count, few[lower].id == trace.id, few[lower].hour == trace.hour {
            let (sum, overflow) = few[lower].records.addingReportingOverflow(trace.records)
            few[lower].records = overflow ? .max : sum
            return false
        }
        few.insert(trace, at: lower)
        if few.count > Self.fewLimit { expand() }
        return true
    }

    private mutating func expand() {
        var all = ManyFractions()
        for trace in few { all.add(trace) }
        many = all
        few = []
    }

    /// Adds all traces of another value.
    public mutating func merge(_ other: TraceIDSample) {
        if let theirs = other.many {
            if many == nil { expand() }
            many?.merge(theirs)
        }
        for trace in other.few { add(trace) }
    }

    /// Bytes beyond the value itself, for the memory budget.
    public var memoryBytes: Int { few.capacity * MemoryLayout<Few>.stride + (many?.memoryBytes ?? 0) }

    /// About what samples take when they are merged into one, the value itself and its place in a dictionary included.
    ///
    /// - Parameter bytes: of all of them, encoded; none take nothing.
    public static func memoryBytes(ofEncoded bytes: Int) -> Int {
        guard bytes > 0 else { return 0 }
        // A trace by itself is some 24 bytes in both forms; a day of more than a few takes as much as all fractions do.
        let isFew = bytes <= 16 * fewLimit
        return 192 + (isFew ? 2 * bytes : min(max(bytes, manyBytes(hours: 24)), manyBytes(hours: hourLimit)))
    }

    private static func manyBytes(hours: Int) -> Int {
        let words = TraceIDFamily.count * (fractionLimit + 1 + hours * hourFractionLimit)
        return words * MemoryLayout<UInt64>.stride + hours * MemoryLayout<ManyFractions.Hour>.stride
    }

    /// Appends everything, equal for equal traces.
    public func encode(into writer: inout VarintWriter) {
        writer.append(few.count)
        for trace in few {
            writer.append(trace.id.high)
            writer.append(trace.id.low)
            writer.append(trace.hour)
            writer.append(trace.records)
        }
        if few.isEmpty {
            writer.append(many == nil ? 0 : 1)
            many?.encode(into: &writer)
        }
    }

    /// Reads what `encode` wrote.
    public init(decoding reader: inout VarintReader) throws(VarintReader.Failure) {
        let count = try reader.count()
        guard count <= Self.fewLimit else { throw reader.failure("more traces than are kept one by one") }
        for _ in 0..<count {
            let trace = Few(
                id: TraceID(high: try reader.number(), low: try reader.number()), hour: try reader.number32(),
                records: try reader.number32())
            if let last = few.last, !Few.precedes(last, trace) { throw reader.failure("traces are out of order") }
            guard trace.records > 0 else { throw reader.failure("a trace that never came") }
            few.append(trace)
        }
        guard count == 0 else { return }
        switch try reader.number() {
        case 0: break
        case 1: many = try ManyFractions(decoding: &reader)
        default: throw reader.failure("no such form of a sample")
        }
    }
}
