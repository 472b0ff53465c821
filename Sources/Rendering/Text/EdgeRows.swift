import SpanModel

/// The edges of a text graph in the order people read them: without a focus by caller, the busiest first; with one, what
/// leads to it, then what leads from it, moved to the right so that the focus stands in one column.
struct EdgeRows {
    struct Row {
        /// In `edges`.
        var index: Int
        /// Whether it leads from the focus.
        var isDownstream = false
    }

    let edges: [Edge]
    private(set) var rows: [Row]
    private let nodes: [Node]

    init(_ report: Report, _ selection: GraphSelection, _ order: RenderOptions.Order?) {
        let edges = report.edges
        self.edges = edges
        nodes = report.nodes
        if let order {
            rows = Self.sorted(edges, by: order).map { Row(index: $0) }
        } else if let focus = selection.focus {
            let near = Self.distances(from: focus, edges)
            let grouped = Self.grouped(edges)
            func isDownstream(_ index: Int) -> Bool {
                near[edges[index].caller] != nil || edges[index].callee == edges[index].caller
            }
            rows = grouped.filter { !isDownstream($0) }.map { Row(index: $0) }
            rows += grouped.filter(isDownstream).map { (near[edges[$0].caller] ?? 0, $0) }
                .enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }
                .map { Row(index: $0.element.1, isDownstream: true) }
        } else {
            rows = Self.grouped(edges).map { Row(index: $0) }
        }
    }

    /// The first so many.
    func prefix(_ count: Int) -> EdgeRows {
        var rows = self
        rows.rows = Array(self.rows.prefix(count))
        return rows
    }

    /// The ends of the rows' edges.
    func graph() -> DrawnGraph { DrawnGraph(nodes, edges, order: rows.map(\.index)) }

    /// Steps from the focus to whatever it reaches; a way back to the focus does not make a caller a callee.
    private static func distances(from focus: String, _ edges: [Edge]) -> [String: Int] {
        let leaving = Dictionary(grouping: edges.indices) { edges[$0].caller }
        var distances = [focus: 0]
        var frontier = [focus]
        var steps = 0
        while !frontier.isEmpty {
            steps += 1
            frontier = frontier.flatMap { leaving[$0] ?? [] }.map { edges[$0].callee }
                .filter { distances.updateValueIfAbsent(steps, for: $0) }
        }
        return distances
    }

    /// By caller, the one with the most calls first; of one caller the busiest edges first.
    private static func grouped(_ edges: [Edge]) -> [Int] {
        let totals = edges.indices.reduce(into: [String: UInt64]()) { totals, index in
            totals[edges[index].caller, default: 0] &+= edges[index].calls
        }
        let callers = totals.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
        let places = Dictionary(uniqueKeysWithValues: callers.enumerated().map { ($1.key, $0) })
        // Numbers are compared more easily than names, and move about more easily than edges.
        let keys = edges.indices.map { index in
            (place: places[edges[index].caller] ?? 0, calls: edges[index].calls, index: index)
        }
        return keys.sorted { a, b in
            if a.place != b.place { return a.place < b.place }
            return a.calls != b.calls ? a.calls > b.calls : a.index < b.index
        }.map(\.index)
    }

    private static func sorted(_ edges: [Edge], by order: RenderOptions.Order) -> [Int] {
        func key(_ edge: Edge) -> Double {
            switch order {
            case .calls: Double(edge.calls)
            case .errors: edge.errorShare
            case .p50: Double(edge.shownFigures[.p50] ?? 0)
            case .p95: Double(edge.shownFigures[.p95] ?? 0)
            case .p99: Double(edge.shownFigures[.p99] ?? 0)
            case .name: 0
            }
        }
        return edges.indices.map { ($0, key(edges[$0])) }
            .sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0 < $1.0 }.map(\.0)
    }

    enum Arrow: CaseIterable { case call, message, link, inferred }

    static func arrow(_ arrow: Arrow, _ page: TextPage) -> String {
        switch arrow {
        case .call: page.terminal.isASCII ? "-->" : "──▶"
        case .message: page.terminal.isASCII ? "..>" : "┄┄▶"
        case .link: page.terminal.isASCII ? "~~>" : "··▶"
        case .inferred: page.terminal.isASCII ? "-?>" : "─?▶"
        }
    }

    private static func arrow(_ kind: Edge.Kind, _ source: NameSource) -> Arrow {
        switch kind {
        case .message: .message
        case .link: .link
        case .call, .database, .external: source == .inferred ? .inferred : .call
        }
    }

    /// Whether callers and callees of the focus stand in columns of their own.
    private var isShifted: Bool { rows.contains(where: \.isDownstream) && rows.contains { !$0.isDownstream } }

    /// The columns that `Names` fills.
    var columns: [TextTable.Column] {
        let end = TextTable.Column(title: "", isRight: false, isFlexible: true, gap: 1)
        let arrow = TextTable.Column(title: "", isRight: false, gap: 1)
        return (isShifted ? [end, arrow] : []) + [end, arrow, .name("")]
    }

    /// Writes `caller ──▶ callee` of one row after the other; a caller is dimmed where it repeats.
    struct Names {
        private let ends: [(caller: Int, callee: Int)]
        /// By node.
        private let nodes: [TextTable.Text]
        private let arrows: [Arrow: TextTable.Text]
        private let isShifted: Bool
        private let none = TextTable.Text("")
        private var next = 0

        init(_ rows: EdgeRows, _ graph: DrawnGraph, on page: TextPage) {
            ends = graph.ends
            nodes = graph.nodes.map { node in
                TextTable.Text(node.kind == .service ? page.name(node.name) : "[\(page.name(node.name))]")
            }
            arrows = Arrow.allCases.reduce(into: [:]) { $0[$1] = TextTable.Text(EdgeRows.arrow($1, page)) }
            isShifted = rows.isShifted
        }

        mutating func add(_ row: Row, of edges: [Edge], to table: inout TextTable) {
            let (caller, callee) = ends[next]
            let isRepeated = next > 0 && ends[next - 1].caller == caller
            next += 1
            if isShifted, row.isDownstream { for _ in 0..<2 { table.add(none) } }
            table.add(nodes[caller], isRepeated ? .dim : .plain)
            table.add(arrows[EdgeRows.arrow(edges[row.index].kind, edges[row.index].nameSource)] ?? none, .dim)
            table.add(nodes[callee])
            if isShifted, !row.isDownstream { for _ in 0..<2 { table.add(none) } }
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
