import Yams

/// Reads a job file into settings, telling every problem with its place.
///
/// Decodes from the YAML nodes by hand, since only they know lines and columns and show unknown keys.
struct JobFile {
    let path: String
    let lines: [Substring]
    private(set) var problems: [JobProblem] = []
    /// Dotted key → text and place of every plain setting found.
    private(set) var values: [String: (text: String, place: JobProblem.Place)] = [:]
    private(set) var lists = JobLists()

    /// Reads `text`; problems are gathered, not thrown.
    init(path: String, text: String) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        do {
            guard let root = try Yams.compose(yaml: text) else { return }
            read(root, prefix: "")
        } catch let error as YamlError {
            add(syntax: error)
        } catch {
            add(1, 1, "the file cannot be read as YAML")
        }
    }

    /// Reads one structured list, as a flag or a variable gives it: in YAML, on one line.
    init(list key: String, text: String, origin: String) {
        path = origin
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        do {
            guard let root = try Yams.compose(yaml: text) else { return }
            readList(key, root)
        } catch let error as YamlError {
            add(syntax: error)
        } catch {
            add(1, 1, "the value cannot be read as YAML")
        }
    }

    /// The dotted names of sections and structured lists beside the plain settings.
    static let listKeys = ["names", "sampling.budgets", "sampling.overrides", "sampling.aliases", "publish", "export"]

    private static let allKeys = Setting.all.map(\.key) + listKeys

    private mutating func read(_ node: Node, prefix: String) {
        guard let mapping = node.mapping else {
            add(
                node,
                prefix.isEmpty
                    ? "the file must be a mapping of keys" : "'\(prefix.dropLast())' must be a mapping of keys")
            return
        }
        for (keyNode, value) in mapping {
            let name = keyNode.string ?? ""
            let key = prefix + name
            if Self.listKeys.contains(key) {
                readList(key, value)
            } else if Setting.named(key) != nil {
                readSetting(key, value)
            } else if Self.allKeys.contains(where: { $0.hasPrefix(key + ".") }) {
                read(value, prefix: key + ".")
            } else {
                addUnknown(keyNode, name, among: Self.names(after: prefix), section: prefix)
            }
        }
    }

    /// The keys that may stand in a section.
    private static func names(after prefix: String) -> Set<String> {
        Set(
            allKeys.filter { $0.hasPrefix(prefix) }.compactMap {
                $0.dropFirst(prefix.count).split(separator: ".").first.map(String.init)
            })
    }

    private mutating func readSetting(_ key: String, _ node: Node) {
        switch node {
        case .scalar(let scalar) where scalar.string.isEmpty && Setting.named(key)?.defaultText.isEmpty == true:
            break
        case .scalar(let scalar): values[key] = (scalar.string, place(node))
        case .sequence(let sequence) where ["inputs", "identity", "sampling.holidays"].contains(key):
            let items = sequence.compactMap(\.string)
            guard items.count == sequence.count, !items.contains(where: { $0.contains(",") }) else {
                add(node, "'\(key)' must be a list of texts without commas")
                return
            }
            values[key] = (items.joined(separator: ","), place(node))
        default: add(node, "'\(key)' must be a single value, for example \(example(of: key))")
        }
    }

    private func example(of key: String) -> String {
        let text = Setting.named(key)?.defaultText ?? ""
        return text.isEmpty ? "a number" : "'\(text)'"
    }

    private mutating func readList(_ key: String, _ node: Node) {
        guard let sequence = node.sequence else {
            add(node, "'\(key)' must be a list")
            return
        }
        for item in sequence {
            if key == "export", let file = item.string {
                readEntry(key, item, fields: ["file": (file, item)])
                continue
            }
            guard let mapping = item.mapping else {
                add(item, "each entry of '\(key)' must be a mapping of keys")
                continue
            }
            readEntry(key, item, mapping)
        }
    }

    private mutating func readEntry(_ key: String, _ node: Node, _ mapping: Node.Mapping) {
        var fields: [String: (text: String, node: Node)] = [:]
        let shape = JobLists.shapes[key] ?? ([], [])
        for (keyNode, value) in mapping {
            let name = keyNode.string ?? ""
            guard (shape.required + shape.optional).contains(name) else {
                addUnknown(keyNode, name, among: Set(shape.required + shape.optional), section: key + ".")
                continue
            }
            guard let text = value.string else {
                add(value, "'\(name)' must be a single value")
                continue
            }
            fields[name] = (text, value)
        }
        readEntry(key, node, fields: fields)
    }

    private mutating func readEntry(_ key: String, _ node: Node, fields: [String: (text: String, node: Node)]) {
        for name in JobLists.shapes[key]?.required ?? [] where fields[name] == nil {
            add(node, "this entry of '\(key)' lacks '\(name)'")
            return
        }
        do throws(JobLists.FieldProblem) {
            try lists.add(key, fields.mapValues(\.text))
        } catch {
            add(fields[error.field]?.node ?? node, error.message)
        }
    }

    private mutating func addUnknown(_ node: Node, _ name: String, among known: Set<String>, section: String) {
        let hint =
            Units.nearest(to: name, among: known.sorted()).map { "; did you mean '\($0)'?" }
            ?? (section.isEmpty ? "" : "; '\(section.dropLast())' has \(known.sorted().joined(separator: ", "))")
        add(node, "unknown key '\(name)'\(hint)")
    }

    private func place(_ node: Node) -> JobProblem.Place {
        JobProblem.Place(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    }

    private mutating func add(_ node: Node, _ message: String) {
        let place = place(node)
        add(place.line, place.column, message)
    }

    mutating func add(_ line: Int, _ column: Int, _ message: String) {
        let text = lines.indices.contains(line - 1) ? String(lines[line - 1]) : ""
        problems.append(
            JobProblem(path: path, place: .init(line: line, column: column), message: message, lineText: text))
    }

    private mutating func add(syntax error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            add(mark.line, mark.column, problem)
        case .duplicatedKeysInMapping(let keys, _):
            for key in keys { addDuplicate(key) }
        case .reader(let problem, _, _, _): add(1, 1, problem)
        default: add(1, 1, "the file cannot be read as YAML")
        }
    }

    /// The parser names a duplicate key, but not its place: the last line that begins with it.
    private mutating func addDuplicate(_ key: String) {
        let found = lines.lastIndex { line in
            let bare = line.drop { $0 == " " || $0 == "-" || $0 == "{" }
            return bare.hasPrefix(key) && bare.dropFirst(key.count).drop { $0 == " " }.first == ":"
        }
        let line = found.map { lines[$0] } ?? ""
        let column = line.firstRange(of: key).map { line.distance(from: line.startIndex, to: $0.lowerBound) + 1 } ?? 1
        add((found ?? 0) + 1, column, "key '\(key)' is given twice")
    }
}

/// Something wrong with the configuration, with its place.
public struct JobProblem: Hashable, Sendable {
    /// Line and column, both from 1.
    public struct Place: Hashable, Sendable {
        public var line: Int
        public var column: Int
    }

    /// The file, or the environment variable or flag.
    public var path: String
    /// Nil outside a file.
    public var place: Place?
    public var message: String
    /// The line as written; empty outside a file.
    public var lineText: String

    /// `job.yaml:7:3: unknown key …`, the line and a caret below the column.
    public var text: String {
        guard let place else { return "\(path): \(message)" }
        let head = "\(path):\(place.line):\(place.column): \(message)"
        let number = String(place.line)
        let margin = String(repeating: " ", count: max(0, 5 - number.count)) + number + " | "
        let tabs = lineText.prefix(max(0, place.column - 1)).map { $0 == "\t" ? "\t" : " " }.joined()
        let gutter = String(repeating: " ", count: margin.count - 2) + "| "
        return "\(head)\n\(margin)\(lineText)\n\(gutter)\(tabs)^"
    }
}
