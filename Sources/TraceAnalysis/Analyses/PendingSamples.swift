internal import SpanModel

/// How a duration counts where it goes.
enum SampleRole: UInt8 {
    /// It is unknown or not to be trusted: the call or span counts, without a duration.
    case untimed
    /// As the span itself, or the callee, saw it.
    case own
    /// As the caller saw it.
    case caller
}

/// A duration on its way into a cell.
struct Sample {
    var nanoseconds: UInt64
    var weight: Weight
    var role: SampleRole
    var isError: Bool
}

/// What samples go into: a cell, an edge.
protocol SampledValue {
    mutating func add(_ sample: Sample)

    /// Adds several, whose tags are `SampleTag`s.
    mutating func add(_ samples: Span<PackedSample>, weights: Span<Weight>)
}

/// Role and failure of a sample in the three bits that a packed one has for them.
struct SampleTag {
    let bits: UInt8

    @inline(__always)
    init(bits: UInt8) { self.bits = bits }

    @inline(__always)
    init(_ role: SampleRole, isError: Bool) { bits = role.rawValue | (isError ? 4 : 0) }

    var role: SampleRole { SampleRole(rawValue: bits & 3) ?? .untimed }
    var isError: Bool { bits & 4 != 0 }
}

/// Samples that wait, a row of eight for each cell.
///
/// Sketches are many and far from the caches, and a sample changes several lines of its own. So it is only noted, one
/// word in a row, and eight go on together. When they do decides nothing: whoever reads cells settles them first.
struct PendingSamples: Sendable {
    private static let rowCount = 8

    private var rows: [PackedSample] = []
    /// Of each row the samples in it.
    private var fills: [UInt8] = []
    private var weights = WeightNumbers()

    /// Adds up to so many samples to the values at their places.
    @inline(__always)
    mutating func add<Value: SampledValue>(
        _ count: Int, to values: inout [Value], _ sample: (Int) -> (place: Int, sample: Sample)?
    ) {
        if fills.count < values.count { grow(values.count) }
        Self.add(count, to: &values, &rows, &fills, &weights, sample)
    }

    @inline(__always)
    private static func add<Value: SampledValue>(
        _ count: Int, to values: inout [Value], _ rows: inout [PackedSample], _ fills: inout [UInt8],
        _ weights: inout WeightNumbers, _ sample: (Int) -> (place: Int, sample: Sample)?
    ) {
        var rows = rows.mutableSpan
        var fills = fills.mutableSpan
        var values = values.mutableSpan
        for index in 0..<count {
            guard let (place, sample) = sample(index) else { continue }
            let tag = SampleTag(sample.role, isError: sample.isError)
            guard let packed = PackedSample(sample.nanoseconds, weightNumber: weights[sample.weight], tag: tag.bits)
            else {
                values[place].add(sample)
                continue
            }
            let fill = Int(fills[place])
            rows[place &* Self.rowCount &+ fill] = packed
            guard fill &+ 1 == Self.rowCount else {
                fills[place] = UInt8(truncatingIfNeeded: fill &+ 1)
                continue
            }
            fills[place] = 0
            let first = place &* Self.rowCount
            values[place].add(rows.span.extracting(first..<first &+ Self.rowCount), weights: weights.all.span)
        }
    }

    /// Adds all that waits.
    mutating func settle<Value: SampledValue>(_ values: inout [Value]) {
        for place in fills.indices where fills[place] > 0 {
            add(at: place, to: &values[place])
            fills[place] = 0
        }
    }

    /// Adds what waits at a place to a value; here it stays.
    func add(at place: Int, to value: inout some SampledValue) {
        guard place < fills.count, fills[place] > 0 else { return }
        let first = place * Self.rowCount
        value.add(rows.span.extracting(first..<first + Int(fills[place])), weights: weights.all.span)
    }

    var isEmpty: Bool { fills.allSatisfy { $0 == 0 } }

    var memoryBytes: Int { rows.capacity * MemoryLayout<PackedSample>.stride + fills.capacity + weights.memoryBytes }

    @inline(never)
    private mutating func grow(_ count: Int) {
        rows.append(contentsOf: repeatElement(PackedSample(), count: (count - fills.count) * Self.rowCount))
        fills.append(contentsOf: repeatElement(0, count: count - fills.count))
    }
}

extension Span<PackedSample> {
    /// How many failed, and how all of them count; nil where roles are mixed.
    @inline(__always)
    var summary: (errors: UInt64, role: SampleRole?) {
        var errors: UInt64 = 0
        var (some, all) = (UInt8(0), UInt8.max)
        for index in indices {
            let bits = self[index].tag
            some |= bits
            all &= bits
            errors &+= UInt64(bits &>> 2)
        }
        return (errors, some & 3 == all & 3 ? SampleTag(bits: all).role : nil)
    }
}

/// Numbers for weights: one is zero, others as they come.
struct WeightNumbers: Sendable {
    private(set) var all = [Weight.one]
    private var table = IndexTable()
    private var last = Weight.one
    private var lastNumber: UInt32 = 0

    init() { _ = table.place(Weight.one.units, orInsert: 0) }

    /// The number of a weight; one that fits no packed sample where there are too many.
    @inline(__always)
    subscript(weight: Weight) -> UInt32 {
        mutating get { weight == last ? lastNumber : find(weight) }
    }

    @inline(never)
    private mutating func find(_ weight: Weight) -> UInt32 {
        guard all.count < PackedSample.weightLimit else { return PackedSample.weightLimit }
        let place = table.place(weight.units, orInsert: all.count)
        if place == all.count { all.append(weight) }
        (last, lastNumber) = (weight, UInt32(truncatingIfNeeded: place))
        return lastNumber
    }

    var memoryBytes: Int { all.capacity * MemoryLayout<Weight>.stride + table.memoryBytes }
}
