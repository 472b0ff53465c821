/// Sketches as bytes, for blobs of the store and for frames between processes.
///
///     number of samples                    nothing more when zero
///     sum, minimum, maximum − minimum      nanoseconds
///     form, bins − 1                       2: each sample weighs one; 3: each weighs the same, which follows; 4: any
///     per bin: 2 · (samples − 1), and 1 more where bins before it are empty: how many, less one; [weight]
///
/// Earlier versions wrote forms 0 (each sample weighs one) and 1 (any weight), which are read but never written. Their
/// bins are: distance to the bin before − 1 (the first has none), samples − 1, [weight].
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

    /// How weights are written.
    private enum Form: UInt64 {
        case plainBins = 0
        case weightedBins = 1
        case unweighted = 2
        case uniform = 3
        case weighted = 4

        var isEarlier: Bool { rawValue < Form.unweighted.rawValue }
        var isUnweighted: Bool { self == .unweighted || self == .plainBins }
        var hasWeights: Bool { self == .weighted || self == .weightedBins }
    }

    public func encode(into writer: inout VarintWriter) {
        writer.append(count)
        guard count > 0 else { return }
        writer.append(sumNanoseconds)
        writer.append(minimumNanoseconds)
        writer.append(maximumNanoseconds - minimumNanoseconds)
        let (form, bins, weight) = shape()
        writer.append(form.rawValue)
        if form == .uniform { writer.append(weight) }
        writer.append(bins - 1)
        var before: Int?
        forEachBin { bin, count, units in
            let gap = before.map { bin - $0 - 1 } ?? 0
            before = bin
            writer.append(UInt128(count - 1) << 1 | (gap > 0 ? 1 : 0))
            if gap > 0 { writer.append(gap - 1) }
            if form == .weighted { writer.append(units) }
        }
    }

    /// The form to write in, the number of bins, and the weight of the first one's samples.
    private func shape() -> (form: Form, bins: Int, weight: UInt128) {
        var bins = 0
        var weight: UInt128 = 0
        var isUniform = true
        forEachBin { _, count, units in
            if bins == 0 { weight = units / UInt128(count) }
            bins += 1
            if UInt128(count).multipliedSaturating(weight) != units { isUniform = false }
        }
        return (isWeighted ? isUniform ? .uniform : .weighted : .unweighted, bins, weight)
    }

    /// - Throws: where bytes end early or contradict each other.
    public init(decoding reader: inout VarintReader) throws(VarintReader.Failure) {
        self.init()
        let count = try reader.number()
        guard count > 0 else { return }
        let sum = try reader.wide()
        let minimum = try reader.number()
        let (maximum, overflow) = minimum.addingReportingOverflow(try reader.number())
        guard !overflow else { throw reader.failure("a duration is too large") }
        guard let form = Form(rawValue: try reader.number()) else { throw reader.failure("a form is unknown") }
        let weight = form == .uniform ? try reader.wide() : UInt128(Weight.one.units)
        let extraBins = try reader.count()
        var bins = LatencyBins()
        var bin = Self.bin(minimum)
        for index in 0...extraBins {
            let (gap, samples) =
                try form.isEarlier ? reader.pair(isFirst: index == 0) : reader.packed(isFirst: index == 0)
            if index > 0 {
                guard gap < UInt64(Self.binCount - bin - 1) else { throw reader.failure("no such bin") }
                bin += Int(gap) + 1
            }
            let units = form.hasWeights ? try reader.wide() : UInt128(samples).multipliedSaturating(weight)
            bins.add(bin, count: samples, units: units, isWeighted: !form.isUnweighted)
        }
        guard let sketch = LatencySketch(count, sum, minimum, maximum, bins),
            form.isEarlier || sketch.shape().form == form
        else {
            throw reader.failure("the parts of a sketch contradict each other")
        }
        self = sketch
    }
}

/// Empty bins before a bin, and its samples.
extension VarintReader {
    /// As forms from 2 on have them.
    fileprivate mutating func packed(isFirst: Bool) throws(Failure) -> (gap: UInt64, samples: UInt64) {
        let packed = try wide()
        guard let extra = UInt64(exactly: packed >> 1) else { throw failure("a number is too large") }
        guard packed & 1 == 0 || !isFirst else { throw failure("a gap before the first bin") }
        let gap = packed & 1 == 1 ? try number().addingSaturating(1) : 0
        return (gap, extra.addingSaturating(1))
    }

    /// As forms 0 and 1 have them.
    fileprivate mutating func pair(isFirst: Bool) throws(Failure) -> (gap: UInt64, samples: UInt64) {
        let gap = isFirst ? 0 : try number()
        return (gap, try number().addingSaturating(1))
    }
}
