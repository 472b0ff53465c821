public import SpanModel

/// Which part of a report to show; without any wish, all of it.
public struct GraphSelection: Hashable, Sendable {
    /// Globs (`*`, `?`); an edge is kept if either end matches one, an operation if its service does. Empty: all.
    public var services: [String]
    /// Globs on operation names. Empty: all.
    public var operations: [String]
    /// Only what calls this service and what it calls.
    public var focus: String?
    /// Steps from the focus towards its callers.
    public var upstream: Int
    /// Steps from the focus towards its callees.
    public var downstream: Int
    /// Edges and operations with fewer calls are left out.
    public var minimumCalls: UInt64

    /// Everything, unless told otherwise; empty lists select all.
    public init(
        services: [String] = [], operations: [String] = [], focus: String? = nil, upstream: Int = 1,
        downstream: Int = 1, minimumCalls: UInt64 = 0
    ) {
        self.services = services
        self.operations = operations
        self.focus = focus
        self.upstream = upstream
        self.downstream = downstream
        self.minimumCalls = minimumCalls
    }

    /// Whether everything is shown.
    public var isEverything: Bool {
        services.isEmpty && operations.isEmpty && focus == nil && minimumCalls == 0
    }
}

extension Report {
    /// The report with only what the selection keeps; figures of what is kept do not change.
    ///
    /// The quality stays that of the whole window: what was lost does not depend on where one looks.
    ///
    /// - Complexity: O(edges × depth + names).
    public func selecting(_ selection: GraphSelection) -> Report {
        guard !selection.isEverything else { return self }
        var globs = selection.services.map(Glob.init)
        var report = self
        report.edges.removeAll { $0.calls < selection.minimumCalls }
        var kept: Set<String>?
        if let focus = selection.focus {
            let reach = Reach(of: report.edges, from: focus, selection)
            report.edges = reach.edges
            kept = reach.names
        }
        func isKept(_ service: String) -> Bool {
            (kept?.contains(service) ?? true) && (globs.isEmpty || globs.contains { $0.matches(service) })
        }
        report.edges.removeAll { edge in
            !globs.isEmpty && !globs.contains { $0.matches(edge.caller) || $0.matches(edge.callee) }
        }
        let ends = Set(report.edges.flatMap { [$0.caller, $0.callee] })
        // With a floor on calls a node without any edge left says nothing; without one it says that nobody calls it.
        report.nodes.removeAll {
            !ends.contains($0.name) && ($0.callsIn < selection.minimumCalls || !isKept($0.name))
        }
        report.findings.removeAll { !isKept($0.service) }
        report.operations.removeAll { !isKept($0.service) || $0.count < selection.minimumCalls }
        report.roots.removeAll { !isKept($0.service) }
        globs = selection.operations.map(Glob.init)
        guard !globs.isEmpty else { return report }
        report.operations.removeAll { operation in !globs.contains { $0.matches(operation.operation) } }
        report.roots.removeAll { root in !globs.contains { $0.matches(root.operation) } }
        return report
    }
}

/// What can be reached from one name within some steps each way.
private struct Reach {
    /// In the order of the report.
    let edges: [Edge]
    let names: Set<String>

    init(of all: [Edge], from focus: String, _ selection: GraphSelection) {
        let upstream = Self.walk(all, from: focus, selection.upstream, \.callee, \.caller)
        let downstream = Self.walk(all, from: focus, selection.downstream, \.caller, \.callee)
        edges = upstream.edges.union(downstream.edges).sorted().map { all[$0] }
        names = upstream.names.union(downstream.names)
    }

    private static func walk(
        _ all: [Edge], from focus: String, _ steps: Int, _ near: KeyPath<Edge, String>, _ far: KeyPath<Edge, String>
    ) -> (edges: Set<Int>, names: Set<String>) {
        let leaving = Dictionary(grouping: all.indices) { all[$0][keyPath: near] }
        var edges = Set<Int>()
        var names: Set<String> = [focus]
        var frontier = [focus]
        for _ in 0..<max(0, min(steps, all.count)) where !frontier.isEmpty {
            let indices = frontier.flatMap { leaving[$0] ?? [] }
            edges.formUnion(indices)
            frontier = indices.map { all[$0][keyPath: far] }.filter { names.insert($0).inserted }
        }
        return (edges, names)
    }
}
