public import SpanModel

/// Folds names of many variants into one: `GET /cart/17` and `GET /cart/18` into `GET /cart/{id}`.
public struct NameTemplate: Hashable, Sendable {
    /// Which services it is for.
    public var service: Glob
    /// A regular expression; every part of a span name that it matches is replaced.
    public var match: String
    /// What takes the part's place; `$1`…`$9` stand for groups, `$0` for all of it, `$$` for a dollar.
    public var replacement: String

    public init(service: Glob = .all, match: String, replacement: String) {
        self.service = service
        self.match = match
        self.replacement = replacement
    }
}

/// What becomes of names before they are ranked: case folded for rule sets that ask for it, templates applied.
///
/// Asked once for each distinct name of a run, so that it may be slow.
struct NameFolding {
    private struct Template {
        var service: Glob
        var pattern: Regex<AnyRegexOutput>
        var replacement: String
    }

    let foldsCase: Bool
    private let templates: [Template]

    init(_ settings: AnalysisSettings) {
        foldsCase = ruleSets.first { $0.name == settings.rules }?.foldsNames ?? false
        templates = settings.nameTemplates.compactMap { template in
            // The job file refuses what is no regular expression.
            guard let pattern = try? Regex(template.match) else { return nil }
            return Template(service: template.service, pattern: pattern, replacement: template.replacement)
        }
    }

    /// The name of a service or of another side.
    func name(_ bytes: [UInt8]) -> [UInt8] {
        guard foldsCase, bytes.contains(where: { $0 >= 0x80 || (0x41...0x5a).contains($0) }) else { return bytes }
        return Array(String(decoding: bytes, as: UTF8.self).lowercased().utf8)
    }

    /// Whether span names of a service may change at all.
    func concerns(service: [UInt8]) -> Bool {
        guard !templates.isEmpty else { return false }
        let service = String(decoding: service, as: UTF8.self)
        return templates.contains { $0.service.matches(service) }
    }

    /// A span name of a service: each template for it applied to what the one before made.
    func operation(_ bytes: [UInt8], service: [UInt8]) -> [UInt8] {
        let service = String(decoding: service, as: UTF8.self)
        var name = String(decoding: bytes, as: UTF8.self)
        for template in templates where template.service.matches(service) {
            name.replace(template.pattern) { Self.expand(template.replacement, $0) }
        }
        return Array(name.utf8.prefix(NameTable.maximumNameBytes))
    }

    private static func expand(_ replacement: String, _ match: Regex<AnyRegexOutput>.Match) -> String {
        var text = ""
        var rest = replacement[...]
        while let character = rest.popFirst() {
            guard character == "$", let next = rest.first, next == "$" || next.isASCII && next.isWholeNumber else {
                text.append(character)
                continue
            }
            rest.removeFirst()
            if let group = next.wholeNumberValue {
                if group < match.count, let part = match[group].substring { text += part }
            } else {
                text.append("$")
            }
        }
        return text
    }
}
