/// Which of the names seen is probably the one that was published: instrumentation often renames a span after its
/// sampler has seen it, from a path to a route, or with the method before it.
///
/// Names are compared by their words, split at slashes, spaces, points and the like, in lower case; words with digits
/// and placeholders (`{id}`, `:id`, `*`) are all alike. Likeness is Dice's: twice the words in common by the words of
/// both. Less than a half is no likeness, and a name is proposed once only.
struct NameLikeness {
    private struct Words {
        let name: String
        let words: [String: Int]
        let count: Int
    }

    private var candidates: [String: [Words]]

    /// - Parameter names: by service, those that may be proposed.
    init(_ names: [String: [String]]) {
        candidates = names.mapValues { $0.sorted().map(Self.words) }
    }

    /// The most alike, which is then no candidate any more; of equals the first in order.
    mutating func takeNearest(to name: String, of service: String) -> String? {
        guard let others = candidates[service], others.count <= 4096 else { return nil }
        let own = Self.words(name)
        var best: (index: Int, likeness: Double)?
        for (index, other) in others.enumerated() {
            let likeness = Self.likeness(own, other)
            if likeness >= 0.5, likeness > best?.likeness ?? 0 { best = (index, likeness) }
        }
        guard let best else { return nil }
        return candidates[service]?.remove(at: best.index).name
    }

    private static func likeness(_ a: Words, _ b: Words) -> Double {
        guard a.count + b.count > 0 else { return 0 }
        let common = a.words.reduce(0) { $0 + min($1.value, b.words[$1.key] ?? 0) }
        return Double(2 * common) / Double(a.count + b.count)
    }

    private static func words(_ name: String) -> Words {
        var words: [String: Int] = [:]
        var count = 0
        for part in name.split(whereSeparator: { "/ .-_?&=\t".contains($0) }) {
            let isPlaceholder =
                part.hasPrefix(":") || part.hasPrefix("{") || part.hasPrefix("<") || part == "*"
                || part.contains(where: \.isNumber)
            let word = isPlaceholder ? "*" : part.lowercased().filter { $0.isLetter }
            guard !word.isEmpty else { continue }
            words[word, default: 0] += 1
            count += 1
        }
        return Words(name: name, words: words, count: count)
    }
}
