internal import SpanModel

/// The three least trace ids of those seen: examples that do not depend on the order.
struct LeastTraces: Hashable, Sendable {
    private var first = TraceID(high: .max, low: .max)
    private var second = TraceID(high: .max, low: .max)
    private var third = TraceID(high: .max, low: .max)
    private var count: UInt8 = 0

    /// Sorted.
    var traces: [TraceID] { Array([first, second, third].prefix(Int(count))) }

    @inline(__always)
    mutating func insert(_ trace: TraceID) {
        if count == 3, !(trace < third) { return }
        insertSlowly(trace)
    }

    mutating func merge(_ other: LeastTraces) {
        for trace in other.traces { insert(trace) }
    }

    @inline(never)
    private mutating func insertSlowly(_ trace: TraceID) {
        // It may come for each of its spans.
        if count > 0 && trace == first || count > 1 && trace == second || count > 2 && trace == third { return }
        var least = traces
        least.insert(trace, at: least.firstIndex { trace < $0 } ?? least.count)
        count = UInt8(min(least.count, 3))
        first = least[0]
        if least.count > 1 { second = least[1] }
        if least.count > 2 { third = least[2] }
    }

    func encode(into writer: inout VarintWriter) {
        writer.append(Int(count))
        for trace in traces { writer.append(trace) }
    }

    init() {}

    init(decoding reader: inout VarintReader) throws(VarintReader.Failure) {
        let count = try reader.number()
        guard count <= 3 else { throw reader.failure("more than three example traces") }
        var before: TraceID?
        for _ in 0..<count {
            let trace = try reader.traceID()
            if let before, !(before < trace) { throw reader.failure("example traces are out of order") }
            insert(trace)
            before = trace
        }
    }
}
