import SpanModel

/// Texts with units, as the job file and the flags write them.
public enum Units {
    /// Nanoseconds of `250ms`, `2h`, `1d`, `1h30m`; nil when malformed or too long.
    public static func duration(_ text: some StringProtocol) -> UInt64? {
        var rest = Substring(text)
        var total: UInt64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let number = Double(digits), let scale = durationScales[String(unit)] else { return nil }
            let nanoseconds = number * Double(scale)
            guard nanoseconds >= 0, nanoseconds < 9e18 else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(UInt64(nanoseconds))
            guard !overflow else { return nil }
            total = sum
        }
        return total
    }

    /// Bytes of `64MiB`, `1GB`, `4096`; nil when malformed or too large.
    public static func size(_ text: some StringProtocol) -> Int? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(digits.count)
        guard let number = Double(digits), let scale = sizeScales[String(unit)] else { return nil }
        let bytes = number * scale
        return bytes >= 0 && bytes < 9e18 ? Int(bytes) : nil
    }

    private static let durationScales: [String: UInt64] = [
        "ns": 1, "us": 1000, "µs": 1000, "ms": 1_000_000, "s": Nanoseconds.second, "m": 60 * Nanoseconds.second,
        "h": Nanoseconds.hour, "d": Nanoseconds.day, "w": 7 * Nanoseconds.day,
    ]

    private static let sizeScales: [String: Double] = [
        "": 1, "B": 1, "kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "KiB": 1024, "MiB": 1_048_576,
        "GiB": 1_073_741_824, "TiB": 1_099_511_627_776,
    ]

    /// The nearest of some words by edit distance, if any is near enough to have been meant.
    public static func nearest(to word: String, among words: some Sequence<String>) -> String? {
        let candidates = words.map { (word: $0, distance: distance(word, $0)) }
        let best = candidates.min { ($0.distance, $0.word) < ($1.distance, $1.word) }
        guard let best, best.distance <= max(2, word.count / 3) else { return nil }
        return best.word
    }

    /// Levenshtein's distance over at most 64 characters of each word.
    private static func distance(_ a: String, _ b: String) -> Int {
        let (a, b) = (Array(a.prefix(64)), Array(b.prefix(64)))
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let next = min(row[j] + 1, row[j + 1] + 1, diagonal + (x == y ? 0 : 1))
                diagonal = row[j + 1]
                row[j + 1] = next
            }
        }
        return row[b.count]
    }
}
