/// The names used most, of a stream of any length, in memory proportional to how many are wanted.
///
/// Rank: role, then count, both descending, then bytes ascending; so no two names are equal, and the order in
/// which they come does not matter.
struct MostFrequent {
    struct Candidate {
        var role: UInt8
        var count: UInt64
        var text: [UInt8]

        func ranksBefore(_ other: Candidate) -> Bool {
            if role != other.role { return role > other.role }
            if count != other.count { return count > other.count }
            return text.lexicographicallyPrecedes(other.text)
        }
    }

    private let limit: Int
    private var candidates: [Candidate] = []
    /// The last one of the names kept so far, once there are enough.
    private var bar: Candidate?

    init(limit: Int) { self.limit = max(limit, 0) }

    mutating func add(_ candidate: Candidate) {
        if let bar, !candidate.ranksBefore(bar) { return }
        candidates.append(candidate)
        if candidates.count >= limit.addingSaturating(max(limit, 1024)) { prune() }
    }

    /// The most used, by bytes.
    mutating func finish() -> [Candidate] {
        prune()
        return candidates.sorted { $0.text.lexicographicallyPrecedes($1.text) }
    }

    private mutating func prune() {
        guard candidates.count > limit else { return }
        candidates.sort { $0.ranksBefore($1) }
        candidates.removeLast(candidates.count - limit)
        bar = candidates.last ?? bar
    }
}

extension Int {
    fileprivate func addingSaturating(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
