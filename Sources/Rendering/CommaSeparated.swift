import SpanModel

/// Edges (`graph`) or operations (`latency`) as RFC 4180 with a header row; lines end with a line feed.
///
/// Names are as recorded. Absent values are empty. Durations are nanoseconds.
func commaSeparated(_ input: RenderInput, _ options: RenderOptions) -> String {
    let report = input.selected(options)
    var table = CommaSeparatedTable()
    switch input.verb {
    case .latency: table.operations(report?.operations ?? [])
    default: table.edges(report?.edges ?? [], isByOperation: report?.isByOperation ?? false)
    }
    return table.text
}

private struct CommaSeparatedTable {
    private(set) var text = ""

    private static let percentiles =
        ["min_nanoseconds"] + Percentile.allCases.map { $0.name + "_nanoseconds" } + [
            "max_nanoseconds", "sum_nanoseconds",
        ]

    mutating func edges(_ edges: [Edge], isByOperation: Bool) {
        row(
            ["caller", "callee"] + (isByOperation ? ["caller_operation", "callee_operation"] : []) + [
                "kind", "name_source", "calls", "errors", "client_only_errors", "destinations", "estimated_calls",
                "estimated_calls_low", "estimated_calls_high", "client_count",
            ] + Self.percentiles.map { "client_" + $0 } + ["server_count"] + Self.percentiles.map { "server_" + $0 })
        for edge in edges {
            row(
                [edge.caller, edge.callee]
                    + (isByOperation ? [edge.callerOperation ?? "", edge.calleeOperation ?? ""] : []) + [
                        edge.kind.rawValue, edge.nameSource.key ?? "", String(edge.calls), String(edge.errors),
                        String(edge.clientOnlyErrors), edge.destinations.joined(separator: " "),
                    ] + Self.estimate(edge.estimated, counted: edge.calls) + Self.latency(edge.clientFigures)
                    + Self.latency(edge.serverFigures))
        }
    }

    mutating func operations(_ operations: [OperationLatency]) {
        row(
            [
                "service", "operation", "kind", "count", "errors", "roots", "estimated_count", "estimated_count_low",
                "estimated_count_high", "duration_count",
            ] + Self.percentiles)
        for operation in operations {
            row(
                [
                    operation.service, operation.operation, operation.kind.label, String(operation.count),
                    String(operation.errors), String(operation.roots),
                ] + Self.estimate(operation.estimated, counted: operation.count)
                    + Self.latency(operation.latency.figures))
        }
    }

    private static func estimate(_ sums: WeightedSums?, counted: UInt64) -> [String] {
        guard let sums else { return ["", "", ""] }
        let interval = sums.interval(counted: counted)
        return [sums.estimate, interval?.low, interval?.high].map { number in
            number.map { Decimal.plain(Decimal.rounded($0)) } ?? ""
        }
    }

    private static func latency(_ figures: LatencyFigures) -> [String] {
        guard !figures.isEmpty else { return ["0"] + percentiles.map { _ in "" } }
        return [String(figures.count), String(figures.minimumNanoseconds)]
            + Percentile.allCases.map { percentile in figures[percentile].map { String($0) } ?? "" }
            + [String(figures.maximumNanoseconds), String(figures.sumNanoseconds)]
    }

    private mutating func row(_ fields: [String]) {
        text += fields.map(Self.field).joined(separator: ",")
        text += "\n"
    }

    /// Quoted where the text could be taken for structure.
    private static func field(_ text: String) -> String {
        let needsQuotes = text.utf8.contains { [0x22, 0x2c, 0x0a, 0x0d].contains($0) }
        guard needsQuotes else { return text }
        var quoted = "\""
        // By scalars: a carriage return with its line feed, or a quote with a combining mark, is one character.
        for scalar in text.unicodeScalars {
            if scalar == "\"" { quoted += "\"" }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }
}
