/// Sketches as bytes, for blobs of the store and for frames between processes.
///
///     number of samples                    nothing more when zero
///     sum, minimum, maximum − minimum      nanoseconds
///     form, bins − 1                       2, 5: each sample weighs one; 3, 6: each weighs the same, which follows;
///                                          4, 7: any
///     per bin, forms 2…4: 2 · (samples − 1), and 1 more where bins before it are empty: how many, less one; [weight]
///     per bin, forms 5…7: 4 · empty bins before it + samples − 1, of which at most 3: the others follow; [weight]
///
/// Where most bins have neighbours the first packing is shorter, for a few samples the second; the shorter one is written.
///
/// Earlier versions wrote forms 2…4 where 5…7 are shorter, and forms 0 (each sample weighs one) and 1 (any weight), whose
/// bins are: distance to the bin before − 1 (the first has none), samples − 1, [weight]. All are read.
extension LatencySketch {
    /// Compact bytes, equal for equal sketches; some one or two per bin.
    public func encoded() -> [UInt8] {
        var writer = VarintWriter()
        encode(into: &writer)
        return writer.bytes
    }

    /// What `encoded()` wrote; nil for anything else.
    public init?(encoded bytes: [UInt8]) {
        var reader = VarintReader(bytes)
        guard let sketch = try? LatencySketch(decoding: &reader), reader.isAtEnd else { return nil }
        self = sketch
    }

    private struct Form: Equatable {
        enum Weights: UInt64 {
            case one, uniform, any
        }
        enum Packing {
            case earlier, close, scattered
        }
        var weights: Weights
        var packing: Packing

        init(_ weights: Weights, _ packing: Packing) { (self.weights, self.packing) = (weights, packing) }

        /// Nil for a number that stands for none.
        init?(number: UInt64) {
            switch number {
            case 0: self.init(.one, .earlier)
            case 1: self.init(.any, .earlier)
            default:
                guard number < 8, let weights = Weights(rawValue: (number - 2) % 3) else { return nil }
                self.init(weights, number < 5 ? .close : .scattered)
            }
        }

        /// Of a packing that is written.
        var number: UInt64 { weights.rawValue + (packing == .scattered ? 5 : 2) }
    }

    /// Appends the sketch as `init(decoding:)` reads it.
    public func encode(into writer: inout VarintWriter) {
        writer.append(count)
        guard count > 0 else { return }
        writer.append(sumNanoseconds)
        writer.append(minimumNanoseconds)
        writer.append(maximumNanoseconds - minimumNanoseconds)
        let (form, bins, weight) = shape()
        writer.append(form.number)
        if form.weights == .uniform { writer.append(weight) }
        writer.append(bins - 1)
        forEachGap { gap, count, units in
            if form.packing == .scattered {
                writer.append(UInt64(gap) << 2 | min(count - 1, 3))
                if count > 3 { writer.append(count - 4) }
            } else {
                writer.append(UInt128(count - 1) << 1 | (gap > 0 ? 1 : 0))
                if gap > 0 { writer.append(gap - 1) }
            }
            if form.weights == .any { writer.append(units) }
        }
    }

    /// Bins that hold samples, with the number of empty ones before each; none before the first.
    private func forEachGap(_ body: (_ gap: Int, _ count: UInt64, _ units: UInt128) -> Void) {
        var before: Int?
        forEachBin { bin, count, units in
            body(before.map { bin - $0 - 1 } ?? 0, count, units)
            before = bin
        }
    }

    /// The form to write in, the number of bins, and the weight of the first one's samples.
    private func shape() -> (form: Form, bins: Int, weight: UInt128) {
        var (bins, close, scattered) = (0, 0, 0)
        var weight: UInt128 = 0
        var isUniform = true
        forEachGap { gap, count, units in
            if bins == 0 { weight = units / UInt128(count) }
            bins += 1
            if UInt128(count).multipliedSaturating(weight) != units { isUniform = false }
            // Of the doubled number, which may have 65 bits.
            close += Self.varintBytes(bits: UInt64.bitWidth - (count - 1).leadingZeroBitCount + 1)
            if gap > 0 { close += Self.varintBytes(UInt64(gap - 1)) }
            scattered += Self.varintBytes(UInt64(gap) << 2 | min(count - 1, 3))
            if count > 3 { scattered += Self.varintBytes(count - 4) }
        }
        let weights: Form.Weights = isWeighted ? isUniform ? .uniform : .any : .one
        return (Form(weights, scattered < close ? .scattered : .close), bins, weight)
    }

