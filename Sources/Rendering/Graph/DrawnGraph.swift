import SpanModel

/// Nodes and edges with every edge's ends found among the nodes, as a drawing needs them.
struct DrawnGraph {
    let nodes: [Node]
    /// Indices into `nodes`.
    let edges: [(edge: Edge, caller: Int, callee: Int)]

    init(_ report: Report) {
        var nodes = report.nodes
        var byName: [String: [Int]] = [:]
        for (index, node) in nodes.enumerated() { byName[node.name, default: []].append(index) }
        /// The node of the first kind that fits; one is made where the report names none.
        func place(_ name: String, _ kinds: [Node.Kind]) -> Int {
            let named = byName[name] ?? []
            for kind in kinds {
                if let index = named.first(where: { nodes[$0].kind == kind }) { return index }
            }
            if let index = named.first { return index }
            nodes.append(Node(name: name, kind: kinds.first ?? .service))
            byName[name] = [nodes.count - 1]
            return nodes.count - 1
        }
        edges = report.edges.map { edge in
            (edge, place(edge.caller, [.service, .external, .entry]), place(edge.callee, Self.calleeKinds(edge)))
        }
        self.nodes = nodes
    }

    private static func calleeKinds(_ edge: Edge) -> [Node.Kind] {
        switch edge.kind {
        case .database: [.database, .service]
        case .external: [.external, .messaging, .service]
        case .call, .link, .message: [.service]
        }
    }
}
