/// The traces of a `TraceIDSample` that holds more than a few.
struct ManyFractions: Hashable, Sendable {
    struct Hour: Hashable, Sendable {
        var hour: UInt32
        var records: UInt64 = 0
        var largest = LargestFractions(limit: TraceIDSample.hourFractionLimit)
    }

    private(set) var records: UInt64 = 0
    private(set) var largest = LargestFractions(limit: TraceIDSample.fractionLimit)
    /// By family: the smallest fraction.
    private(set) var smallest = [UInt64](repeating: .max, count: TraceIDFamily.count)
    private(set) var bits = TraceIDBits()
    /// The first hours, in order.
    private(set) var hours: [Hour] = []

    /// - Returns: whether it takes more memory than before.
    @discardableResult
    mutating func add(_ trace: TraceIDSample.Few) -> Bool {
        records = records.addingSaturating(UInt64(trace.records))
        bits.add(trace.id)
        let all = TraceIDFamily.fractions(of: trace.id)
        let fractions = all.span
        largest.add(fractions)
        for family in fractions.indices { smallest[family] = min(smallest[family], fractions[family]) }
        let known = hours.count
        guard let place = place(trace.hour) else { return false }
        hours[place].records = hours[place].records.addingSaturating(UInt64(trace.records))
        hours[place].largest.add(fractions)
        return hours.count > known
    }

    mutating func merge(_ other: ManyFractions) {
        records = records.addingSaturating(other.records)
        largest.merge(other.largest)
        bits.merge(other.bits)
        for place in smallest.indices { smallest[place] = min(smallest[place], other.smallest[place]) }
        for theirs in other.hours {
            guard let place = place(theirs.hour) else { continue }
            hours[place].records = hours[place].records.addingSaturating(theirs.records)
            hours[place].largest.merge(theirs.largest)
        }
    }

    /// The place of an hour; nil: it is not among the first ones.
    ///
    /// An hour that is given up once is never among the first again, so what is kept of the others is complete.
    private mutating func place(_ hour: UInt32) -> Int? {
        if let last = hours.last, last.hour == hour { return hours.count - 1 }
        var (lower, upper) = (0, hours.count)
        while lower < upper {
            let middle = (lower + upper) / 2
            if hours[middle].hour < hour { lower = middle + 1 } else { upper = middle }
        }
        if lower < hours.count, hours[lower].hour == hour { return lower }
        guard lower < TraceIDSample.hourLimit else { return nil }
        if hours.count == TraceIDSample.hourLimit { hours.removeLast() }
        hours.insert(Hour(hour: hour), at: lower)
        return lower
    }

    var memoryBytes: Int {
        // Asked for with every trace: without a walk over the hours.
        let words = largest.slots.count + smallest.count
        let wordsOfHour = TraceIDSample.hourFractionLimit * TraceIDFamily.count
        return (words + hours.count * wordsOfHour) * MemoryLayout<UInt64>.stride
            + hours.capacity * MemoryLayout<Hour>.stride
    }

    init() {}

    func encode(into writer: inout VarintWriter) {
        writer.append(records)
        largest.encode(into: &writer)
        for fraction in smallest { writer.append(fraction) }
        bits.encode(into: &writer)
        writer.append(hours.count)
        for hour in hours {
            writer.append(hour.hour)
            writer.append(hour.records)
            hour.largest.encode(into: &writer)
        }
    }

    init(decoding reader: inout VarintReader) throws(VarintReader.Failure) {
        records = try reader.number()
        guard records > UInt64(TraceIDSample.fewLimit) else { throw reader.failure("a few traces in the form of many") }
        largest = try LargestFractions(decoding: &reader, limit: TraceIDSample.fractionLimit)
        for place in smallest.indices { smallest[place] = try reader.number() }
        bits = try TraceIDBits(decoding: &reader)
        let count = try reader.count()
        guard count <= TraceIDSample.hourLimit else { throw reader.failure("more hours than are kept") }
        for _ in 0..<count {
            var hour = Hour(hour: try reader.number32())
            if let last = hours.last, last.hour >= hour.hour { throw reader.failure("hours are out of order") }
            hour.records = try reader.number()
            hour.largest = try LargestFractions(decoding: &reader, limit: TraceIDSample.hourFractionLimit)
            hours.append(hour)
        }
    }
}

/// Which bits of ids ever vary: what makes ids has patterns that look like sampling.
struct TraceIDBits: Hashable, Sendable {
    /// Bits that some id has.
    private var anyHigh: UInt64 = 0
    private var anyLow: UInt64 = 0
    /// Bits that every id has.
    private var allHigh: UInt64 = .max
    private var allLow: UInt64 = .max

    init() {}

    mutating func add(_ id: TraceID) {
        anyHigh |= id.high
        anyLow |= id.low
        allHigh &= id.high
        allLow &= id.low
    }

    mutating func merge(_ other: TraceIDBits) {
        anyHigh |= other.anyHigh
        anyLow |= other.anyLow
        allHigh &= other.allHigh
        allLow &= other.allLow
    }

    /// Whether the family's bits are as random as a sampler needs them, as far as fixed bits tell.
    func suit(_ family: TraceIDFamily) -> Bool {
        switch family {
        // Universally unique identifiers: the two highest bits of the second half are 10.
        case .low64, .low63, .signedLow64: if anyLow >> 62 == 2, allLow >> 62 == 2 { return false }
        // A ratio of the folded words leaves every bit of the words free: ids of few bits fold into a narrow range too.
        case .folded32: if (anyLow & ~allLow).nonzeroBitCount < 56 { return false }
        // The four bits above are free whatever the ratio; where they never vary the ids have few bits.
        case .low60: if (anyLow & ~allLow) >> 60 == 0 { return false }
        case .randomness56, .high64, .signedHigh64, .swappedHigh64: break
        }
        // Generators of 63 random bits (Jaeger's Go client): that half the range is empty says nothing.
        // A half that begins with a time has fixed bits below the highest.
        let isHighRandom = (anyHigh & ~allHigh) >> 60 == 7
        let has63Bits = anyLow >> 63 == 0 && (anyHigh == 0 || anyHigh >> 63 == 0 && isHighRandom)
        return !(has63Bits && (family == .low64 || family == .high64))
    }

    func encode(into writer: inout VarintWriter) {
        for word in [anyHigh, anyLow, allHigh, allLow] { writer.append(word) }
    }

    init(decoding reader: inout VarintReader) throws(VarintReader.Failure) {
        anyHigh = try reader.number()
        anyLow = try reader.number()
        allHigh = try reader.number()
        allLow = try reader.number()
    }
}
