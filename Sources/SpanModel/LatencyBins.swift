/// Samples and weights per bin of a `LatencySketch`, in the smallest of a few layouts.
///
/// One array of words. An entry is `[bin] count weight`: the bin where entries are sparse, the weight once any
/// sample weighs something else than one, all of them doubled once a number needs it. The layout follows
/// from the samples alone, never from their order, so equal samples are equal words.
struct LatencyBins: Hashable, Sendable {
    private struct Form: OptionSet, Hashable, Sendable {
        var rawValue: UInt8
        /// One entry for every bin of the window, which begins and ends with a sample.
        static let dense = Form(rawValue: 1)
        static let weighted = Form(rawValue: 2)
        /// Counts of 64 bits and weights of 128; else half of that.
        static let wide = Form(rawValue: 4)

        var stride: Int {
            let scale = contains(.wide) ? 2 : 1
            return (contains(.dense) ? 0 : 1) + scale * (contains(.weighted) ? 3 : 1)
        }
    }

    private var words: [UInt32] = []
    /// First bin of a dense window; zero where sparse.
    private var base: UInt16 = 0
    /// Bins that hold samples.
    private var distinct: UInt16 = 0
    private var form: Form = []
    private var stride: UInt8 = 2

    private static let oneUnits = Weight.one.units

    /// Dense where that costs at most four words per word needed.
    private static func isDense(distinct: Int, width: Int) -> Bool { distinct > 32 && width <= 4 * distinct }

    var isWeighted: Bool { form.contains(.weighted) }

    var memoryBytes: Int { words.capacity == 0 ? 0 : 4 * words.capacity + 32 }

    /// First and last bin that hold samples.
    var range: ClosedRange<Int>? {
        guard distinct > 0 else { return nil }
        let entries = words.count / Int(stride)
        if form.contains(.dense) { return Int(base)...Int(base) + entries - 1 }
        return Int(words[0])...Int(words[(entries - 1) * Int(stride)])
    }

    /// Adds one sample.
    @inline(__always)
    mutating func add(_ bin: Int, units: UInt64) {
        if units != Self.oneUnits, !isWeighted { rebuild(form.union(.weighted)) }
        let position = (bin - Int(base)) * Int(stride)
        guard form.contains(.dense), !form.contains(.wide), position >= 0, position < words.count,
            words[position] &- 1 < .max - 1
        else { return addAnywhere(bin, count: 1, units: UInt128(units)) }
        if isWeighted {
            let (sum, overflow) = narrowWeight(position + 1).addingReportingOverflow(units)
            guard !overflow else { return addAnywhere(bin, count: 1, units: UInt128(units)) }
            words[position + 1] = UInt32(truncatingIfNeeded: sum)
            words[position + 2] = UInt32(truncatingIfNeeded: sum &>> 32)
        }
        words[position] &+= 1
    }

    /// Adds all samples of another value.
    mutating func merge(_ other: LatencyBins) {
        if other.isWeighted, !isWeighted { rebuild(form.union(.weighted)) }
        guard let mine = range, let theirs = other.range else {
            if distinct == 0 { self = other }
            return
        }
        if form.contains(.dense) || other.form.contains(.dense) {
            let union = min(mine.lowerBound, theirs.lowerBound)...max(mine.upperBound, theirs.upperBound)
            rebuild(form.union(.dense), window: union)
        }
        other.forEach { bin, count, units in add(bin, count: count, units: units) }
        settle()
    }

    /// Adds a bin above all others, as they come from an encoded sketch.
    mutating func append(_ bin: Int, count: UInt64, units: UInt128, isWeighted: Bool) {
        if isWeighted, !self.isWeighted { rebuild(form.union(.weighted)) }
        addAnywhere(bin, count: count, units: units)
    }

    /// Bins that hold samples, lowest first; weights in units of 2⁻²⁰.
    func forEach(_ body: (_ bin: Int, _ count: UInt64, _ units: UInt128) -> Void) {
        var bin = Int(base)
        for position in Swift.stride(from: 0, to: words.count, by: Int(stride)) {
            if !form.contains(.dense) { bin = Int(words[position]) }
            let count = count(at: position)
            if count > 0 { body(bin, count, units(at: position)) }
            bin += 1
        }
    }

    /// Samples, or their weights in units of 2⁻²⁰.
    func total(weighted: Bool) -> UInt128 {
        var total: UInt128 = 0
        forEach { _, count, units in total = total.addingSaturating(weighted ? units : UInt128(count)) }
        return total
    }

