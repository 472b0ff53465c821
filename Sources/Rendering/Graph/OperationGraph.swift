import SpanModel

extension Report {
    /// Whether edges are told apart by the operations at their ends.
    var isByOperation: Bool { edges.contains { $0.callerOperation != nil || $0.calleeOperation != nil } }

    /// For tables and drawings: a node for each operation, `checkout POST /orders`, where edges are told apart by them.
    ///
    /// An end without a known operation keeps its name alone. Entry calls have no caller and stay with services, so
    /// figures of these nodes are sums of their edges.
    func drawnByOperation() -> Report {
        guard isByOperation else { return self }
        let graph = DrawnGraph(self)
        var report = self
        var drawn: [String: Node] = [:]
        for (index, (caller, callee)) in graph.ends.enumerated() {
            let edge = edges[index]
            let ends = [
                Self.label(edge.caller, edge.callerOperation), Self.label(edge.callee, edge.calleeOperation),
            ]
            report.edges[index].caller = ends[0]
            report.edges[index].callee = ends[1]
            var node = drawn[ends[0]] ?? Node(name: ends[0], kind: graph.nodes[caller].kind)
            node.callsOut = node.callsOut.addingReportingOverflow(edge.calls).partialValue
            drawn[ends[0]] = node
            node = drawn[ends[1]] ?? Node(name: ends[1], kind: graph.nodes[callee].kind)
            node.callsIn = node.callsIn.addingReportingOverflow(edge.calls).partialValue
            node.errorsIn = node.errorsIn.addingReportingOverflow(edge.errors).partialValue
            drawn[ends[1]] = node
        }
        report.nodes = drawn.values.sorted { $0.name < $1.name }
        return report
    }

    private static func label(_ name: String, _ operation: String?) -> String {
        guard let operation, !operation.isEmpty else { return name }
        return "\(name) \(operation)"
    }
}
