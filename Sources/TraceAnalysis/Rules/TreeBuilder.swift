import SpanModel

/// Hangs the spans of a trace under their parents (P3): nothing is guessed, cycles are broken, all in linear time.
struct TreeBuilder {
    private(set) var index = SpanIndex()
    /// The earliest root of the trace that was hung last; −1: it has none.
    private(set) var firstRoot = -1
    /// Indices of spans without a parent.
    private var tops = RefilledList<Int>()
    /// Which walk saw a span first.
    private var stamps: [Int32] = []
    /// Whether every parent starts before its child, so that no cycle can be.
    private var isOrdered = true

    /// Fills `parents` and states; `spans` are sorted by id, side, service.
    mutating func hang(_ trace: inout Trace, tally: inout FindingTally, findings: inout FindingTally.Findings) {
        index.build(trace.spans)
        if index.hasRepeats { adoptParents(&trace, tally: &tally, findings: &findings) }
        isOrdered = Self.placeAll(
            &trace.spans, &index, parents: &trace.parents, tops: &tops, tally: &tally, findings: &findings)
        if !isOrdered { breakCycles(&trace, tally: &tally, findings: &findings) }
        countRoots(&trace, tally: &tally, findings: &findings)
    }

    /// - Parameter index: not changed; what is lent for writing is not held a second time.
    /// - Returns: whether every parent starts before its child.
    private static func placeAll(
        _ spans: inout [TraceSpan], _ index: inout SpanIndex, parents: inout [Int32], tops: inout RefilledList<Int>,
        tally: inout FindingTally, findings: inout FindingTally.Findings
    ) -> Bool {
        tops.empty()
        parents.empty()
        var isOrdered = true
        parents.append(addingCapacity: spans.count) { output in
            for member in spans.indices {
                let parent = parent(of: member, in: &spans, &index, tally: &tally, findings: &findings)
                output.append(Int32(truncatingIfNeeded: parent))
                if parent < 0 {
                    tops.append(member)
                } else if spans[parent].startNanoseconds >= spans[member].startNanoseconds {
                    isOrdered = false
                }
            }
        }
        return isOrdered
    }

    /// The parent of a span, −1 if it has none; sets its state, which is that of a child so far.
    @inline(__always)
    private static func parent(
        of member: Int, in spans: inout [TraceSpan], _ index: inout SpanIndex, tally: inout FindingTally,
        findings: inout FindingTally.Findings
    ) -> Int {
        let parentID = spans[member].parentID
        if !index.hasRepeats, parentID != 0, parentID != spans[member].spanID, let found = index.first(parentID) {
            return found
        }
        return place(member, in: &spans, &index, tally: &tally, findings: &findings)
    }

    /// An exit without a parent id takes that of the entry which shares its id.
    private func adoptParents(
        _ trace: inout Trace, tally: inout FindingTally, findings: inout FindingTally.Findings
    ) {
        let ids = index.ids
        var start = 0
        while start < ids.count {
            var end = start + 1
            while end < ids.count, ids[end] == ids[start] { end += 1 }
            if end - start > 1, trace.spans[start].kind.isExit { adopt(start..<end, &trace, &tally, &findings) }
            start = end
        }
    }

    private func adopt(
        _ run: Range<Int>, _ trace: inout Trace, _ tally: inout FindingTally,
        _ findings: inout FindingTally.Findings
    ) {
        let (id, own) = (index.ids[run.lowerBound], trace.spans[run.lowerBound].parentID)
        if own == id { tally.add(.selfParents, trace.spans[run.lowerBound].service, into: &findings) }
        guard own == 0 || own == id else { return }
        var adopted: UInt64 = 0
        for member in run where trace.spans[member].kind.isEntry {
            let parent = trace.spans[member].parentID
            if parent != 0, parent != id, adopted == 0 || parent < adopted { adopted = parent }
        }
        trace.spans[run.lowerBound].parentID = adopted
    }

    /// The same where something is unusual.
    @inline(never)
    private static func place(
        _ member: Int, in spans: inout [TraceSpan], _ index: inout SpanIndex, tally: inout FindingTally,
        findings: inout FindingTally.Findings
    ) -> Int {
        let (id, parentID) = (spans[member].spanID, spans[member].parentID)
        var state = TraceSpan.ParentState.child
        defer { if spans[member].state != state { spans[member].state = state } }
        if index.hasRepeats, spans[member].kind.isEntry, let sharing = index.first(id), spans[sharing].kind.isExit {
            return sharing
        }
        guard parentID != 0, parentID != id else {
            if parentID == id {
                tally.add(.selfParents, spans[member].service, into: &findings)
                spans[member].parentID = 0
            }
            state = .root
            return -1
        }
        guard let found = index.first(parentID) else {
            state = .orphan
            tally.add(.spansOrphan, spans[member].service, into: &findings)
            return -1
        }
        guard index.hasRepeats, index.isShared(found) else { return found }
        return choose(spans[member].service, on: parentID, in: spans, index) ?? found
    }

    /// Of several spans on one id: the child's service, else any; then entry, local, exit; then least service.
    private static func choose(
        _ service: UInt32, on id: UInt64, in spans: [TraceSpan], _ index: SpanIndex
    ) -> Int? {
        if service != 0 {
            let same =
                index.find(id, .entry, service, in: spans) ?? index.find(id, .local, service, in: spans)
                ?? index.find(id, .exit, service, in: spans)
            if let same { return same }
        }
        return index.find(id, .entry, 0, in: spans) ?? index.find(id, .local, 0, in: spans)
            ?? index.find(id, .exit, 0, in: spans)
    }

    /// Cuts each cycle at its member with the least (start, span id, side, service).
    private mutating func breakCycles(
        _ trace: inout Trace, tally: inout FindingTally, findings: inout FindingTally.Findings
    ) {
        stamps.clear(to: -1, count: trace.spans.count)
        for span in trace.spans.indices where stamps[span] < 0 {
            let stamp = Int32(truncatingIfNeeded: span)
            var member = span
            while stamps[member] < 0 {
                stamps[member] = stamp
                guard trace.parents[member] >= 0 else { break }
                member = Int(trace.parents[member])
            }
            guard stamps[member] == stamp, trace.parents[member] >= 0 else { continue }
            let broken = leastMember(of: member, in: trace)
            trace.parents[broken] = -1
            trace.spans[broken].state = .broken
            tops.append(broken)
            tally.add(.cycles, trace.spans[broken].service, into: &findings)
        }
    }

    private func leastMember(of cycle: Int, in trace: Trace) -> Int {
        var least = cycle
        var member = Int(trace.parents[cycle])
        while member != cycle {
            let (a, b) = (trace.spans[member].startNanoseconds, trace.spans[least].startNanoseconds)
            if a < b || (a == b && member < least) { least = member }
            member = Int(trace.parents[member])
        }
        return least
    }

    /// All roots but the first, by (start, span id, side, service), are extra.
    private mutating func countRoots(
        _ trace: inout Trace, tally: inout FindingTally, findings: inout FindingTally.Findings
    ) {
        var first = -1
        var roots = 0
        for top in tops where trace.spans[top].state == .root {
            roots += 1
            if first < 0 || trace.spans[top].startNanoseconds < trace.spans[first].startNanoseconds {
                if first >= 0 { tally.add(.extraRoots, trace.spans[first].service, into: &findings) }
                first = top
            } else {
                tally.add(.extraRoots, trace.spans[top].service, into: &findings)
            }
        }
        firstRoot = first
        trace.isComplete = roots == 1 && tops.count == 1 && !trace.isCut
    }
}
