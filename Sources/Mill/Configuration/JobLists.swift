/// The structured lists of a job file, entry by entry.
struct JobLists: Sendable {
    var names: [Job.NameTemplate] = []
    var budgets: [Job.SamplingSettings.PartBudget] = []
    var overrides: [Job.SamplingSettings.Override] = []
    var aliases: [Job.SamplingSettings.Alias] = []
    var publications: [Job.Publication] = []
    var exports: [String] = []

    /// A field of an entry that cannot be used.
    struct FieldProblem: Error {
        var field: String
        var message: String
    }

    /// Keys of the entries of each list.
    static let shapes: [String: (required: [String], optional: [String])] = [
        "names": (["match", "replace"], ["service"]),
        "sampling.budgets": (["spans_per_second"], ["service", "operation"]),
        "sampling.overrides": ([], ["service", "operation", "probability", "minimum", "maximum", "weight"]),
        "sampling.aliases": (["service", "seen", "published"], []),
        "publish": (["file"], ["format"]),
        "export": (["file"], []),
    ]

    /// Endings of files that can be written after a run.
    static let exportEndings = [".dot", ".svg", ".json", ".csv"]

    mutating func add(_ key: String, _ fields: [String: String]) throws(FieldProblem) {
        switch key {
        case "names": names.append(try template(fields))
        case "sampling.budgets":
            budgets.append(
                .init(
                    service: fields["service"] ?? "*", operation: fields["operation"] ?? "*",
                    spansPerSecond: try number("spans_per_second", fields, 0...1e15) ?? 0))
        case "sampling.overrides":
            overrides.append(
                .init(
                    service: fields["service"] ?? "*", operation: fields["operation"] ?? "*",
                    probability: try number("probability", fields, 0...1),
                    minimum: try number("minimum", fields, 0...1),
                    maximum: try number("maximum", fields, 0...1), weight: try number("weight", fields, 0...1e6)))
        case "sampling.aliases":
            aliases.append(
                .init(
                    service: fields["service"] ?? "", seen: fields["seen"] ?? "", published: fields["published"] ?? ""))
        case "publish": publications.append(try publication(fields))
        default: exports.append(try export(fields))
        }
    }

    /// Puts one of the lists into a job.
    func assign(_ key: String, to job: inout Job) {
        switch key {
        case "names": job.names = names
        case "sampling.budgets": job.sampling.budgets = budgets
        case "sampling.overrides": job.sampling.overrides = overrides
        case "sampling.aliases": job.sampling.aliases = aliases
        case "publish": job.publish = publications
        default: job.export = exports
        }
    }

    private func template(_ fields: [String: String]) throws(FieldProblem) -> Job.NameTemplate {
        let match = fields["match"] ?? ""
        guard (try? Regex(match)) != nil else {
            throw FieldProblem(field: "match", message: "'\(match)' is not a regular expression")
        }
        return .init(service: fields["service"] ?? "*", match: match, replace: fields["replace"] ?? "")
    }

    private func publication(_ fields: [String: String]) throws(FieldProblem) -> Job.Publication {
        let format = fields["format"] ?? "jaeger"
        guard format == "jaeger" else {
            throw FieldProblem(field: "format", message: "the only format is 'jaeger', not '\(format)'")
        }
        return .init(file: fields["file"] ?? "", format: format)
    }

    private func export(_ fields: [String: String]) throws(FieldProblem) -> String {
        let file = fields["file"] ?? ""
        guard Self.exportEndings.contains(where: { file.hasSuffix($0) }) else {
            throw FieldProblem(
                field: "file", message: "the name must end in \(Self.exportEndings.joined(separator: ", "))")
        }
        return file
    }

    private func number(
        _ name: String, _ fields: [String: String], _ range: ClosedRange<Double>
    ) throws(FieldProblem) -> Double? {
        guard let text = fields[name] else { return nil }
        guard let value = Double(text), range.contains(value) else {
            let most = range.upperBound == 1 ? "1" : String(Int(range.upperBound))
            throw FieldProblem(field: name, message: "'\(name)' must be a number from 0 to \(most), not '\(text)'")
        }
        return value
    }
}
