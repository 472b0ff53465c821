/// The ways of many samples: into bins that are there, of the narrow forms.
///
/// Each adds samples until one for which something has to change first, and says which that is.
extension LatencyBins {
    /// Where an octave is among those that are there; the rank of its bit.
    private struct Octaves {
        let present: UInt64
        private let first: UInt64
        /// Nothing is missing in between, as is usual: ranks are then distances.
        private let isRun: Bool

        @inline(__always)
        init(_ present: UInt64) {
            self.present = present
            first = UInt64(truncatingIfNeeded: present.trailingZeroBitCount)
            let run = present &>> first
            isRun = run & (run &+ 1) == 0
        }

        /// The place of a bin's entry; nil where its octave is missing.
        @inline(__always)
        func entry(_ bin: Int) -> Int? {
            let octave = UInt64(truncatingIfNeeded: bin &>> 6)
            guard present &>> octave & 1 != 0 else { return nil }
            let rank =
                isRun ? Int(truncatingIfNeeded: octave &- first) : (present & (1 &<< octave &- 1)).nonzeroBitCount
            return rank &* 64 &+ bin & 63
        }
    }

    mutating func addDense(_ samples: Span<PackedSample>, from start: Int) -> Int {
        let octaves = Octaves(octaves)
        var words = words.mutableSpan
        if start == 0, samples.count == 8, Self.addEight(samples, octaves, to: &words) { return 8 }
        for index in start..<samples.count {
            let sample = samples[index]
            guard sample.weightNumber == 0, let entry = octaves.entry(LatencySketch.bin(sample.nanoseconds)),
                words[entry] < .max
            else { return index }
            words[entry] &+= 1
        }
        return samples.count
    }

    /// Looks at all eight before it changes any: what is far from the caches is then waited for together.
    ///
    /// Places are in an `InlineArray`: lanes of a vector are set by way of memory, each waiting for the one before.
    @inline(__always)
    private static func addEight(
        _ samples: Span<PackedSample>, _ octaves: Octaves, to words: inout MutableSpan<UInt32>
    ) -> Bool {
        var entries = InlineArray<8, Int32>(repeating: 0)
        var greatest: UInt32 = 0
        for lane in 0..<8 {
            let sample = samples[lane]
            guard sample.weightNumber == 0, let entry = octaves.entry(LatencySketch.bin(sample.nanoseconds))
            else { return false }
            entries[lane] = Int32(truncatingIfNeeded: entry)
            greatest = max(greatest, words[entry])
        }
        guard greatest < .max &- 8 else { return false }
        for lane in 0..<8 { words[Int(entries[lane])] &+= 1 }
        return true
    }

    mutating func addDense(_ samples: Span<PackedSample>, _ weights: Span<Weight>, from start: Int) -> Int {
        let octaves = Octaves(octaves)
        var words = words.mutableSpan
        if start == 0, samples.count == 8, Self.addEight(samples, weights, octaves, to: &words) { return 8 }
        for index in start..<samples.count {
            let sample = samples[index]
            guard let entry = octaves.entry(LatencySketch.bin(sample.nanoseconds)),
                Self.add(weights[sample.weightNumber].units, at: entry &* 3, of: &words)
            else { return index }
        }
        return samples.count
    }

    /// Likewise.
    @inline(__always)
    private static func addEight(
        _ samples: Span<PackedSample>, _ weights: Span<Weight>, _ octaves: Octaves,
        to words: inout MutableSpan<UInt32>
    ) -> Bool {
        var positions = InlineArray<8, Int32>(repeating: 0)
        // Bits of numbers that would be near their end.
        var wide: UInt64 = 0
        for lane in 0..<8 {
            let sample = samples[lane]
            guard let entry = octaves.entry(LatencySketch.bin(sample.nanoseconds)) else { return false }
            let position = entry &* 3
            positions[lane] = Int32(truncatingIfNeeded: position)
            wide |= UInt64(words[position] | words[position &+ 2]) | weights[sample.weightNumber].units &>> 28
        }
        guard wide < 1 << 30 else { return false }
        for lane in 0..<8 {
            let position = Int(positions[lane])
            let known = UInt64(words[position &+ 1]) | UInt64(words[position &+ 2]) &<< 32
            let sum = known &+ weights[samples[lane].weightNumber].units
            words[position] &+= 1
            words[position &+ 1] = UInt32(truncatingIfNeeded: sum)
            words[position &+ 2] = UInt32(truncatingIfNeeded: sum &>> 32)
        }
        return true
    }

