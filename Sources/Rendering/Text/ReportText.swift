import SpanModel

extension TextPage {
    /// Everything on one page.
    mutating func report(_ input: RenderInput, _ options: RenderOptions) {
        guard let whole = input.report, let report = input.selected(options) else { return line("no report") }
        summary(input, report)
        if report.edges.isEmpty {
            line()
            emptyGraph(whole, options.selection)
        } else {
            let rows = EdgeRows(report, options.selection, options.order ?? .calls).prefix(options.top)
            heading("Edges", shown(options.top, of: report.edges.count, "busiest"))
            edges(rows, rows.graph(), in: report.window)
        }
        if !report.operations.isEmpty {
            let sorted = Self.sorted(report.operations, by: options.order ?? .calls)
            heading("Operations", shown(options.top, of: sorted.count, "busiest"))
            operations(Array(sorted.prefix(options.top)))
        }
        findings(report.findings, options.top)
        if let strategies = input.strategies, !strategies.services.isEmpty {
            heading("Sampling", "probability by operation; those that changed most")
            self.strategies(Self.changes(strategies), top: options.top)
        }
    }

    /// What `run` leaves on the terminal.
    mutating func run(_ input: RenderInput, _ options: RenderOptions) {
        guard let report = input.selected(options) else { return line("nothing new to read") }
        summary(input, report)
    }

    private func shown(_ top: Int, of all: Int, _ word: String) -> String {
        all > top ? "the \(Quantity.count(top)) \(word) of \(Quantity.count(all))" : ""
    }

    /// One fact a line.
    private mutating func summary(_ input: RenderInput, _ report: Report) {
        let summary = ReportSummary(report)
        let elapsed = input.run.map { ["in " + duration($0.elapsedNanoseconds)] } ?? []
        fact("read", readParts(report.quality) + elapsed)
        fact("window", [window(report.window)] + (report.rules == "otlp" ? [] : ["rules: \(name(report.rules))"]))
        var graph = [summary.nodes.text, Quantity.count(UInt64(report.edges.count), "edge")]
        graph.append(Quantity.count(summary.calls, "traced call"))
        let estimate = report.edges.reduce(0) { $0 + ($1.estimated?.estimate ?? Double($1.calls)) }
        if report.edges.contains(where: \.isEstimatedOtherwise) {
            graph.append("\(Quantity.estimate(estimate)) estimated")
        }
        if let new = input.run?.newEdges, new > 0 { graph.append("\(Quantity.count(new)) new") }
        if let gone = input.run?.goneEdges, gone > 0 { graph.append("\(Quantity.count(gone)) gone") }
        fact("graph", graph)
        if let slowest = summary.slowest {
            fact("slowest", ["\(ends(slowest))   p95 \(duration(slowest.shownFigures[.p95]))"])
        }
        if let failing = summary.mostFailing, let share = Quantity.share(failing.errors, of: failing.calls) {
            fact("errors", ["\(ends(failing))   \(share) of \(Quantity.count(failing.calls, "call"))"])
        } else if !report.edges.isEmpty {
            fact("errors", ["none"])
        }
        if let strategies = input.strategies { fact("sampling", samplingParts(strategies)) }
        if let published = input.run?.published, !published.isEmpty { fact("published", published.map(name)) }
        fact("quality", qualityParts(report.quality))
        for archive in input.archives { trouble(archive.summary) }
    }

    private func ends(_ edge: Edge) -> String { "\(name(edge.caller)) \(sign(.arrow)) \(name(edge.callee))" }

    /// An archive that was not wholly readable.
    private mutating func trouble(_ summary: ArchiveSummary) {
        let kept =
            summary.spans == 0 ? "nothing of it counts" : "kept the first \(Quantity.count(summary.spans, "span"))"
        if let offset = summary.truncatedAt {
            fact("", ["! \(name(summary.path)) ends too early, at byte \(Quantity.count(offset)) (\(kept))"], .warning)
        } else if let error = summary.error {
            let place = "\(name(summary.path)) at byte \(Quantity.count(error.offset))"
            fact("", ["! \(place): \(name(error.message)) (\(kept))"], .warning)
        }
    }

    /// What is in doubt, with a trace to look at.
    private mutating func findings(_ findings: [Finding], _ top: Int) {
        let losses = findings.filter(\.reason.isLoss).sorted { ($1.count, $0.reason) < ($0.count, $1.reason) }
        guard !losses.isEmpty else { return }
        heading("Findings", losses.count > top ? "the \(top) largest of \(losses.count)" : "")
        var table = TextTable([
            .name("service"), .figure("count"), .prose("what"), .word("a trace that shows it"),
        ])
        for finding in losses.prefix(top) {
            table.add([
                .init(finding.service.isEmpty ? "(none)" : name(finding.service)), .init(Quantity.count(finding.count)),
                .init(finding.reason.text), .init(finding.exemplars.first?.hex ?? sign(.dash), .dim),
            ])
        }
        self.table(table)
    }
}
