internal import SpanModel

/// Which records of a trace stay when there are too many: the first ones in order of (span, content).
///
/// Exact repeats count apart and have a limit of their own, equally high. Applied to parts of a trace and then to
/// what is left of them, it keeps the same records as applied to the whole.
struct TraceCut {
    let limit: Int
    private var distinct = 0
    private var repeats = 0
    /// A distinct record was left out.
    private(set) var isCut = false

    init(limit: Int) { self.limit = max(limit, 1) }

    /// Whether the next record in order stays.
    mutating func keeps(isRepeat: Bool) -> Bool {
        if isRepeat {
            repeats += 1
            return repeats <= limit && !isCut
        }
        distinct += 1
        isCut = distinct > limit
        return !isCut
    }
}
