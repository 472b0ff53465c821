import SpanModel

/// What all rule sets share: spans out of pieces (P2), the tree (P3), weights, and whether the trace is reported.
struct TraceAssembly {
    var merger: PieceMerger
    var tree = TreeBuilder()
    var tally = FindingTally()
    private let facts: WindowFacts

    init(keepsOrigins: Bool = false, facts: WindowFacts = WindowFacts()) {
        merger = PieceMerger(keepsOrigins: keepsOrigins)
        self.facts = facts
    }

    /// Fills the trace and the findings about its shape; a trace outside the window has none.
    mutating func assemble(
        _ records: borrowing TraceRecords, settings: AnalysisSettings, into observation: inout TraceObservation
    ) {
        observation.reset()
        tally.reset()
        observation.trace.id = records.id
        observation.trace.records = records.records.count
        observation.trace.isCut = records.isCut
        merger.merge(records, into: &observation.trace.spans)
        for (service, count) in merger.duplicates {
            tally.add(.spansDuplicate, service, count: count, into: &observation.findings)
        }
        tree.hang(&observation.trace, tally: &tally, findings: &observation.findings)
        TraceWeighing.weigh(
            &observation.trace, anyFlags: merger.anyFlags, firstRoot: tree.firstRoot, facts: facts,
            assumed: settings.assumedWeight, tally: &tally, findings: &observation.findings)
        let start = merger.startNanoseconds
        observation.trace.startNanoseconds = start
        observation.trace.isInWindow = !observation.trace.spans.isEmpty && settings.window.includes(start)
        if records.isCut {
            let root = observation.trace.spans.first { $0.state == .root }
            tally.add(.tracesCut, root?.service ?? 0, into: &observation.findings)
        }
        if !observation.trace.isInWindow {
            tally.reset()
            observation.findings.empty()
        }
    }
}

extension Window {
    /// Like `contains`, but the window of all times has no end.
    func includes(_ nanoseconds: UInt64) -> Bool { self == .always || contains(nanoseconds) }
}
