import SpanModel

extension TextPage {
    /// What each archive holds.
    mutating func inspect(_ archives: [InspectedArchive]) {
        guard !archives.isEmpty else { return line("no archives") }
        for (index, archive) in archives.enumerated() {
            if index > 0 { line() }
            inspect(archive)
        }
    }

    private mutating func inspect(_ archive: InspectedArchive) {
        let summary = archive.summary
        line(name(summary.path == "-" ? "standard input" : summary.path), .strong)
        fact("format", [formatText(summary), sizeText(summary)])
        if summary.firstNanoseconds != .max {
            let first = secondText(summary.firstNanoseconds)
            let last = secondText(max(summary.lastNanoseconds, summary.firstNanoseconds))
            let isSameDay = first.prefix(10) == last.prefix(10)
            fact("time", ["\(first) \(sign(.between)) \(isSameDay ? String(last.dropFirst(11)) : last) UTC"])
        }
        fact("spans", spansParts(summary))
        if let traces = archive.traces { fact("traces", [Quantity.count(traces)]) }
        if let services = archive.services {
            let first = archive.servicesBySpans.prefix(12).map { "\(name($0.name)) \(Quantity.count($0.spans))" }
            let more = services.count > first.count ? ["\(Quantity.count(services.count - first.count)) more"] : []
            fact("services", [Quantity.count(services.count)] + first + more)
        }
        if let offset = summary.truncatedAt {
            fact("! cut", ["ends too early, at byte \(Quantity.count(offset)); what came before counts"], .warning)
        }
        if let error = summary.error {
            let text = "\(name(error.message)) (\(error.code.rawValue), byte \(Quantity.count(error.offset)))"
            fact("! error", [text], .bad)
        }
    }

    private func formatText(_ summary: ArchiveSummary) -> String {
        let format = summary.format.isEmpty ? "unknown format" : name(summary.format)
        return summary.layers.isEmpty
            ? format : "\(format) in \(name(summary.layers.reversed().joined(separator: " in ")))"
    }

    private func sizeText(_ summary: ArchiveSummary) -> String {
        let bytes = Quantity.bytes(summary.bytes)
        guard summary.bytesDecompressed > summary.bytes, summary.bytes > 0 else { return bytes }
        let ratio = Quantity.significant(Double(summary.bytesDecompressed) / Double(summary.bytes))
        return "\(bytes), unpacked \(Quantity.bytes(summary.bytesDecompressed)) (\(ratio) times)"
    }

    private func spansParts(_ summary: ArchiveSummary) -> [String] {
        var parts = [Quantity.count(summary.spans)]
        let others: [(UInt64, String)] = [
            (summary.spansInvalid, "without valid ids"), (summary.badRecords, "records unreadable"),
            (summary.otherRecords, "records of other signals"),
        ]
        parts += others.filter { $0.0 > 0 }.map { "\(Quantity.count($0.0)) \($0.1)" }
        return parts
    }

    private func secondText(_ nanoseconds: UInt64) -> String {
        String(Timestamp.text(nanoseconds).prefix(19)).split(separator: "T").joined(separator: " ")
    }
}
