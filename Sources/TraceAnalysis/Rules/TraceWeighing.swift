import SpanModel

/// Gives a trace and its spans their weights, by the order of evidence.
enum TraceWeighing {
    /// The span whose evidence holds for the whole trace; its strength.
    private struct Decider {
        var index = -1
        var strength = UInt8.max

        /// Strongest evidence, then earliest, then least span id.
        mutating func consider(_ index: Int, in spans: [TraceSpan]) {
            let strength = spans[index].flags.strength
            guard strength != .max, strength <= self.strength else { return }
            if strength < self.strength || spans[index].startNanoseconds < spans[self.index].startNanoseconds {
                self = Decider(index: index, strength: strength)
            }
        }
    }

    /// The root's evidence, else the strongest anywhere, else what the job assumes, else one.
    static func weigh(
        _ trace: inout Trace, assumed: Weight?, tally: inout FindingTally, findings: inout FindingTally.Findings
    ) {
        var (root, anyone) = (Decider(), Decider())
        for index in trace.spans.indices where trace.spans[index].flags.strength != .max {
            if trace.spans[index].state == .root { root.consider(index, in: trace.spans) }
            anyone.consider(index, in: trace.spans)
        }
        let decider = root.index >= 0 ? root.index : anyone.index
        if decider >= 0 {
            let span = trace.spans[decider]
            trace.evidence = span.flags.evidence
            // Debug traces are kept whatever the sampler says: like those of a lower bound they are in no estimate.
            let isUncounted = !span.flags.isDisjoint(with: [.uncounted, .debug]) && trace.evidence != .threshold
            trace.weight = isUncounted ? Weight(units: 0) : span.weight
        } else {
            trace.evidence = assumed == nil ? .none : .assumed
            trace.weight = assumed ?? .one
        }
        let isUnweighted = decider < 0 && assumed == nil
        for index in trace.spans.indices {
            let flags = trace.spans[index].flags
            if flags.evidence != .threshold { trace.spans[index].weight = trace.weight }
            if isUnweighted { tally.add(.spansUnweighted, trace.spans[index].service, into: &findings) }
            guard !flags.isDisjoint(with: [.weightCapped, .reversedTimes]) else { continue }
            if flags.contains(.weightCapped) {
                tally.add(.weightsCapped, trace.spans[index].service, into: &findings)
            }
            if flags.contains(.reversedTimes) {
                tally.add(.spansReversed, trace.spans[index].service, into: &findings)
            }
        }
    }
}
