internal import SpanModel

/// One question put to every trace; its answers add up.
///
/// `merge` is associative and commutative and sums are integers, so that any order and any partition of the same
/// traces encode to equal bytes. A new analysis is one file here and one line in each function of `Aggregate`.
protocol Analysis: Sendable {
    init(settings: AnalysisSettings)

    /// Takes in one trace, once.
    mutating func observe(_ observation: TraceObservation)

    /// Adds all traces of another value, which may have been merged already.
    mutating func merge(_ other: Self)

    /// Appends everything, sorted by key.
    func encode(into writer: inout VarintWriter)

    /// Reads what `encode` wrote, into an empty value.
    ///
    /// - Throws: where bytes end early or contradict each other; never traps.
    mutating func decode(from reader: inout VarintReader) throws(VarintReader.Failure)

    /// Bytes of storage in use, about, for the memory budget.
    ///
    /// - Complexity: O(cells); for now and then, not for every trace.
    var memoryBytes: Int { get }
}

extension VarintWriter {
    mutating func append(_ id: TraceID) {
        append(id.high)
        append(id.low)
    }

    mutating func append(_ sums: WeightedSums) {
        append(sums.s1)
        append(sums.s2)
        append(sums.s3)
    }
}

extension VarintReader {
    mutating func traceID() throws(Failure) -> TraceID {
        TraceID(high: try number(), low: try number())
    }

    mutating func sums() throws(Failure) -> WeightedSums {
        WeightedSums(s1: try wide(), s2: try wide(), s3: try wide())
    }
}
