import SpanModel

/// Counts what happens while a day is played, by number; `Truth` has the names.
struct Tally {
    private var edges: [Truth.Calls]
    private var operations: [Truth.Durations]
    private var entryCalls: UInt64 = 0
    private var traces: UInt64 = 0
    private var spans: UInt64 = 0
    private let keepsAll: Bool

    /// - Parameter keepsAll: off: only traces and spans are counted, in constant memory.
    init(plan: ShopPlan, keepsAll: Bool) {
        edges = Array(repeating: Truth.Calls(), count: plan.edges.count)
        operations = Array(repeating: Truth.Durations(), count: plan.shapes.count)
        self.keepsAll = keepsAll
    }

    mutating func add(trace: [WorkloadSpan], calls: [TraceMaker.Call], plan: ShopPlan) {
        traces += 1
        spans += UInt64(trace.count)
        guard keepsAll else { return }
        for call in calls {
            edges[call.edge].calls += 1
            if call.isError { edges[call.edge].errors += 1 }
            if call.isClientOnly { edges[call.edge].clientOnlyErrors += 1 }
        }
        for span in trace {
            operations[Int(span.shape)].nanoseconds.append(span.endNanoseconds - span.startNanoseconds)
            if span.isError { operations[Int(span.shape)].errors += 1 }
            if span.parentID == 0, plan.shapes[Int(span.shape)].kind == .server { entryCalls += 1 }
        }
    }

    /// Adds a call that belongs to no trace alone.
    mutating func add(edge: Int, isError: Bool) {
        guard keepsAll else { return }
        edges[edge].calls += 1
        if isError { edges[edge].errors += 1 }
    }

    /// What was counted, by name; operations and edges that never happened are left out.
    func truth(_ plan: ShopPlan) -> Truth {
        var truth = Truth()
        (truth.entryCalls, truth.traces, truth.spans) = (entryCalls, traces, spans)
        for (index, calls) in edges.enumerated() where calls.calls > 0 { truth.edges[plan.edges[index]] = calls }
        for (index, durations) in operations.enumerated() where !durations.nanoseconds.isEmpty {
            let shape = plan.shapes[index]
            let key = Truth.OperationKey(
                service: plan.services[shape.service], operation: shape.name, kind: shape.kind)
            truth.operations[key, default: .init()].errors += durations.errors
            truth.operations[key, default: .init()].nanoseconds += durations.nanoseconds
            if shape.isRoot { truth.roots[key, default: 0] += UInt64(durations.nanoseconds.count) }
        }
        return truth
    }
}
