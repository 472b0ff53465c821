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

    /// The root's evidence, else the strongest anywhere; else what the ledger or the ids say of the root; else what
    /// the job assumes, else one.
    ///
    /// - Parameters:
    ///   - anyFlags: flags that any span has; most traces have none that matter here.
    ///   - firstRoot: the earliest, whose tracer decided; −1: there is none.
    static func weigh(
        _ trace: inout Trace, anyFlags: SpanFlags, firstRoot: Int, facts: borrowing WindowFacts, assumed: Weight?,
        tally: inout FindingTally, findings: inout FindingTally.Findings
    ) {
        if anyFlags.strength != .max {
            decide(&trace)
        } else if firstRoot >= 0,
            let known = facts.weight(
                ofRoot: trace.spans[firstRoot].operation, trace.id,
                startNanoseconds: trace.spans[firstRoot].startNanoseconds)
        {
            (trace.weight, trace.evidence) = known
        } else {
            trace.evidence = assumed == nil ? .none : .assumed
            trace.weight = assumed ?? .one
        }
        spread(trace.weight, over: &trace.spans)
        if anyFlags.contains(.weightCapped) {
            report(.weightsCapped, of: .weightCapped, trace.spans, &tally, &findings)
        }
        if anyFlags.contains(.reversedTimes) {
            report(.spansReversed, of: .reversedTimes, trace.spans, &tally, &findings)
        }
    }

    /// A span's own threshold wins.
    private static func spread(_ weight: Weight, over spans: inout [TraceSpan]) {
        var spans = spans.mutableSpan
        for index in spans.indices where spans[index].flags.evidence != .threshold { spans[index].weight = weight }
    }

    /// Finds the span whose evidence holds for the trace.
    private static func decide(_ trace: inout Trace) {
        let spans = trace.spans
        var (root, anyone) = (Decider(), Decider())
        for index in spans.indices where spans[index].flags.strength != .max {
            if spans[index].state == .root { root.consider(index, in: spans) }
            anyone.consider(index, in: spans)
        }
        let span = spans[root.index >= 0 ? root.index : anyone.index]
        // Debug traces are kept whatever the sampler says: like those of a lower bound they are in no estimate.
        let evidence = span.flags.evidence
        let isUncounted = !span.flags.isDisjoint(with: [.uncounted, .debug]) && evidence != .threshold
        let weight = isUncounted ? Weight(units: 0) : span.weight
        trace.evidence = evidence
        trace.weight = weight
    }

    private static func report(
        _ reason: Finding.Reason, of flag: SpanFlags, _ spans: [TraceSpan], _ tally: inout FindingTally,
        _ findings: inout FindingTally.Findings
    ) {
        for span in spans where span.flags.contains(flag) { tally.add(reason, span.service, into: &findings) }
    }
}
