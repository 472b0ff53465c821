import SpanModel

/// Hangs the spans of a trace under their parents (P3): nothing is guessed, cycles are broken, all in linear time
/// besides one binary search per span.
struct TreeBuilder {
    /// Span ids in the order of the spans.
    private(set) var ids: [UInt64] = []
    /// Members that cycles were broken at.
    private var stamps: [Int32] = []

    /// Fills `parents` and states; `spans` are sorted by id, side, service.
    mutating func hang(_ trace: inout Trace, tally: inout FindingTally, findings: inout FindingTally.Findings) {
        ids.removeAll(keepingCapacity: true)
        var hasRepeats = false
        var last: UInt64 = 0
        for index in trace.spans.indices {
            let id = trace.spans[index].spanID
            if id == last { hasRepeats = true }
            ids.append(id)
            last = id
        }
        if hasRepeats { adoptParents(&trace, tally: &tally, findings: &findings) }
        trace.parents.removeAll(keepingCapacity: true)
        for index in trace.spans.indices {
            trace.parents.append(place(index, in: &trace, hasRepeats: hasRepeats, tally: &tally, findings: &findings))
        }
        breakCycles(&trace, tally: &tally, findings: &findings)
        countRoots(&trace, tally: &tally, findings: &findings)
    }

    /// Index of the first span with this id; nil when nobody holds it.
    func first(_ id: UInt64) -> Int? {
        let index = lowerBound { ids[$0] < id }
        return index < ids.count && ids[index] == id ? index : nil
    }

    /// Whether another span follows on the same id.
    func isShared(_ index: Int) -> Bool { index + 1 < ids.count && ids[index + 1] == ids[index] }

    /// Index of the span with this id and side: that of a service, or with the least service where it is zero.
    func find(_ id: UInt64, _ side: SpanSide, _ service: UInt32, in spans: [TraceSpan]) -> Int? {
        let key = UInt64(side.rawValue) << 32 | UInt64(service)
        let index = lowerBound {
            ids[$0] != id ? ids[$0] < id : UInt64(spans[$0].kind.side.rawValue) << 32 | UInt64(spans[$0].service) < key
        }
        guard index < ids.count, ids[index] == id, spans[index].kind.side == side else { return nil }
        return service == 0 || spans[index].service == service ? index : nil
    }

    private func lowerBound(_ isBefore: (Int) -> Bool) -> Int {
        var (low, high) = (0, ids.count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// An exit without a parent id takes that of the entry which shares its id.
    private func adoptParents(
        _ trace: inout Trace, tally: inout FindingTally, findings: inout FindingTally.Findings
    ) {
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
        let (id, own) = (ids[run.lowerBound], trace.spans[run.lowerBound].parentID)
        if own == id { tally.add(.selfParents, trace.spans[run.lowerBound].service, into: &findings) }
        guard own == 0 || own == id else { return }
        var adopted: UInt64 = 0
        for index in run where trace.spans[index].kind.isEntry {
            let parent = trace.spans[index].parentID
            if parent != 0, parent != id, adopted == 0 || parent < adopted { adopted = parent }
        }
        trace.spans[run.lowerBound].parentID = adopted
    }

    /// The parent of a span; sets its state.
    private func place(
        _ index: Int, in trace: inout Trace, hasRepeats: Bool, tally: inout FindingTally,
        findings: inout FindingTally.Findings
    ) -> Int32 {
        let id = ids[index]
        if hasRepeats, trace.spans[index].kind.isEntry, let sharing = first(id), trace.spans[sharing].kind.isExit {
            trace.spans[index].state = .child
            return Int32(truncatingIfNeeded: sharing)
        }
        let parentID = trace.spans[index].parentID
        if parentID == id {
            tally.add(.selfParents, trace.spans[index].service, into: &findings)
            trace.spans[index].parentID = 0
        }
        guard parentID != 0, parentID != id else {
            trace.spans[index].state = .root
            return -1
        }
        guard let found = first(parentID) else {
            trace.spans[index].state = .orphan
            tally.add(.spansOrphan, trace.spans[index].service, into: &findings)
            return -1
        }
        trace.spans[index].state = .child
        let isAmbiguous = hasRepeats && isShared(found)
        let chosen = isAmbiguous ? choose(trace.spans[index].service, on: parentID, in: trace.spans) : nil
        return Int32(truncatingIfNeeded: chosen ?? found)
    }

    /// Of several spans on one id: the child's service, else any; then entry, local, exit; then least service.
    private func choose(_ service: UInt32, on id: UInt64, in spans: [TraceSpan]) -> Int? {
        if service != 0 {
            let same =
                find(id, .entry, service, in: spans) ?? find(id, .local, service, in: spans)
                ?? find(id, .exit, service, in: spans)
            if let same { return same }
        }
        return find(id, .entry, 0, in: spans) ?? find(id, .local, 0, in: spans) ?? find(id, .exit, 0, in: spans)
    }

    /// Cuts each cycle at its member with the least (start, span id, side, service).
    private mutating func breakCycles(
        _ trace: inout Trace, tally: inout FindingTally, findings: inout FindingTally.Findings
    ) {
        stamps.removeAll(keepingCapacity: true)
        stamps.append(contentsOf: repeatElement(-1, count: ids.count))
        for index in ids.indices where stamps[index] < 0 {
            let stamp = Int32(truncatingIfNeeded: index)
            var member = index
            while stamps[member] < 0 {
                stamps[member] = stamp
                guard trace.parents[member] >= 0 else { break }
                member = Int(trace.parents[member])
            }
            guard stamps[member] == stamp, trace.parents[member] >= 0 else { continue }
            let broken = leastMember(of: member, in: trace)
            trace.parents[broken] = -1
            trace.spans[broken].state = .broken
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
    private func countRoots(_ trace: inout Trace, tally: inout FindingTally, findings: inout FindingTally.Findings) {
        var first = -1
        var roots = 0
        var isWhole = !trace.isCut
        for index in trace.spans.indices {
            switch trace.spans[index].state {
            case .child: continue
            case .orphan, .broken: isWhole = false
            case .root:
                roots += 1
                if first < 0 || trace.spans[index].startNanoseconds < trace.spans[first].startNanoseconds {
                    if first >= 0 { tally.add(.extraRoots, trace.spans[first].service, into: &findings) }
                    first = index
                } else {
                    tally.add(.extraRoots, trace.spans[index].service, into: &findings)
                }
            }
        }
        trace.isComplete = isWhole && roots == 1
    }

}