    mutating func addSparse(_ samples: Span<PackedSample>, from start: Int) -> Int {
        var words = words.mutableSpan
        for index in start..<samples.count {
            let sample = samples[index]
            let bin = LatencySketch.bin(sample.nanoseconds)
            let position = Self.sparsePosition(bin, in: words.span, shift: 1)
            guard sample.weightNumber == 0, position < words.count, Int(words[position]) == bin,
                words[position &+ 1] < .max
            else { return index }
            words[position &+ 1] &+= 1
        }
        return samples.count
    }

    mutating func addSparse(_ samples: Span<PackedSample>, _ weights: Span<Weight>, from start: Int) -> Int {
        var words = words.mutableSpan
        for index in start..<samples.count {
            let sample = samples[index]
            let bin = LatencySketch.bin(sample.nanoseconds)
            let position = Self.sparsePosition(bin, in: words.span, shift: 2)
            guard position < words.count, Int(words[position]) == bin,
                Self.add(weights[sample.weightNumber].units, at: position &+ 1, of: &words)
            else { return index }
        }
        return samples.count
    }

    /// Adds samples some of whose bins are new to a sparse and narrow form, in one go; false where it cannot hold them.
    mutating func insertSparse(_ samples: Span<PackedSample>, _ weights: Span<Weight>, from start: Int) -> Bool {
        let added = samples.count - start
        guard added <= 8, !isDense, !isWide else { return false }
        let isWeighted = isWeighted
        // Bins above weight numbers.
        var sorted = InlineArray<8, UInt64>(repeating: 0)
        for index in start..<samples.count {
            let sample = samples[index]
            guard isWeighted || sample.weightNumber == 0 else { return false }
            let key = UInt64(LatencySketch.bin(sample.nanoseconds)) << 32 | UInt64(sample.weightNumber)
            var lane = index - start
            while lane > 0, sorted[lane - 1] > key {
                sorted[lane] = sorted[lane - 1]
                lane -= 1
            }
            sorted[lane] = key
        }
        let (known, stride) = (words, isWeighted ? 4 : 2)
        var merged: [UInt32] = []
        var fits = true
        merged.append(addingCapacity: known.count + added * stride) { output in
            var (position, lane) = (0, 0)
            while position < known.count || lane < added {
                let next = lane < added ? UInt32(truncatingIfNeeded: sorted[lane] >> 32) : .max
                let bin = position < known.count ? min(known[position], next) : next
                var (count, units) = (UInt64(0), UInt64(0))
                if position < known.count, known[position] == bin {
                    count = UInt64(known[position + 1])
                    if isWeighted { units = UInt64(known[position + 2]) | UInt64(known[position + 3]) << 32 }
                    position += stride
                }
                while lane < added, sorted[lane] >> 32 == UInt64(bin) {
                    count += 1
                    let weight = weights[Int(truncatingIfNeeded: sorted[lane] & 0xffff_ffff)]
                    let (sum, overflow) = units.addingReportingOverflow(weight.units)
                    fits = fits && (!overflow || !isWeighted)
                    units = sum
                    lane += 1
                }
                fits = fits && count <= UInt64(UInt32.max)
                output.append(bin)
                output.append(UInt32(truncatingIfNeeded: count))
                guard isWeighted else { continue }
                output.append(UInt32(truncatingIfNeeded: units))
                output.append(UInt32(truncatingIfNeeded: units >> 32))
            }
        }
        guard fits, merged.count <= Self.sparseLimit * stride else { return false }
        words = merged
        return true
    }

    /// Adds one sample to a narrow count and its weight; false where they would be too wide.
    @inline(__always)
    private static func add(_ units: UInt64, at position: Int, of words: inout MutableSpan<UInt32>) -> Bool {
        let known = UInt64(words[position &+ 1]) | UInt64(words[position &+ 2]) &<< 32
        let (sum, overflow) = known.addingReportingOverflow(units)
        guard !overflow, words[position] < .max else { return false }
        words[position] &+= 1
        words[position &+ 1] = UInt32(truncatingIfNeeded: sum)
        words[position &+ 2] = UInt32(truncatingIfNeeded: sum &>> 32)
        return true
    }

    /// Where the entry of a bin is, or would be, in a sparse form whose entries have 2ˢʰⁱᶠᵗ words.
    @inline(__always)
    static func sparsePosition(_ bin: Int, in words: Span<UInt32>, shift: Int) -> Int {
        // Steps of halved length from the front, without a branch to guess.
        var position = 0
        var entries = words.count &>> shift
        while entries > 0 {
            let half = (entries &+ 1) &>> 1
            let isBelow = Int(words[position &+ (half &- 1) &<< shift]) < bin
            position = isBelow ? position &+ half &<< shift : position
            entries = isBelow ? entries &- half : half &- 1
        }
        return position
    }
}
