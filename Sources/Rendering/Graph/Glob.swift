/// A pattern for names: `*` stands for any characters, `?` for one; everything else for itself.
///
/// - Complexity: O(pattern × name) at worst, linear in the name for patterns with one `*`; never exponential.
struct Glob: Sendable {
    private let pattern: [Unicode.Scalar]

    init(_ pattern: String) { self.pattern = Array(pattern.unicodeScalars) }

    func matches(_ name: String) -> Bool {
        let name = Array(name.unicodeScalars)
        var (place, at) = (0, 0)
        // After the last `*`, and how much of the name it has swallowed: the only place to go back to.
        var star: (place: Int, at: Int)?
        while at < name.count {
            if place < pattern.count, pattern[place] == "*" {
                place += 1
                star = (place, at)
            } else if place < pattern.count, pattern[place] == "?" || pattern[place] == name[at] {
                place += 1
                at += 1
            } else if let last = star {
                star = (last.place, last.at + 1)
                (place, at) = (last.place, last.at + 1)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }
}
