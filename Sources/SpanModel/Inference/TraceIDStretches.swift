/// Divides the hours of one family into stretches of one probability each.
///
/// The division that makes what was seen most likely, every change at the price of some bits: a probability that
/// differs by a factor r is told from its neighbour by some 10/ln r traces.
struct TraceIDStretches {
    struct Stretch {
        var firstHour: UInt32
        var lastHour: UInt32
        var traces: UInt64
        /// The largest fraction that was not forced.
        var largest: UInt64
        var forced: UInt64
        /// The price of what was set aside in these hours alone.
        var price: UInt64

        /// What it proves.
        var bits: Int128 { Int128(TraceIDEvidence.bits(largest, traces)) - Int128(price) }

        mutating func absorb(_ other: Stretch) {
            firstHour = min(firstHour, other.firstHour)
            lastHour = max(lastHour, other.lastHour)
            traces = traces.addingSaturating(other.traces)
            largest = max(largest, other.largest)
            forced = forced.addingSaturating(other.forced)
            price = price.addingSaturating(other.price)
        }
    }

    private(set) var stretches: [Stretch] = []
    /// What they prove against "all traces are kept", less the price of the changes; units of 2⁻³².
    private(set) var bits: UInt64 = 0

    private let hours: [Stretch]
    private let whole: Stretch
    /// Of what was set aside in the whole, and so in every division of it.
    private let price: Int128

    /// - Parameters:
    ///   - hours: in order; the traces of later hours are in the last stretch.
    ///   - whole: all hours together, with more of the largest fractions.
    init(_ hours: [(hour: UInt32, evidence: TraceIDEvidence)], whole: TraceIDEvidence) {
        let cut = Self.cut(whole)
        self.hours = hours.map { Self.stretch($0.hour, $0.evidence, below: cut) }
        let forced = UInt64(whole.forced)
        self.whole = Stretch(
            firstHour: hours.first?.hour ?? 0, lastHour: .max, traces: whole.traces - min(forced, whole.traces),
            largest: cut, forced: forced, price: 0)
        price = Int128(TraceIDEvidence.price(forced: forced, of: whole.traces))
        divide()
    }

    private static func cut(_ whole: TraceIDEvidence) -> UInt64 {
        let forced = whole.forced
        return forced < whole.largest.count ? whole.largest[forced] : 0
    }

    /// One hour; what lies above the cut of the whole was forced.
    private static func stretch(_ hour: UInt32, _ evidence: TraceIDEvidence, below cut: UInt64) -> Stretch {
        let kept = TraceIDEvidence(largest: evidence.largest.filter { $0 <= cut }, traces: evidence.traces)
        let above = evidence.largest.count - kept.largest.count
        let forced = kept.forced
        let largest = forced < kept.largest.count ? kept.largest[forced] : cut
        return Stretch(
            firstHour: hour, lastHour: hour, traces: evidence.traces - min(UInt64(above + forced), evidence.traces),
            largest: largest, forced: UInt64(above + forced),
            price: TraceIDEvidence.price(forced: UInt64(forced), of: evidence.traces))
    }

    private mutating func divide() {
        let change = Int128(TraceIDSample.bitsPerChange * TraceIDEvidence.bit)
        // By hour: the best bits up to it, and where its stretch begins.
        var best = [Int128](repeating: .min, count: hours.count + 1)
        var start = [Int](repeating: 0, count: hours.count + 1)
        best[0] = change
        for end in hours.indices {
            var stretch = hours[end]
            for first in stride(from: end, through: 0, by: -1) {
                if first < end { stretch.absorb(hours[first]) }
                guard best[first] > .min, stretch.traces >= InferredProbability.leastTraces else { continue }
                let bits = best[first] + stretch.bits - change
                if bits > best[end + 1] { (best[end + 1], start[end + 1]) = (bits, first) }
            }
        }
        guard best[hours.count] > whole.bits, start[hours.count] > 0 else {
            (stretches, bits) = ([whole], UInt64(clamping: whole.bits - price))
            return
        }
        bits = UInt64(clamping: best[hours.count] - price)
        var end = hours.count
        while end > 0 {
            stretches.insert(united(start[end]..<end), at: 0)
            end = start[end]
        }
    }

    private func united(_ range: Range<Int>) -> Stretch {
        var united = hours[range.lowerBound]
        for hour in hours[range].dropFirst() { united.absorb(hour) }
        return united
    }

    /// Gives the hour in which a probability changed to the lower of the two.
    ///
    /// The hour's largest fraction is that of the higher one, which held for a part of it only.
    static func thinned(_ inferred: [InferredStretch], _ found: [Stretch]) -> [InferredStretch] {
        var pieces: [InferredStretch] = []
        func add(_ source: Int, from hour: UInt32) {
            var piece = inferred[source]
            piece.firstHour = hour
            pieces.append(piece)
        }
        for (index, stretch) in found.enumerated() {
            let rose = index > 0 && found[index - 1].largest < stretch.largest
            let falls = index + 1 < found.count && found[index + 1].largest < stretch.largest
            if stretch.firstHour == stretch.lastHour, rose, falls {
                let isLower = found[index - 1].largest < found[index + 1].largest
                add(isLower ? index - 1 : index + 1, from: stretch.firstHour)
                continue
            }
            if rose { add(index - 1, from: stretch.firstHour) }
            let own = stretch.firstHour + (rose ? 1 : 0)
            if own < stretch.lastHour || (own == stretch.lastHour && !falls) { add(index, from: own) }
            if falls { add(index + 1, from: stretch.lastHour) }
        }
        return pieces
    }
}
