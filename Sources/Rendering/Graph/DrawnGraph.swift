import SpanModel

/// Nodes and edges with every edge's ends found among the nodes, as a drawing needs them.
struct DrawnGraph {
    let nodes: [Node]
    /// Of every edge, in the order they were given in: indices into `nodes`.
    let ends: [(caller: Int, callee: Int)]

    init(_ report: Report) { self.init(report.nodes, report.edges, order: report.edges.indices) }

    /// - Parameter order: indices of edges.
    init(_ known: [Node], _ edges: [Edge], order: some Collection<Int>) {
        var nodes = known
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
        var ends: [(caller: Int, callee: Int)] = []
        ends.reserveCapacity(order.count)
        // Edges mostly stand by their callers.
        var last: (name: String?, place: Int) = (nil, 0)
        for index in order {
            if last.name != edges[index].caller {
                last = (edges[index].caller, place(edges[index].caller, Self.callerKinds))
            }
            ends.append((last.place, place(edges[index].callee, Self.calleeKinds(edges[index].kind))))
        }
        self.nodes = nodes
        self.ends = ends
    }

    private static let callerKinds: [Node.Kind] = [.service, .external, .entry]

    private static func calleeKinds(_ kind: Edge.Kind) -> [Node.Kind] {
        switch kind {
        case .database: databaseKinds
        case .external: externalKinds
        case .call, .link, .message: serviceKinds
        }
    }

    private static let databaseKinds: [Node.Kind] = [.database, .service]
    private static let externalKinds: [Node.Kind] = [.external, .messaging, .service]
    private static let serviceKinds: [Node.Kind] = [.service]
}
