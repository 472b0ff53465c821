internal import Glibc

/// A sampling probability read off the trace ids it let through.
///
/// n ids evenly spread over [0, p) have their largest M at p·n/(n + 1) on average: the estimate is (n + 1)/n·M, and
/// [M, M·0.05^(−1/n)] holds p in exactly 95 % of cases.
public struct InferredProbability: Hashable, Sendable {
    public var probability: Double
    public var interval: ConfidenceInterval
    /// The function of the id that the sampler uses; nil: nothing was left out, so nothing tells.
    public var family: TraceIDFamily?
    /// Traces it rests on, those that were forced left out.
    public var traces: UInt64
    /// Traces far above all others: kept by a debug flag or the like, whatever the sampler said.
    public var forced: UInt64

    /// As the properties say; the probability is 0…1 and within the interval, which is not checked.
    public init(
        probability: Double, interval: ConfidenceInterval, family: TraceIDFamily?, traces: UInt64, forced: UInt64 = 0
    ) {
        self.probability = probability
        self.interval = interval
        self.family = family
        self.traces = traces
        self.forced = forced
    }

    /// Fewer traces say nothing.
    public static let leastTraces: UInt64 = 10

    /// Whether all traces were kept.
    public var isUnsampled: Bool { family == nil }

    /// The estimate from the largest fraction of a number of traces.
    init(largest: UInt64, traces: UInt64, forced: UInt64, family: TraceIDFamily) {
        let most = Double(largest) * 0x1p-64
        let count = Double(max(traces, 1))
        // The stretch of the interval is computed by the machine's own exp.
        let high = ConfidenceInterval.rounded(most * exp(log(20.0) / count))
        self.init(
            probability: min((count + 1) / count * most, 1),
            interval: ConfidenceInterval(low: ConfidenceInterval.rounded(most), high: min(high, 1)), family: family,
            traces: traces, forced: forced)
    }
}

/// Hours in a row that one probability explains.
public struct InferredStretch: Hashable, Sendable {
    /// First hour since the Unix epoch; the stretch lasts until the next one begins.
    public var firstHour: UInt32
    /// Of its traces.
    public var inferred: InferredProbability
    /// Fractions above were not chosen by this probability.
    public var largest: UInt64
    /// 1 / probability.
    public var weight: Weight

    init(firstHour: UInt32, inferred: InferredProbability, largest: UInt64) {
        self.firstHour = firstHour
        self.inferred = inferred
        self.largest = largest
        weight = Self.weight(largest, inferred.traces)
    }

    /// n / ((n + 1)·M) in whole units, at least one.
    private static func weight(_ largest: UInt64, _ traces: UInt64) -> Weight {
        // Beyond 2²⁴ traces the correction is below a unit.
        let count = UInt128(min(max(traces, 1), 1 << 24))
        let share = UInt128(max(largest, 1)) * (count + 1)
        let units = ((count << 84) + share / 2) / share
        return Weight(units: UInt64(min(max(units, UInt128(Weight.one.units)), UInt128(Weight.maximum.units))))
    }
}

/// What the ids of one operation's traces say: a family, and a probability for each stretch of hours.
public struct OperationInference: Hashable, Sendable {
    /// Over all traces: as many as the stretches' estimates add up to, forced ones left out.
    public var overall: InferredProbability
    /// In order; empty where nothing was left out.
    public var stretches: [InferredStretch]

    /// What a root weighs by the inferred probability of its hour; nothing if that probability did not choose it.
    ///
    /// Where the probability fell or rose within an hour, the hour has the lower one: the traces that it would
    /// have kept are a complete sample. The others, and forced ones, weigh nothing.
    public func weight(of id: TraceID, startNanoseconds: UInt64) -> Weight {
        guard let family = overall.family else { return .one }
        guard let stretch = stretch(at: startNanoseconds) else { return .one }
        return family.fraction(of: id) <= stretch.largest ? stretch.weight : Weight(units: 0)
    }

    /// The stretch of an instant.
    public func stretch(at nanoseconds: UInt64) -> InferredStretch? {
        let hour = UInt32(truncatingIfNeeded: nanoseconds / Nanoseconds.hour)
        var (lower, upper) = (0, stretches.count)
        while lower < upper {
            let middle = (lower + upper) / 2
            if stretches[middle].firstHour <= hour { lower = middle + 1 } else { upper = middle }
        }
        return stretches.isEmpty ? nil : stretches[max(lower - 1, 0)]
    }
}
