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
        edges(EdgeRows(drawn, selection, options.order), drawn)
        let summary = ReportSummary(report)
        let part = report.edges.count == whole.edges.count ? "" : "\(Quantity.count(report.edges.count)) of "
        line()
        line(
            parts: [summary.nodesText, part + Quantity.count(UInt64(whole.edges.count), "edge"), "traced calls"]
                + [window(whole.window)], .dim)
        legend(drawn)
        quality(whole)
    }

    /// The table of edges.
    mutating func edges(_ rows: EdgeRows, _ report: Report) {
        let estimates = rows.edges.contains { $0.edge.estimated?.differs(from: $0.edge.calls) ?? false }
        var columns = rows.columns + [.figure("calls"), .figure("rate", .ifNamesFit)]
        columns += (estimates ? [.figure("estimated", .ifNamesFit)] : []) + [.figure("errors")]
        columns += [.figure("p50", .ifShortNamesFit), .figure("p95"), .figure("p99", .ifShortNamesFit)]
        var table = TextTable(columns)
        for (row, names) in zip(rows.edges, rows.names(on: self, in: report)) {
            table.add(names + figures(of: row.edge, in: report.window, estimates))
        }
        self.table(table)
    }

    private func figures(of edge: Edge, in window: Window, _ estimates: Bool) -> [TextTable.Cell] {
        let latency = edge.shownLatency
        let rate = Quantity.rate(edge.calls, in: window.durationNanoseconds)
        var cells: [TextTable.Cell] = [.init(Quantity.count(edge.calls)), .init(rate ?? sign(.dash), .dim)]
        if estimates { cells.append(.init(edge.estimated.map { Quantity.estimate($0.estimate) } ?? sign(.dash))) }
        cells.append(errors(edge.errors, of: edge.calls))
        for share in [0.5, 0.95, 0.99] { cells.append(.init(duration(latency.percentile(share)))) }
        return cells
    }

    /// A share of errors, marked from one percent on.
    func errors(_ errors: UInt64, of calls: UInt64) -> TextTable.Cell {
        guard let share = Quantity.share(errors, of: calls) else { return .init(sign(.dash)) }
        let fraction = Double(errors) / Double(max(calls, 1))
        if fraction >= 0.05 { return .init("! " + share, .bad) }
        if fraction >= 0.01 { return .init("! " + share, .warning) }
        return .init(share, errors == 0 ? .dim : .plain)
    }

    private mutating func legend(_ report: Report) {
        var parts: [String] = []
        let nodes = DrawnGraph(report).nodes
        if nodes.contains(where: { $0.kind != .service }) { parts.append("[ ] known by name only") }
        if report.edges.contains(where: { $0.nameSource == .inferred }) {
            parts.append("\(EdgeRows.arrow(.inferred, self)) inferred, span kinds missing")
        }
        if report.edges.contains(where: { $0.kind == .message }) {
            parts.append("\(EdgeRows.arrow(.message, self)) message")
        }
        if report.edges.contains(where: { $0.kind == .link }) {
            parts.append("\(EdgeRows.arrow(.link, self)) span link")
        }
        if report.edges.contains(where: { $0.errorShare >= 0.01 }) { parts.append("! errors of 1 % or more") }
        if report.edges.contains(where: { $0.server.isEmpty && !$0.client.isEmpty }) {
            parts.append("times as the callee saw them, else the caller")
        } else {
            parts.append("times as the callee saw them")
        }
        if report.edges.contains(where: { $0.estimated?.differs(from: $0.calls) ?? false }) {
            parts.append("~ estimated from sampling probabilities")
        }
        line(parts: parts, .dim)
    }
}
