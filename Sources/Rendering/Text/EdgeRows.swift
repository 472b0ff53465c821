import SpanModel

/// The edges of a text graph in the order people read them: without a focus by caller, the busiest first; with one, what
/// leads to it, then what leads from it, moved to the right so that the focus stands in one column.
struct EdgeRows {
    struct Row {
        var edge: Edge
        /// Whether it leads from the focus.
        var isDownstream = false
    }

    private(set) var edges: [Row]

    init(_ report: Report, _ selection: GraphSelection, _ order: RenderOptions.Order?) {
        if let order {
            edges = Self.sorted(report.edges, by: order).map { Row(edge: $0) }
        } else if let focus = selection.focus {
            let near = Self.distances(from: focus, report.edges)
            let grouped = Self.grouped(report.edges)
            let upstream = grouped.filter { near[$0.caller] == nil && $0.callee != $0.caller }
            edges = upstream.map { Row(edge: $0) }
            edges += grouped.filter { near[$0.caller] != nil || $0.callee == $0.caller }
                .enumerated().sorted {
                    let a = near[$0.element.caller] ?? 0
                    let b = near[$1.element.caller] ?? 0
                    return (a, $0.offset) < (b, $1.offset)
                }.map { Row(edge: $0.element, isDownstream: true) }
        } else {
            edges = Self.grouped(report.edges).map { Row(edge: $0) }
        }
    }

    /// The first so many.
    func prefix(_ count: Int) -> EdgeRows {
        var rows = self
        rows.edges = Array(edges.prefix(count))
        return rows
    }

    /// Steps from the focus to whatever it reaches; a way back to the focus does not make a caller a callee.
    private static func distances(from focus: String, _ edges: [Edge]) -> [String: Int] {
        let callees = Dictionary(grouping: edges, by: \.caller)
        var distances = [focus: 0]
        var frontier = [focus]
        var steps = 0
        while !frontier.isEmpty {
            steps += 1
            frontier = frontier.flatMap { callees[$0] ?? [] }.map(\.callee)
                .filter { distances.updateValueIfAbsent(steps, for: $0) }
        }
        return distances
    }

    private static func grouped(_ edges: [Edge]) -> [Edge] {
        let totals = edges.reduce(into: [String: UInt64]()) { $0[$1.caller, default: 0] &+= $1.calls }
        let callerTotals = edges.map { totals[$0.caller] ?? 0 }
        // Indices move about more easily than edges.
        let order = edges.indices.sorted { a, b in
            if callerTotals[a] != callerTotals[b] { return callerTotals[a] > callerTotals[b] }
            if edges[a].caller != edges[b].caller { return edges[a].caller < edges[b].caller }
            return edges[a].calls != edges[b].calls ? edges[a].calls > edges[b].calls : a < b
        }
        return order.map { edges[$0] }
    }

    static func sorted(_ edges: [Edge], by order: RenderOptions.Order) -> [Edge] {
        func key(_ edge: Edge) -> Double {
            switch order {
            case .calls: Double(edge.calls)
            case .errors: edge.errorShare
            case .p50: Double(edge.shownLatency.percentile(0.5) ?? 0)
            case .p95: Double(edge.shownLatency.percentile(0.95) ?? 0)
            case .p99: Double(edge.shownLatency.percentile(0.99) ?? 0)
            case .name: 0
            }
        }
        return edges.enumerated().map { ($0.element, key($0.element), $0.offset) }
            .sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.2 < $1.2 }.map(\.0)
    }

    enum Arrow { case call, message, link, inferred }

    static func arrow(_ arrow: Arrow, _ page: TextPage) -> String {
        switch arrow {
        case .call: page.terminal.isASCII ? "-->" : "──▶"
        case .message: page.terminal.isASCII ? "..>" : "┄┄▶"
        case .link: page.terminal.isASCII ? "~~>" : "··▶"
        case .inferred: page.terminal.isASCII ? "-?>" : "─?▶"
        }
    }

    private static func arrow(of edge: Edge, _ page: TextPage) -> String {
        switch edge.kind {
        case .message: arrow(.message, page)
        case .link: arrow(.link, page)
        case .call, .database, .external: arrow(edge.nameSource == .inferred ? .inferred : .call, page)
        }
    }

    /// The columns that `names` fills.
    var columns: [TextTable.Column] {
        let end = TextTable.Column(title: "", isRight: false, isFlexible: true, gap: 1)
        let arrow = TextTable.Column(title: "", isRight: false, gap: 1)
        return (isShifted ? [end, arrow] : []) + [end, arrow, .name("")]
    }

    private var isShifted: Bool { edges.contains(where: \.isDownstream) && edges.contains { !$0.isDownstream } }

    /// `caller ──▶ callee` of every row; a caller is dimmed where it repeats.
    func names(on page: TextPage, in report: Report) -> [[TextTable.Cell]] {
        let graph = DrawnGraph(Report(window: report.window, rules: "", nodes: report.nodes, edges: edges.map(\.edge)))
        func shown(_ index: Int) -> String {
            let node = graph.nodes[index]
            return node.kind == .service ? page.name(node.name) : "[\(page.name(node.name))]"
        }
        let none = [TextTable.Cell("")]
        let isShifted = isShifted
        var previous = -1
        return zip(edges, graph.edges).map { row, drawn in
            let arrow = TextTable.Cell(Self.arrow(of: row.edge, page), .dim)
            let caller = TextTable.Cell(shown(drawn.caller), drawn.caller == previous ? .dim : .plain)
            previous = drawn.caller
            let cells = [caller, arrow, TextTable.Cell(shown(drawn.callee))]
            guard isShifted else { return cells }
            return row.isDownstream ? none + none + cells : cells + none + none
        }
    }
}

extension [String: Int] {
    /// Whether the value was set, because there was none.
    fileprivate mutating func updateValueIfAbsent(_ value: Int, for key: String) -> Bool {
        guard self[key] == nil else { return false }
        self[key] = value
        return true
    }
}
