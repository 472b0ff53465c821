import SpanModel

/// The graph in Graphviz's language, finished enough for a plain `dot -Tsvg`: left to right, calls as width, errors as
/// colour, inferred things dashed. Equal reports give equal bytes, so that a difference in git means something.
func dotDrawing(_ input: RenderInput, _ options: RenderOptions) -> String {
    guard let report = input.selected(options), let whole = input.report else { return "digraph spanmill {\n}\n" }
    return DotDrawing(report.drawnByOperation(), edgesInAll: whole.edges.count).text
}

private struct DotDrawing {
    private let graph: DrawnGraph
    private let edges: [Edge]
    private let window: Window
    private let edgesInAll: Int
    private let calls: LogScale
    private let traffic: LogScale

    init(_ report: Report, edgesInAll: Int) {
        graph = DrawnGraph(report)
        edges = report.edges
        window = report.window
        self.edgesInAll = edgesInAll
        calls = LogScale(report.edges.map(\.calls))
        traffic = LogScale(report.nodes.map { max($0.callsIn, $0.callsOut) })
    }

    var text: String {
        """
        digraph spanmill {
          graph [rankdir=LR, nodesep=0.35, ranksep=1.1, pad=0.3, bgcolor=white, fontname="Helvetica,Arial,sans-serif", \
        fontsize=10, fontcolor="#5b6770", labelloc=b, labeljust=l, label=\(quoted(caption, isLeft: true)), tooltip=" "]
          node [shape=box, style="rounded,filled", fillcolor="#eef3f7", color="#4a5a68", fontcolor="#17212b", \
        fontname="Helvetica,Arial,sans-serif", fontsize=12, margin="0.16,0.09", penwidth=1.2]
          edge [color="#8593a0", fontcolor="#3a4650", fontname="Helvetica,Arial,sans-serif", fontsize=9, \
        arrowsize=0.7, penwidth=1]

        \(graph.nodes.map(line).joined())
        \(zip(edges, graph.ends).map { line($0, from: $1.caller, to: $1.callee) }.joined())}

        """
    }

    /// What the drawing shows and how to read it.
    private var caption: [String] {
        let shown = edges.count
        guard edgesInAll > 0 else { return ["no edges · \(Quantity.window(window))"] }
        let part = shown == edgesInAll ? Quantity.count(UInt64(shown), "edge") : "\(shown) of \(edgesInAll) edges"
        return [
            "traced calls · \(Quantity.window(window)) · \(part)",
            "edges: calls · errors · 95th percentile · width by calls (logarithmic)",
            "errors: grey < 0.1 %, blue < 1 %, orange < 5 %, red 5 % and more · dashed: messages, names without spans",
        ]
    }

    private func line(_ node: Node) -> String {
        let (shape, isDashed): (String, Bool) =
            switch node.kind {
            case .service: ("box", false)
            case .database: ("cylinder", false)
            case .messaging: ("cds", true)
            case .external: ("box", true)
            case .entry: ("oval", true)
            }
        var attributes = ["label=\(quoted([name(node.name)]))"]
        if shape != "box" { attributes.append("shape=\(shape)") }
        switch (node.kind, isDashed) {
        case (.external, _): attributes.append("style=\"rounded,filled,dashed\", fillcolor=\"#ffffff\"")
        case (_, true): attributes.append("style=\"filled,dashed\", fillcolor=\"#ffffff\"")
        case (.database, _): attributes.append("style=filled, fillcolor=\"#f6f1e7\"")
        default: break
        }
        let size = 11 + 5 * traffic.place(max(node.callsIn, node.callsOut))
        attributes.append("fontsize=\(Decimal.fixed(size, 1))")
        attributes.append("tooltip=\(quoted(tooltip(node)))")
        return "  \(identity(node)) [\(attributes.joined(separator: ", "))]\n"
    }

    private func tooltip(_ node: Node) -> [String] {
        var lines = [
            "\(name(node.name, limit: 400)) (\(node.kind.rawValue))",
            "called \(Quantity.count(node.callsIn)) times, \(Quantity.count(node.errorsIn)) failed",
            "calls others \(Quantity.count(node.callsOut)) times",
        ]
        if node.entryCalls > 0 { lines.append("from outside \(Quantity.count(node.entryCalls)) times") }
        return lines
    }