    /// The bin of the smallest sample v with F(v) ≥ q; nil when nothing is there, or nothing weighs anything.
    func bin(_ q: Double, weighted: Bool) -> Int? {
        let total = total(weighted: weighted)
        guard total > 0 else { return nil }
        let rank = Self.rank(q, of: total)
        var seen: UInt128 = 0
        var found: Int?
        forEach { bin, count, units in
            guard found == nil else { return }
            seen = seen.addingSaturating(weighted ? units : UInt128(count))
            if seen >= rank { found = bin }
        }
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
    private func narrowWeight(_ position: Int) -> UInt64 {
        UInt64(words[position]) | UInt64(words[position + 1]) &<< 32
    }

    /// Where the numbers of an entry begin.
    private func numbers(_ position: Int) -> Int { form.contains(.dense) ? position : position + 1 }

    private func count(at position: Int) -> UInt64 {
        let start = numbers(position)
        return form.contains(.wide) ? narrowWeight(start) : UInt64(words[start])
    }

    private func units(at position: Int) -> UInt128 {
        guard isWeighted else { return UInt128(count(at: position)) << 20 }
        let start = numbers(position)
        guard form.contains(.wide) else { return UInt128(narrowWeight(start + 1)) }
        return UInt128(narrowWeight(start + 2)) | UInt128(narrowWeight(start + 4)) << 64
    }

    /// Writes an entry's numbers, which fit the form.
    private mutating func set(_ position: Int, count: UInt64, units: UInt128) {
        let scale = form.contains(.wide) ? 2 : 1
        let start = numbers(position)
        for word in 0..<scale { words[start + word] = UInt32(truncatingIfNeeded: count >> (32 * UInt64(word))) }
        guard isWeighted else { return }
        for word in 0..<2 * scale {
            words[start + scale + word] = UInt32(truncatingIfNeeded: units >> (32 * UInt128(word)))
        }
    }

    /// The entry of a bin; in a sparse form, where it would be.
    private func find(_ bin: Int) -> (position: Int, isThere: Bool) {
        let stride = Int(stride)
        if form.contains(.dense) {
            let position = (bin - Int(base)) * stride
            return (position, position >= 0 && position < words.count)
        }
        var (lower, upper) = (0, words.count / stride)
        while lower < upper {
            let middle = (lower + upper) / 2
            if Int(words[middle * stride]) < bin { lower = middle + 1 } else { upper = middle }
        }
        return (lower * stride, lower * stride < words.count && Int(words[lower * stride]) == bin)
    }

    @inline(never)
    private mutating func addAnywhere(_ bin: Int, count: UInt64, units: UInt128) {
        if form.contains(.dense), !find(bin).isThere {
            rebuild(form, window: min(bin, Int(base))...max(bin, Int(base) + words.count / Int(stride) - 1))
        }
        if add(bin, count: count, units: units) { settle() }
    }

    /// Adds to a bin inside the window of a dense form, or anywhere in a sparse one; whether the bin is new.
    @discardableResult
    private mutating func add(_ bin: Int, count added: UInt64, units addedUnits: UInt128) -> Bool {
        var (position, isThere) = find(bin)
        if !isThere {
            words.insert(contentsOf: repeatElement(0, count: Int(stride)), at: position)
            words[position] = UInt32(bin)
        }
        let known = count(at: position)
        let count = known.addingSaturating(added)
        let units = units(at: position).addingSaturating(addedUnits)
        if count > UInt64(UInt32.max) || isWeighted && units > UInt128(UInt64.max), !form.contains(.wide) {
            // Counted before the entry is lost: an empty one does not survive the change.
            set(position, count: 1, units: 0)
            rebuild(form.union(.wide))
            position = find(bin).position
        }
        set(position, count: count, units: units)
        if known == 0 { distinct += 1 }
        return known == 0
    }

    /// Chooses between dense and sparse.
    private mutating func settle() {
        guard let range else { return }
        let dense = Self.isDense(distinct: Int(distinct), width: range.count)
        if dense != form.contains(.dense) { rebuild(dense ? form.union(.dense) : form.subtracting(.dense)) }
    }

    /// The same samples in another form.
    private mutating func rebuild(_ form: Form, window: ClosedRange<Int>? = nil) {
        var next = LatencyBins()
        next.form = form
        next.stride = UInt8(form.stride)
        next.distinct = distinct
        if form.contains(.dense), let window = window ?? range {
            next.base = UInt16(window.lowerBound)
            next.words = Array(repeating: 0, count: window.count * form.stride)
        } else {
            next.words.reserveCapacity((Int(distinct) + 1) * form.stride)
        }
        forEach { bin, count, units in
            var position = (bin - Int(next.base)) * form.stride
            if !form.contains(.dense) {
                position = next.words.count
                next.words.append(contentsOf: repeatElement(0, count: form.stride))
                next.words[position] = UInt32(bin)
            }
            next.set(position, count: count, units: units)
        }
        self = next
    }
}
