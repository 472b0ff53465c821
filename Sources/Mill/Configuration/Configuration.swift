import Foundation

/// A job with the origin of each of its values: flags, then environment, then file, then defaults.
public struct Configuration: Sendable {
    public private(set) var job = Job()
    /// Dotted key → where its value came from; missing: the default.
    public private(set) var origins: [String: String] = [:]
    /// Dotted key → its text, for `config show`.
    public private(set) var texts: [String: String] = [:]
    /// The file that was read, if any.
    public private(set) var path: String?

    /// Name of the job file looked for in the current directory when none is given.
    public static let defaultPath = "spanmill.yaml"

    /// Resolves a job.
    ///
    /// - Parameters:
    ///   - path: a job file that must exist; nil: `spanmill.yaml` where there is one.
    ///   - environment: `SPANMILL_…` variables.
    ///   - flags: dotted keys and texts, strongest.
    /// - Throws: all problems at once, exit status 78.
    public init(path: String?, environment: [String: String], flags: [String: String]) throws(MillError) {
        var problems: [JobProblem] = []
        if let file = try Self.read(path) {
            self.path = file.path
            problems += file.problems
            apply(file, problems: &problems)
        }
        for setting in Setting.all {
            if let text = environment[setting.environmentName] {
                apply(setting, text, origin: setting.environmentName, problems: &problems)
            }
            if let text = flags[setting.key] {
                apply(setting, text, origin: setting.flag, problems: &problems)
            }
        }
        for key in JobFile.listKeys {
            let given = [
                (environment[Setting.environmentName(key)], Setting.environmentName(key)),
                (flags[key], Setting.flag(key)),
            ]
            for (text, origin) in given {
                guard let text else { continue }
                let list = JobFile(list: key, text: text, origin: origin)
                problems += list.problems
                list.lists.assign(key, to: &job)
                origins[key] = origin
            }
        }
        for name in environment.keys.sorted() where Self.isUnknown(name) {
            let hint = Units.nearest(to: name, among: Self.environmentNames).map {
                "; did you mean '\($0)'?"
            }
            problems.append(JobProblem(path: name, place: nil, message: "unknown variable\(hint ?? "")", lineText: ""))
        }
        if !problems.isEmpty {
            let order = problems.sorted {
                ($0.place?.line ?? .max, $0.place?.column ?? 0) < ($1.place?.line ?? .max, $1.place?.column ?? 0)
            }
            throw MillError(.configuration, order.map(\.text).joined(separator: "\n") + "\n" + Self.count(order.count))
        }
    }

    private static func count(_ problems: Int) -> String { problems == 1 ? "1 error" : "\(problems) errors" }

    /// Variables of the program itself and of its tests are no settings.
    private static func isUnknown(_ name: String) -> Bool {
        let others = ["BIN", "CONFIG", "SHARED", "BLESS", "WARNINGS", "CORPUS", "DEMO_DIRECTORY"]
        return name.hasPrefix("SPANMILL_") && !others.contains { name == "SPANMILL_" + $0 }
            && !environmentNames.contains(name)
    }

    private static let environmentNames =
        Setting.all.map(\.environmentName) + JobFile.listKeys.map(Setting.environmentName)

    private static func read(_ path: String?) throws(MillError) -> JobFile? {
        let name = path ?? defaultPath
        guard let data = FileManager.default.contents(atPath: name) else {
            if path == nil { return nil }
            throw MillError(
                .configuration, "cannot read the job file \(name): no such file; `spanmill config init` writes one")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw MillError(.configuration, "cannot read the job file \(name): it is not UTF-8 text")
        }
        return JobFile(path: name, text: text)
    }

    private mutating func apply(_ file: JobFile, problems: inout [JobProblem]) {
        for setting in Setting.all {
            guard let (text, place) = file.values[setting.key] else { continue }
            do throws(SettingProblem) {
                try setting.apply(&job, text)
                origins[setting.key] = "\(file.path):\(place.line)"
                texts[setting.key] = text
            } catch {
                let line = file.lines.indices.contains(place.line - 1) ? String(file.lines[place.line - 1]) : ""
                problems.append(JobProblem(path: file.path, place: place, message: error.message, lineText: line))
            }
        }
        for key in JobFile.listKeys { file.lists.assign(key, to: &job) }
    }

    private mutating func apply(_ setting: Setting, _ text: String, origin: String, problems: inout [JobProblem]) {
        do throws(SettingProblem) {
            try setting.apply(&job, text)
            origins[setting.key] = origin
            texts[setting.key] = text
        } catch {
            problems.append(JobProblem(path: origin, place: nil, message: error.message, lineText: ""))
        }
    }
}

extension Configuration {
    /// The resolved settings, a line each; with `origin`, where each came from.
    public func shown(withOrigin: Bool) -> String {
        Setting.all.map { setting in
            let text = texts[setting.key] ?? setting.defaultText
            let line = "\(setting.key): \(text.isEmpty ? "(none)" : text)"
            guard withOrigin else { return line }
            let padding = String(repeating: " ", count: max(1, 56 - line.count))
            return line + padding + "# " + (origins[setting.key] ?? "default")
        }.joined(separator: "\n") + "\n"
    }

    /// A job file with every default commented out.
    public static var template: String {
        var text = """
            # spanmill's job file. Every key is shown with its default; take the # away to change one.
            # Each has a flag (--window-margin) and a variable (SPANMILL_WINDOW_MARGIN), which win over this file.

            # globs, directories or - : where the archives are
            inputs: [archives]


            """
        var section: [Substring] = []
        for setting in Setting.all where setting.key != "inputs" {
            let path = setting.key.split(separator: ".")
            let parents = Array(path.dropLast())
            for depth in parents.indices where depth >= section.count || section[depth] != parents[depth] {
                let indent = String(repeating: "  ", count: depth)
                text += "# \(indent)\(parents[depth]):\n"
            }
            section = parents
            let indent = String(repeating: "  ", count: parents.count)
            let value = setting.defaultText
            text += "# \(indent)\(path[path.count - 1]): \(value)".trimmingTrailingSpaces
            text += String(repeating: " ", count: 3) + "# \(setting.help)\n"
        }
        return text + listTemplate
    }

    private static let listTemplate = """

        # names:                        # fold high-cardinality operation names
        #   - { service: "shop*", match: "GET /cart/[0-9]+", replace: "GET /cart/{id}" }
        # sampling:
        #   budgets:                    # of parts of the traffic, inside the global one
        #     - { service: "batch-*", spans_per_second: 20 }
        #   overrides:                  # pins, least and greatest probabilities, weights; the first match holds
        #     - { service: "*", operation: "*health*", probability: 0 }
        #     - { service: checkout, minimum: 0.01, weight: 4 }
        #   aliases:                    # operations renamed after the sampler saw them
        #     - { service: web, seen: "GET /users/{id}", published: "GET" }
        # publish:                      # besides the store
        #   - { file: strategies.json, format: jaeger }
        # export:                       # pictures and tables after each run: .dot .svg .json .csv
        #   - { file: services.svg }

        """
}

extension String {
    /// Without spaces at the end.
    var trimmingTrailingSpaces: String { String(reversed().drop { $0 == " " }.reversed()) }
}
