import SpanModel

extension TextPage {
    /// Operations by service, with counts, errors and percentiles.
    mutating func latency(_ input: RenderInput, _ options: RenderOptions) {
        guard let whole = input.report, let report = input.selected(options) else { return line("no report") }
        guard !report.operations.isEmpty else {
            line("no operations: \(whole.operations.isEmpty ? "no spans were read" : "none passes the selection")")
            fact("read", readParts(whole.quality))
            return fact("window", [window(whole.window)])
        }
        operations(Self.sorted(report.operations, by: options.order))
        line()
        let part =
            report.operations.count == whole.operations.count ? "" : "\(Quantity.count(report.operations.count)) of "
        let count = part + Quantity.count(UInt64(whole.operations.count), "operation")
        line(parts: [count, "traced spans", window(whole.window)], .dim)
        var notes = ["percentiles: nearest rank, within 0.8 %"]
        if report.operations.contains(where: { $0.errors * 100 >= $0.count && $0.errors > 0 }) {
            notes.append("! errors of 1 % or more")
        }
        if report.operations.contains(where: { $0.estimated.differs(from: $0.count) }) {
            notes.append("~ estimated from sampling probabilities")
        }
        line(parts: notes, .dim)
        quality(whole)
    }

    /// The table of operations; a service is dimmed where it repeats.
    mutating func operations(_ operations: [OperationLatency]) {
        let estimates = operations.contains { $0.estimated.differs(from: $0.count) }
        var columns: [TextTable.Column] = [
            .name("service"), .name("operation"), .word("kind"), .figure("count"),
        ]
        if estimates { columns.append(.figure("estimated", .ifNamesFit)) }
        columns += [.figure("errors"), .figure("p50", .ifShortNamesFit), .figure("p95")]
        columns += [.figure("p99", .ifShortNamesFit), .figure("max", .ifNamesFit)]
        let strip = PercentileStrip(operations.map(\.latency))
        if let strip { columns.append(.word(strip.title(on: self))) }
        var table = TextTable(columns)
        var previous: String?
        for operation in operations {
            let latency = operation.latency
            var cells: [TextTable.Cell] = [
                .init(name(operation.service), operation.service == previous ? .dim : .plain),
                .init(name(operation.operation)), .init(operation.kind.label, .dim),
                .init(Quantity.count(operation.count)),
            ]
            previous = operation.service
            if estimates { cells.append(.init(Quantity.estimate(operation.estimated.estimate))) }
            cells.append(errors(operation.errors, of: operation.count))
            for share in [0.5, 0.95, 0.99] { cells.append(.init(duration(latency.percentile(share)))) }
            cells.append(.init(duration(latency.isEmpty ? nil : latency.maximumNanoseconds), .dim))
            if let strip { cells.append(.init(strip.bar(latency, on: self))) }
            table.add(cells)
        }
        self.table(table)
    }

    /// Without an order: by service, the busiest operations first.
    static func sorted(_ operations: [OperationLatency], by order: RenderOptions.Order?) -> [OperationLatency] {
        func key(_ operation: OperationLatency) -> Double {
            switch order {
            case .calls, nil: Double(operation.count)
            case .errors: operation.count == 0 ? 0 : Double(operation.errors) / Double(operation.count)
            case .p50: Double(operation.latency.percentile(0.5) ?? 0)
            case .p95: Double(operation.latency.percentile(0.95) ?? 0)
            case .p99: Double(operation.latency.percentile(0.99) ?? 0)
            case .name: 0
            }
        }
        let keyed = operations.enumerated().map { ($0.element, key($0.element), $0.offset) }
        return keyed.sorted { a, b in
            if order == nil, a.0.service != b.0.service { return a.0.service < b.0.service }
            return a.1 != b.1 ? a.1 > b.1 : a.2 < b.2
        }.map(\.0)
    }
}
