import SpanModel

extension TextPage {
    /// Who calls whom, with calls, errors and percentiles; or why there is nothing to show.
    mutating func graph(_ input: RenderInput, _ options: RenderOptions) {
        guard let whole = input.report, let report = input.selected(options) else {
            return line("no report")
        }
        guard !report.edges.isEmpty else {
            return emptyGraph(whole, options.selection)
        }
        let drawn = report.drawnByOperation()
        // Steps from the focus are counted between services.
        let selection = report.isByOperation ? GraphSelection() : options.selection
        let rows = EdgeRows(drawn, selection, options.order)
        let graph = rows.graph()
        edges(rows, graph, in: report.window)
        let part = report.edges.count == whole.edges.count ? "" : "\(Quantity.count(report.edges.count)) of "
        line()
        line(
            parts: [
                NodeCounts(report.nodes).text, part + Quantity.count(UInt64(whole.edges.count), "edge"), "traced calls",
            ] + [window(whole.window)], .dim)
        legend(GraphLegend(drawn.edges, graph.nodes))
        quality(whole)
    }

    /// The table of edges.
    mutating func edges(_ rows: EdgeRows, _ graph: DrawnGraph, in window: Window) {
        let edges = rows.edges
        let estimates = rows.rows.contains { edges[$0.index].isEstimatedOtherwise }
        var columns = rows.columns + [.figure("calls"), .figure("rate", .ifNamesFit)]
        columns += (estimates ? [.figure("estimated", .ifNamesFit)] : []) + [.figure("errors")]
        columns += [.figure("p50", .ifShortNamesFit), .figure("p95"), .figure("p99", .ifShortNamesFit)]
        var table = TextTable(columns, rows: rows.rows.count)
        var names = EdgeRows.Names(rows, graph, on: self)
        for row in rows.rows {
            names.add(row, of: edges, to: &table)
            figures(of: row.index, in: edges, window, estimates, to: &table)
        }
        self.table(table)
    }

    /// - Parameter edges: all; an edge by itself would be a copy of many parts.
    private func figures(
        of index: Int, in edges: [Edge], _ window: Window, _ estimates: Bool, to table: inout TextTable
    ) {
        let (calls, failed) = (edges[index].calls, edges[index].errors)
        table.add { $0.append(count: calls) }
        table.add(.dim) { bytes in
            let nanoseconds = window.durationNanoseconds
            guard nanoseconds > 0 else { return bytes.append(sign(.dash)) }
            bytes.append(ratePerSecond: Quantity.perSecond(calls, in: nanoseconds))
        }
        if estimates {
            let estimate = edges[index].estimated?.estimate
            table.add { bytes in
                if let estimate { bytes.append(estimate: estimate) } else { bytes.append(sign(.dash)) }
            }
        }
        table.add(errors(failed, of: calls))
        let figures = edges[index].shownFigures
        for percentile in [Percentile.p50, .p95, .p99] {
            table.add { bytes in
                guard let nanoseconds = figures[percentile] else { return bytes.append(sign(.dash)) }
                bytes.append(duration: nanoseconds, ascii: terminal.isASCII)
            }
        }
    }

    /// A share of errors, marked from one percent on.
    func errors(_ errors: UInt64, of calls: UInt64) -> TextTable.Cell {
        guard let share = Quantity.share(errors, of: calls) else { return .init(sign(.dash)) }
        let fraction = Double(errors) / Double(max(calls, 1))
        if fraction >= 0.05 { return .init("! " + share, .bad) }
        if fraction >= 0.01 { return .init("! " + share, .warning) }
        return .init(share, errors == 0 ? .dim : .plain)
    }

    private mutating func legend(_ legend: GraphLegend) {
        var parts: [String] = []
        if legend.hasNamesOnly { parts.append("[ ] known by name only") }
        if legend.hasInferred { parts.append("\(EdgeRows.arrow(.inferred, self)) inferred, span kinds missing") }
        if legend.hasMessages { parts.append("\(EdgeRows.arrow(.message, self)) message") }
        if legend.hasLinks { parts.append("\(EdgeRows.arrow(.link, self)) span link") }
        if legend.hasErrors { parts.append("! errors of 1 % or more") }
        parts.append("times as the callee saw them" + (legend.hasTimesOfCallers ? ", else the caller" : ""))
        if legend.hasEstimates { parts.append("~ estimated from sampling probabilities") }
        line(parts: parts, .dim)
    }
}

/// What there is in a graph that a reader must be told how to read.
private struct GraphLegend {
    private(set) var hasNamesOnly = false
    private(set) var hasInferred = false
    private(set) var hasMessages = false
    private(set) var hasLinks = false
    private(set) var hasErrors = false
    private(set) var hasTimesOfCallers = false
    private(set) var hasEstimates = false

    init(_ edges: [Edge], _ nodes: [Node]) {
        hasNamesOnly = nodes.contains { $0.kind != .service }
        for index in edges.indices { look(edges[index]) }
    }

    private mutating func look(_ edge: Edge) {
        if edge.nameSource == .inferred { hasInferred = true }
        if edge.kind == .message { hasMessages = true }
        if edge.kind == .link { hasLinks = true }
        if edge.errorShare >= 0.01 { hasErrors = true }
        if edge.isMeasuredByClient, !edge.isMeasuredByServer { hasTimesOfCallers = true }
        if edge.isEstimatedOtherwise { hasEstimates = true }
    }
}
