extension TraceIDSample {
    /// Bits against "all traces are kept" that an answer needs: one wrong in about 2 million for all families together.
    static let leastBits: UInt64 = 24
    /// Bits that each change of the probability must bring in addition.
    static let bitsPerChange: UInt64 = 15

    /// The probability behind the ids, hour by hour where it changed; nil: no answer.
    ///
    /// There is none with fewer than ten traces, where ids are not random, or where some traces show a lower
    /// probability and others none. An answer whose `overall.isUnsampled` says that nothing was left out; with few
    /// traces it does not exclude much, see its interval.
    ///
    /// - Complexity: O(hours²) for each family.
    public func inference() -> OperationInference? {
        guard traces >= InferredProbability.leastTraces else { return nil }
        var best: (family: TraceIDFamily, bits: UInt64, stretches: [TraceIDStretches.Stretch])?
        var random: [TraceIDFamily] = []
        for family in TraceIDFamily.allCases where isRandom(family) {
            random.append(family)
            let found = TraceIDStretches(hours(of: family), whole: evidence(of: family))
            guard found.bits >= Self.leastBits * TraceIDEvidence.bit, found.bits > best?.bits ?? 0 else { continue }
            best = (family, found.bits, found.stretches)
        }
        if let best { return answer(best.family, best.stretches) }
        return unsampled(random)
    }

    /// The probability behind the ids of a service whose family is known from its other operations.
    ///
    /// What `inference()` cannot tell from "all are kept", a probability near one, is an answer here. Nil with fewer
    /// than ten traces, or where the family's numbers are not even.
    public func inference(assuming family: TraceIDFamily) -> OperationInference? {
        guard traces >= InferredProbability.leastTraces, isRandom(family) else { return nil }
        let whole = evidence(of: family)
        guard whole.isEven(dropping: 0) else { return nil }
        return answer(
            family,
            [
                TraceIDStretches.Stretch(
                    firstHour: 0, lastHour: .max, traces: whole.traces, largest: whole.largest[0], forced: 0, price: 0)
            ])
    }

    /// Everything of one family together.
    private func evidence(of family: TraceIDFamily) -> TraceIDEvidence {
        if let many { return TraceIDEvidence(largest: Array(many.largest[family]), traces: many.records) }
        return TraceIDEvidence(largest: Self.descending(few, family), traces: UInt64(few.count))
    }

    /// One family hour by hour.
    private func hours(of family: TraceIDFamily) -> [(hour: UInt32, evidence: TraceIDEvidence)] {
        if let many {
            return many.hours.map {
                ($0.hour, TraceIDEvidence(largest: Array($0.largest[family]), traces: $0.records))
            }
        }
        return Dictionary(grouping: few, by: \.hour).sorted { $0.key < $1.key }.map { hour, traces in
            (hour, TraceIDEvidence(largest: Self.descending(traces, family), traces: UInt64(traces.count)))
        }
    }

    private static func descending(_ traces: [Few], _ family: TraceIDFamily) -> [UInt64] {
        Set(traces.map { family.fraction(of: $0.id) }).filter { $0 > 0 }.sorted(by: >)
    }

    /// Whether a family's numbers look drawn at random, from zero up to wherever they end.
    private func isRandom(_ family: TraceIDFamily) -> Bool {
        let whole = evidence(of: family)
        let forced = whole.forced
        guard whole.largest.count > forced, whole.isSpread(dropping: forced), bits.suit(family) else { return false }
        let (most, least) = (whole.largest[forced], smallest(family))
        // What is below one in 250,000 was not sampled so: such ids were counted up, or have few bits.
        guard most >= 1 << 46, least < most else { return false }
        // Nothing near zero: (1 − least/most)ⁿ below 2⁻¹⁷.
        let rest = UInt64(truncatingIfNeeded: ((UInt128(most - least) << 64) - 1) / UInt128(most))
        return TraceIDEvidence.bits(rest, traces) < 17 * TraceIDEvidence.bit
    }

    private var bits: TraceIDBits {
        if let many { return many.bits }
        var bits = TraceIDBits()
        for trace in few { bits.add(trace.id) }
        return bits
    }

    private func smallest(_ family: TraceIDFamily) -> UInt64 {
        if let many { return many.smallest[Int(family.rawValue)] }
        return few.lazy.map { family.fraction(of: $0.id) }.min() ?? .max
    }

    private func answer(_ family: TraceIDFamily, _ found: [TraceIDStretches.Stretch]) -> OperationInference {
        let stretches = found.map { stretch in
            InferredStretch(
                firstHour: stretch.firstHour,
                inferred: InferredProbability(
                    largest: stretch.largest, traces: stretch.traces, forced: stretch.forced, family: family),
                largest: stretch.largest)
        }
        return OperationInference(
            overall: Self.overall(stretches), stretches: TraceIDStretches.thinned(stretches, found))
    }

    /// All sampled traces over all that they stand for.
    private static func overall(_ stretches: [InferredStretch]) -> InferredProbability {
        guard stretches.count != 1 else { return stretches[0].inferred }
        var overall = InferredProbability(
            probability: 0, interval: ConfidenceInterval(low: 0, high: 0), family: stretches[0].inferred.family,
            traces: 0)
        var (all, most, least) = (0.0, 0.0, 0.0)
        for part in stretches.map(\.inferred) {
            overall.traces = overall.traces.addingSaturating(part.traces)
            overall.forced = overall.forced.addingSaturating(part.forced)
            all += Double(part.traces) / part.probability
            most += Double(part.traces) / part.interval.low
            least += Double(part.traces) / part.interval.high
        }
        let traces = Double(overall.traces)
        overall.probability = ConfidenceInterval.rounded(traces / all)
        overall.interval = ConfidenceInterval(
            low: ConfidenceInterval.rounded(traces / most), high: ConfidenceInterval.rounded(traces / least))
        return overall
    }

    /// The answer that all traces were kept; nil where some family's numbers are not even.
    private func unsampled(_ families: [TraceIDFamily]) -> OperationInference? {
        var low = 1.0
        for family in families {
            let whole = evidence(of: family)
            guard whole.isEven(dropping: 0) else { return nil }
            low = min(low, Double(whole.largest[0]) * 0x1p-64)
        }
        guard !families.isEmpty else { return nil }
        return OperationInference(
            overall: InferredProbability(
                probability: 1, interval: ConfidenceInterval(low: ConfidenceInterval.rounded(low), high: 1),
                family: nil, traces: traces),
            stretches: [])
    }
}
