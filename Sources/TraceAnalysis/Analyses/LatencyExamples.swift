internal import SpanModel

/// Traces that show how slow an operation is: one per octave of duration, and one that failed.
///
/// The one whose mixed id is least: chosen as if at random, but equal on every machine and in every order.
struct LatencyExamples: Sendable {
    private struct Example: Sendable {
        var mixed: UInt64
        var trace: TraceID
    }

    /// Bit n: there is an example of 2ⁿ ≤ duration < 2ⁿ⁺¹ nanoseconds (zero counts as one).
    private var octaves: UInt64 = 0
    /// One per set bit, lowest first.
    private var examples: [Example] = []
    /// The least id of a failed trace.
    private(set) var error: TraceID?
    /// By octave: how many leading zeros the example's mixed id has, and one; zero: there is none. An id with fewer is
    /// greater, as nearly all are, and the example need not be looked at.
    private var bars = InlineArray<64, UInt8>(repeating: 0)

    init() {}

    /// - Parameter mixed: `mix64` of the trace's low half, once for all its spans.
    @inline(__always)
    mutating func insert(_ trace: TraceID, _ mixed: UInt64, _ duration: UInt64) {
        let octave = 63 &- (duration | 1).leadingZeroBitCount
        if mixed.leadingZeroBitCount &+ 1 < Int(bars[octave]) { return }
        insert(trace, mixed, octave: octave)
    }

    @inline(never)
    private mutating func insert(_ trace: TraceID, _ mixed: UInt64, octave: Int) {
        guard octaves &>> UInt64(octave) & 1 != 0 else {
            examples.insert(Example(mixed: mixed, trace: trace), at: place(of: octave))
            octaves |= 1 << UInt64(octave)
            bars[octave] = Self.bar(mixed)
            return
        }
        let place = place(of: octave)
        let known = examples[place].mixed
        if mixed > known || mixed == known && !(trace < examples[place].trace) { return }
        examples[place] = Example(mixed: mixed, trace: trace)
        bars[octave] = Self.bar(mixed)
    }

    private static func bar(_ mixed: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: mixed.leadingZeroBitCount &+ 1) }

    /// How many of the known octaves are below this one.
    private func place(of octave: Int) -> Int {
        (octaves & ((1 &<< UInt64(octave)) &- 1)).nonzeroBitCount
    }

    @inline(__always)
    mutating func insertError(_ trace: TraceID) {
        if let error, !(trace < error) { return }
        error = trace
    }

    mutating func merge(_ other: LatencyExamples) {
        other.forEach { octave, example in insert(example.trace, example.mixed, 1 << octave) }
        if let error = other.error { insertError(error) }
    }

    private func forEach(_ body: (_ octave: UInt64, _ example: Example) -> Void) {
        var rest = octaves
        for example in examples {
            body(UInt64(rest.trailingZeroBitCount), example)
            rest &= rest &- 1
        }
    }

    /// The examples nearest to the percentiles.
    func exemplars(of latency: LatencySketch) -> LatencyExemplars {
        func nearest(_ q: Double) -> TraceID? {
            guard let value = latency.weightedPercentile(q) ?? latency.percentile(q) else { return nil }
            let octave = 63 - (value | 1).leadingZeroBitCount
            var best: (distance: Int, trace: TraceID)?
            forEach { other, example in
                let distance = abs(Int(other) - octave)
                if distance < best?.distance ?? .max { best = (distance, example.trace) }
            }
            return best?.trace
        }
        return LatencyExemplars(p50: nearest(0.5), p95: nearest(0.95), p99: nearest(0.99), error: error)
    }

    func encode(into writer: inout VarintWriter) {
        writer.append(octaves)
        for example in examples { writer.append(example.trace) }
        writer.append(error == nil ? 0 : 1)
        if let error { writer.append(error) }
    }

    init(decoding reader: inout VarintReader) throws(VarintReader.Failure) {
        octaves = try reader.number()
        for _ in 0..<octaves.nonzeroBitCount {
            let trace = try reader.traceID()
            examples.append(Example(mixed: mix64(trace.low), trace: trace))
        }
        var rest = octaves
        for example in examples {
            bars[rest.trailingZeroBitCount] = Self.bar(example.mixed)
            rest &= rest &- 1
        }
        switch try reader.number() {
        case 0: error = nil
        case 1: error = try reader.traceID()
        default: throw reader.failure("a flag is neither 0 nor 1")
        }
    }

    var memoryBytes: Int { examples.capacity * MemoryLayout<Example>.stride + 32 }
}
