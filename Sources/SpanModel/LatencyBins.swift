/// Samples and weights per bin of a `LatencySketch`, in the smallest of a few layouts.
///
/// One array of words. An entry is `[bin] count weight`. Few bins stand one after the other, each with its number;
/// more than `sparseLimit` are 64 entries, without their numbers, for every octave that has any. The weight is there
/// once any sample weighs something else than one, and both are doubled once a number needs it.
/// The layout follows from the samples alone, never from their order, so equal samples are equal words.
struct LatencyBins: Hashable, Sendable {
    private struct Form: OptionSet, Hashable, Sendable {
        var rawValue: UInt8
        /// Bins are not numbered: there are 64 for every octave.
        static let dense = Form(rawValue: 1)
        static let weighted = Form(rawValue: 2)
        /// Counts of 64 bits and weights of 128; else half of that.
        static let wide = Form(rawValue: 4)

        /// Words of an entry; of sparse ones a power of two, that places may be found without a division.
        @inline(__always)
        var stride: Int {
            if !contains(.dense) { return 1 &<< sparseShift }
            return (contains(.weighted) ? 3 : 1) &* (1 &+ Int(rawValue &>> 2))
        }

        @inline(__always)
        var sparseShift: Int { 1 &+ Int(rawValue &>> 1 & 1) &+ Int(rawValue &>> 2) }
    }

    /// Bins up to which each is numbered.
    static let sparseLimit = 32

    var words: [UInt32] = []
    /// Bit n: bins 64n…64n+63 are there; zero where sparse.
    private(set) var octaves: UInt64 = 0
    private var form: Form = []

    private static let oneUnits = Weight.one.units

    var isWeighted: Bool { form.contains(.weighted) }
    var isDense: Bool { form.contains(.dense) }
    var isWide: Bool { form.contains(.wide) }

    var memoryBytes: Int { words.capacity == 0 ? 0 : 4 * words.capacity + 32 }

    /// First and last bin that hold samples.
    var range: ClosedRange<Int>? {
        var range: ClosedRange<Int>?
        forEach { bin, _, _ in range = (range?.lowerBound ?? bin)...bin }
        return range
    }

    /// Adds one sample.
    mutating func add(_ bin: Int, units: UInt64) {
        if units != Self.oneUnits, !isWeighted { rebuild(form.union(.weighted)) }
        addAnywhere(bin, count: 1, UInt128(units))
    }

    /// Adds several samples.
    mutating func add(_ samples: Span<PackedSample>, _ weights: Span<Weight>) {
        var next = 0
        while true {
            switch form {
            case [.dense]: next = addDense(samples, from: next)
            case []: next = addSparse(samples, from: next)
            case [.dense, .weighted]: next = addDense(samples, weights, from: next)
            case [.weighted]: next = addSparse(samples, weights, from: next)
            default: break
            }
            if next == samples.count || insertSparse(samples, weights, from: next) { return }
            let sample = samples[next]
            add(LatencySketch.bin(sample.nanoseconds), units: weights[sample.weightNumber].units)
            next += 1
        }
    }

    /// Adds all samples of another value.
    mutating func merge(_ other: LatencyBins) {
        if other.isWeighted, !isWeighted { rebuild(form.union(.weighted)) }
        if other.form == [.dense] {
            // So many bins make this one dense in any case.
            if !isDense { rebuild(form.union(.dense)) }
            return mergeDense(other)
        }
        other.forEach { bin, count, units in addAnywhere(bin, count: count, units) }
    }

    /// Adds samples of one bin, as they come from parts.
    mutating func add(_ bin: Int, count: UInt64, units: UInt128, isWeighted: Bool) {
        if isWeighted, !self.isWeighted { rebuild(form.union(.weighted)) }
        addAnywhere(bin, count: count, units)
    }

    /// Bins that hold samples, lowest first; weights in units of 2⁻²⁰.
    @inline(__always)
    func forEach(_ body: (_ bin: Int, _ count: UInt64, _ units: UInt128) -> Void) {
        visit(while: { bin, count, units in
            body(bin, count, units)
            return true
        })
    }

    /// The same as long as `body` says so.
    @inline(__always)
    func visit(while body: (_ bin: Int, _ count: UInt64, _ units: UInt128) -> Bool) {
        let stride = form.stride
        guard form.contains(.dense) else {
            for position in Swift.stride(from: 0, to: words.count, by: stride) {
                guard body(Int(words[position]), count(at: position + 1), units(at: position + 1)) else { return }
            }
            return
        }
        var position = 0
        var rest = octaves
        while rest != 0 {
            let first = rest.trailingZeroBitCount * 64
            for bin in first..<first + 64 {
                let count = count(at: position)
                if count > 0, !body(bin, count, units(at: position)) { return }
                position += stride
            }
            rest &= rest &- 1
        }
    }

    /// Samples, or their weights in units of 2⁻²⁰.
    func total(weighted: Bool) -> UInt128 {
        var total: UInt128 = 0
        forEach { _, count, units in total = total.addingSaturating(weighted ? units : UInt128(count)) }
        return total
    }

    /// The bin of the smallest sample v with F(v) ≥ q; nil when nothing is there, or nothing weighs anything.
    ///
    /// - Parameter total: `total(weighted:)`, which whoever asks may know.
    func bin(_ q: Double, weighted: Bool, total: UInt128) -> Int? {
        guard total > 0 else { return nil }
        let rank = Self.rank(q, of: total)
        var seen: UInt128 = 0
        var found: Int?
        visit(while: { bin, count, units in
            seen = seen.addingSaturating(weighted ? units : UInt128(count))
            if seen >= rank { found = bin }
            return found == nil
        })
        return found
    }