    private static func varintBytes(_ number: UInt64) -> Int {
        varintBytes(bits: UInt64.bitWidth - number.leadingZeroBitCount)
    }

    private static func varintBytes(bits: Int) -> Int { max(1, (bits + 6) / 7) }

    /// - Throws: where bytes end early or contradict each other.
    public init(decoding reader: inout VarintReader) throws(VarintReader.Failure) {
        self.init()
        let head = try Head(decoding: &reader)
        guard head.count > 0 else { return }
        let minimum = head.minimumNanoseconds
        guard let form = Form(number: try reader.number()) else { throw reader.failure("a form is unknown") }
        let weight = form.weights == .uniform ? try reader.wide() : UInt128(Weight.one.units)
        let extraBins = try reader.count()
        var bins = LatencyBins()
        var bin = Self.bin(minimum)
        for index in 0...extraBins {
            let (gap, samples) = try Self.entry(&reader, form.packing, isFirst: index == 0)
            if index > 0 {
                guard gap < UInt64(Self.binCount - bin - 1) else { throw reader.failure("no such bin") }
                bin += Int(gap) + 1
            }
            let units = form.weights == .any ? try reader.wide() : UInt128(samples).multipliedSaturating(weight)
            bins.add(bin, count: samples, units: units, isWeighted: form.weights != .one)
        }
        guard let sketch = LatencySketch(head, bins), sketch.mayBeWritten(in: form) else {
            throw reader.failure("the parts of a sketch contradict each other")
        }
        self = sketch
    }

    /// What stands before the bins: all but the percentiles.
    public struct Head: Hashable, Sendable {
        /// Bytes that a head has at most.
        public static let longest = 49

        public let count: UInt64
        /// Zero, as the rest is, where there is no sample.
        public let sumNanoseconds: UInt128
        public let minimumNanoseconds: UInt64
        public let maximumNanoseconds: UInt64

        /// - Throws: where bytes end early or are none that `encode` writes.
        public init(decoding reader: inout VarintReader) throws(VarintReader.Failure) {
            count = try reader.number()
            guard count > 0 else {
                (sumNanoseconds, minimumNanoseconds, maximumNanoseconds) = (0, 0, 0)
                return
            }
            sumNanoseconds = try reader.wide()
            minimumNanoseconds = try reader.number()
            let (maximum, overflow) = minimumNanoseconds.addingReportingOverflow(try reader.number())
            guard !overflow else { throw reader.failure("a duration is too large") }
            maximumNanoseconds = maximum
        }
    }

    private init?(_ head: Head, _ bins: LatencyBins) {
        self.init(head.count, head.sumNanoseconds, head.minimumNanoseconds, head.maximumNanoseconds, bins)
    }

    /// Whether this version or an earlier one writes the sketch in a form.
    private func mayBeWritten(in form: Form) -> Bool {
        if form.packing == .earlier { return true }
        let shape = shape().form
        return shape.weights == form.weights && (form.packing == .close || shape.packing == .scattered)
    }

    /// Empty bins before a bin, and its samples.
    private static func entry(
        _ reader: inout VarintReader, _ packing: Form.Packing, isFirst: Bool
    ) throws(VarintReader.Failure) -> (gap: UInt64, samples: UInt64) {
        switch packing {
        case .earlier:
            let gap = isFirst ? 0 : try reader.number()
            return (gap, try reader.number().addingSaturating(1))
        case .close:
            let packed = try reader.wide()
            guard let extra = UInt64(exactly: packed >> 1) else { throw reader.failure("a number is too large") }
            guard packed & 1 == 0 || !isFirst else { throw reader.failure("a gap before the first bin") }
            let gap = packed & 1 == 1 ? try reader.number().addingSaturating(1) : 0
            return (gap, extra.addingSaturating(1))
        case .scattered:
            let packed = try reader.number()
            guard packed < 4 || !isFirst else { throw reader.failure("a gap before the first bin") }
            let samples = packed & 3 < 3 ? packed & 3 + 1 : try reader.number().addingSaturating(4)
            return (packed >> 2, samples)
        }
    }
}