    private func line(_ edge: Edge, from caller: Int, to callee: Int) -> String {
        let latency = edge.shownFigures[.p95].map { Quantity.duration($0) } ?? "–"
        let errors = Quantity.share(edge.errors, of: edge.calls) ?? "–"
        let rate = Quantity.rate(edge.calls, in: window.durationNanoseconds) ?? Quantity.count(edge.calls)
        let width = 0.8 + 3.7 * calls.place(edge.calls)
        let color = Self.color(edge.errorShare)
        var attributes = [
            "label=\(quoted(["\(rate) · \(errors) · \(latency)"]))", "penwidth=\(Decimal.fixed(width, 2))",
            "color=\"\(color)\"",
        ]
        if edge.isAsynchronous { attributes.append("style=dashed, arrowhead=vee") }
        if edge.nameSource == .inferred { attributes.append("style=dotted") }
        let tooltip = quoted(tooltip(edge))
        attributes.append("tooltip=\(tooltip), labeltooltip=\(tooltip)")
        let ends = "\(identity(graph.nodes[caller])) -> \(identity(graph.nodes[callee]))"
        return "  \(ends) [\(attributes.joined(separator: ", "))]\n"
    }

    private func tooltip(_ edge: Edge) -> [String] {
        let kind = edge.nameSource.key.map { "\(edge.kind.rawValue), named by \($0)" } ?? edge.kind.rawValue
        var lines = [
            "\(name(edge.caller, limit: 200)) → \(name(edge.callee, limit: 200)) (\(kind))",
            "\(Quantity.count(edge.calls)) calls, \(Quantity.count(edge.errors)) failed"
                + (edge.clientOnlyErrors > 0 ? ", \(Quantity.count(edge.clientOnlyErrors)) for the caller only" : ""),
        ]
        if let estimated = edge.estimated, estimated.differs(from: edge.calls) {
            let range = estimated.interval(counted: edge.calls).map {
                " (95 %: \(Quantity.estimate($0.low)) – \(Quantity.estimate($0.high)))"
            }
            lines.append("estimated \(Quantity.estimate(estimated.estimate)) calls\(range ?? "")")
        }
        for (figures, side) in [(edge.clientFigures, "caller"), (edge.serverFigures, "callee")]
        where !figures.isEmpty {
            let percentiles = [Percentile.p50, .p95, .p99].map { percentile in
                "\(percentile.name) \(figures[percentile].map { Quantity.duration($0) } ?? "–")"
            }
            lines.append("seen by the \(side): " + percentiles.joined(separator: ", "))
        }
        if !edge.destinations.isEmpty {
            lines.append("over " + name(edge.destinations.joined(separator: ", "), limit: 400))
        }
        return lines
    }

    /// Kind and name: stable from day to day, unlike numbers.
    private func identity(_ node: Node) -> String { quoted(["\(node.kind.rawValue):\(node.name)"], isLabel: false) }

    private func name(_ name: String, limit: Int = 48) -> String {
        SafeText.shortened(SafeText.line(name), to: limit)
    }

    /// A quoted string. Labels read `\` and `&` as the start of escapes; identities only the quote.
    private func quoted(_ lines: [String], isLabel: Bool = true, isLeft: Bool = false) -> String {
        let texts = lines.map { line in
            let line = isLabel ? line : SafeText.line(line)
            if line.utf8.allSatisfy({ $0 != 0x22 && $0 != 0x26 && $0 != 0x5c }) { return line }
            var text = ""
            for scalar in line.unicodeScalars {
                switch scalar {
                case "\"": text += "\\\""
                case "\\": text += "\\\\"
                case "&" where isLabel: text += "&amp;"
                default: text.unicodeScalars.append(scalar)
                }
            }
            return text
        }
        return isLeft ? "\"\(texts.joined(separator: "\\l"))\\l\"" : "\"\(texts.joined(separator: "\\n"))\""
    }

    /// Okabe and Ito's colours, told apart without seeing red or green.
    private static func color(_ errors: Double) -> String {
        switch errors {
        case ..<0.001: "#8593a0"
        case ..<0.01: "#0072b2"
        case ..<0.05: "#e69f00"
        default: "#d55e00"
        }
    }
}
