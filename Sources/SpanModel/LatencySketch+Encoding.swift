/// Sketches as bytes, for blobs of the store and for frames between processes.
///
///     number of samples                    nothing more when zero
///     sum, minimum, maximum − minimum      nanoseconds
///     weighted (0 or 1), bins − 1
///     per bin: distance to the bin before − 1 (the first is the minimum's: none), samples − 1, [weight]
extension LatencySketch {
    /// Compact bytes, equal for equal sketches; some two to four per bin.
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

    public func encode(into writer: inout VarintWriter) {
        writer.append(count)
        guard count > 0 else { return }
        writer.append(sumNanoseconds)
        writer.append(minimumNanoseconds)
        writer.append(maximumNanoseconds - minimumNanoseconds)
        writer.append(isWeighted ? 1 : 0)
        var bins = 0
        forEachBin { _, _, _ in bins += 1 }
        writer.append(bins - 1)
        var before: Int?
        forEachBin { bin, count, units in
            if let before { writer.append(bin - before - 1) }
            before = bin
            writer.append(count - 1)
            if isWeighted { writer.append(units) }
        }
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
        let isWeighted = try reader.number()
        guard isWeighted <= 1 else { throw reader.failure("a flag is neither 0 nor 1") }
        let extraBins = try reader.count()
        var bins = LatencyBins()
        var bin = Self.bin(minimum)
        for index in 0...extraBins {
            if index > 0 {
                let gap = try reader.number()
                guard gap < UInt64(Self.binCount - bin - 1) else { throw reader.failure("no such bin") }
                bin += Int(gap) + 1
            }
            let samples = try reader.number().addingSaturating(1)
            let units = isWeighted == 1 ? try reader.wide() : UInt128(samples) << 20
            bins.add(bin, count: samples, units: units, isWeighted: isWeighted == 1)
        }
        guard let sketch = LatencySketch(count, sum, minimum, maximum, bins) else {
            throw reader.failure("the parts of a sketch contradict each other")
        }
        self = sketch
    }
}
