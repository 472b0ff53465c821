import SpanModel

extension TextPage {
    /// Who keeps what was published, who does not, and what to do about it.
    mutating func conformance(_ conformance: Conformance) {
        fact("checked", [window(conformance.window), "version \(conformance.versionID)"])
        fact("operations", counts(conformance), conformance.nonconforming.isEmpty ? .plain : .warning)
        if conformance.count(.obeys) == 0, conformance.count(.keepsMore) + conformance.count(.keepsLess) > 0 {
            line("! no operation is kept at what was published: do the tracers poll this server?", .warning)
        }
        line()
        table(rows(conformance))
        unseen(conformance.unseen)
        aliases(conformance)
        line()
        line(
            parts: [
                "observed: from the evidence named, with its interval of 95 %",
                "more, less: a quarter or further beyond what was published",
                "default: kept as the service's default says, so the sampler knows another name",
            ], .dim)
    }

    private func counts(_ conformance: Conformance) -> [String] {
        Conformance.Verdict.allCases.compactMap { verdict in
            let count = conformance.count(verdict)
            return count > 0 ? "\(Quantity.count(UInt64(count))) \(Self.phrase(verdict))" : nil
        }
    }

    private static func phrase(_ verdict: Conformance.Verdict) -> String {
        switch verdict {
        case .obeys: "obey"
        case .keepsMore: "! keep more"
        case .keepsLess: "! keep less"
        case .unknown: "cannot be told"
        }
    }

    private func rows(_ conformance: Conformance) -> TextTable {
        var table = TextTable([
            .name("service"), .name("operation"), .figure("published"), .figure("observed"),
            .figure("95 %", .ifShortNamesFit), .figure("traces", .ifShortNamesFit), .word("from"), .word("verdict"),
        ])
        for operation in conformance.operations {
            let isBad = operation.verdict == .keepsMore || operation.verdict == .keepsLess
            let alias = operation.alias.map { " \(sign(.arrow)) \(name($0))" } ?? ""
            table.add([
                .init(name(operation.service)), .init(name(operation.operation) + alias),
                .init(published(operation)),
                .init(operation.observed.map { Quantity.significant($0) } ?? sign(.dash), isBad ? .warning : .plain),
                .init(operation.interval.map(interval) ?? "", .dim), .init(Quantity.count(operation.traces)),
                .init(operation.evidence.label, .dim), .init(verdict(operation), isBad ? .warning : .plain),
            ])
        }
        return table
    }

    private func published(_ operation: Conformance.Operation) -> String {
        guard let range = operation.published else { return sign(.dash) }
        let (low, high) = (Quantity.significant(range.lowerBound), Quantity.significant(range.upperBound))
        return (low == high ? low : "\(low)\(sign(.between))\(high)") + (operation.isListed ? "" : " *")
    }

    private func interval(_ interval: ConfidenceInterval) -> String {
        guard interval.low < interval.high else { return "exact" }
        return "\(Quantity.significant(interval.low))\(sign(.between))\(Quantity.significant(interval.high))"
    }

    private func verdict(_ operation: Conformance.Operation) -> String {
        switch operation.verdict {
        case .obeys: "obeys"
        case .keepsMore: operation.followsDefault ? "! more: default" : "! more"
        case .keepsLess: operation.followsDefault ? "! less: default" : "! less"
        case .unknown: sign(.dash)
        }
    }

    private mutating func unseen(_ unseen: [Conformance.Unseen]) {
        guard !unseen.isEmpty else { return }
        heading("Published, never seen")
        var table = TextTable([
            .name("service"), .name("operation"), .figure("published"), .figure("traces expected"),
            .prose("probably seen as"),
        ])
        for one in unseen {
            table.add([
                .init(name(one.service)), .init(name(one.operation)), .init(Quantity.significant(one.probability)),
                .init("~" + Quantity.significant(one.expectedTraces)),
                .init(one.seenAs.map(name) ?? sign(.dash)),
            ])
        }
        self.table(table)
    }

    private mutating func aliases(_ conformance: Conformance) {
        guard !conformance.aliases.isEmpty else { return }
        line()
        line("if that is right, for the job file:")
        line("  sampling:")
        line("    aliases:")
        for alias in conformance.aliases {
            let fields = [("service", alias.service), ("seen", alias.seen), ("published", alias.published)]
            line("      - { \(fields.map { "\($0.0): \(quoted($0.1))" }.joined(separator: ", ")) }")
        }
    }

    /// A text in double quotes, as YAML and JSON read it; no control character reaches the terminal.
    private func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case _ where scalar.isUnsafeToShow || terminal.isASCII && !scalar.isASCII:
                let digits = String(scalar.value, radix: 16)
                let width = scalar.value > 0xffff ? 8 : 4
                quoted += (width == 8 ? "\\U" : "\\u") + String(repeating: "0", count: width - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