    /// ⌈q·total⌉ within 1…total, exact for q given to nine decimals.
    private static func rank(_ q: Double, of total: UInt128) -> UInt128 {
        let parts = UInt128((q > 0 ? min(q, 1) : 0) * 1e9 + 0.5)
        let (high, low) = (total / 1_000_000_000, total % 1_000_000_000)
        let rank = high * parts + (low * parts + 999_999_999) / 1_000_000_000
        return min(max(rank, 1), total)
    }
}

// MARK: - Entries

extension LatencyBins {
    /// Where the entry of a bin is, or would be, in a dense form.
    @inline(__always)
    private func densePosition(_ bin: Int) -> Int {
        let below = octaves & ((1 &<< UInt64(bin &>> 6)) &- 1)
        return (below.nonzeroBitCount &* 64 &+ bin & 63) &* form.stride
    }

    /// Where the entry of a bin is, or would be, in a sparse form.
    @inline(__always)
    private func sparsePosition(_ bin: Int) -> Int {
        Self.sparsePosition(bin, in: words.span, shift: form.sparseShift)
    }

    @inline(__always)
    private func pair(_ position: Int) -> UInt64 {
        UInt64(words[position]) | UInt64(words[position + 1]) &<< 32
    }

    /// - Parameter position: of the count.
    @inline(__always)
    private func count(at position: Int) -> UInt64 {
        form.contains(.wide) ? pair(position) : UInt64(words[position])
    }

    @inline(__always)
    private func units(at position: Int) -> UInt128 {
        guard isWeighted else { return UInt128(count(at: position)) << 20 }
        guard form.contains(.wide) else { return UInt128(pair(position + 1)) }
        return UInt128(pair(position + 2)) | UInt128(pair(position + 4)) << 64
    }

    /// Writes numbers, which fit the form.
    @inline(__always)
    private mutating func set(_ position: Int, count: UInt64, units: UInt128) {
        words[position] = UInt32(truncatingIfNeeded: count)
        let isWide = form.contains(.wide)
        if isWide { words[position + 1] = UInt32(truncatingIfNeeded: count >> 32) }
        guard isWeighted else { return }
        let start = isWide ? position + 2 : position + 1
        for word in 0..<(isWide ? 4 : 2) {
            words[start + word] = UInt32(truncatingIfNeeded: units >> (32 * UInt128(word)))
        }
    }

    private func fits(_ count: UInt64, _ units: UInt128) -> Bool {
        form.contains(.wide) || count <= UInt64(UInt32.max) && (!isWeighted || units <= UInt128(UInt64.max))
    }

    @inline(never)
    private mutating func addAnywhere(_ bin: Int, count added: UInt64, _ addedUnits: UInt128) {
        let position = entry(bin)
        let count = count(at: position).addingSaturating(added)
        let units = units(at: position).addingSaturating(addedUnits)
        if fits(count, units) { return set(position, count: count, units: units) }
        rebuild(form.union(.wide))
        set(entry(bin), count: count, units: units)
    }

    /// Where the numbers of a bin are, new or known.
    private mutating func entry(_ bin: Int) -> Int {
        if !form.contains(.dense) {
            let stride = form.stride
            let position = sparsePosition(bin)
            if position < words.count, Int(words[position]) == bin { return position + 1 }
            if words.count < Self.sparseLimit * stride {
                words.insert(contentsOf: repeatElement(0, count: stride), at: position)
                words[position] = UInt32(bin)
                return position + 1
            }
            rebuild(form.union(.dense))
        }
        return denseEntry(bin)
    }

    private mutating func denseEntry(_ bin: Int) -> Int {
        let octave = UInt64(1) << UInt64(bin / 64)
        if octaves & octave == 0 {
            let start = densePosition(bin / 64 * 64)
            words.insert(contentsOf: repeatElement(0, count: 64 * form.stride), at: start)
            octaves |= octave
        }
        return densePosition(bin)
    }

    /// Adds counts of a dense and otherwise plain value to a dense one, an octave at a time.
    private mutating func mergeDense(_ other: LatencyBins) {
        var rest = other.octaves
        var start = 0
        while rest != 0 {
            let first = rest.trailingZeroBitCount * 64
            rest &= rest &- 1
            let counts = other.words.span.extracting(start..<start + 64)
            start += 64
            let place = denseEntry(first)
            if form == [.dense], Self.add(counts, to: &words, at: place) { continue }
            for lane in counts.indices where counts[lane] > 0 {
                addAnywhere(first + lane, count: UInt64(counts[lane]), UInt128(counts[lane]) << 20)
            }
        }
    }

    /// Adds counts to others; false where one might not fit, and then nothing is changed.
    private static func add(_ counts: Span<UInt32>, to words: inout [UInt32], at place: Int) -> Bool {
        var words = words.mutableSpan
        var bits: UInt32 = 0
        for lane in counts.indices { bits |= words[place + lane] | counts[lane] }
        guard bits >> 31 == 0 else { return false }
        for lane in counts.indices { words[place + lane] &+= counts[lane] }
        return true
    }

    /// The same samples in another form.
    private mutating func rebuild(_ form: Form) {
        var next = LatencyBins()
        next.form = form
        if form.contains(.dense) {
            // All octaves at once, for adding each would move what is behind it.
            forEach { bin, _, _ in next.octaves |= 1 &<< UInt64(bin / 64) }
            next.words = Array(repeating: 0, count: next.octaves.nonzeroBitCount * 64 * form.stride)
            forEach { bin, count, units in next.set(next.densePosition(bin), count: count, units: units) }
        } else {
            forEach { bin, count, units in next.set(next.entry(bin), count: count, units: units) }
        }
        self = next
    }
}
