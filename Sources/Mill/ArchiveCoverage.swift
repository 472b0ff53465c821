import SpanModel

/// Hours of which too few archives were read: they are left out of the history rather than taken for low traffic.
///
/// What an hour should have is the median of the same hour of other days, of work days or weekends where at least
/// three such are known. Archives that could not be read count as missing.
struct ArchiveCoverage {
    /// By hour since the Unix epoch: archives with spans in it.
    private var counts: [UInt32: Int] = [:]
    private var stored: Set<UInt32> = []

    /// Less than this share of what is expected: the hour is left out.
    static let leastShare = 0.5
    /// Other days needed to say what is expected.
    static let leastDays = 3

    /// - Parameters:
    ///   - windows: that have a report; hours outside of all are left out.
    ///   - archives: of all these windows; one that served several counts once.
    init(windows: [Window], archives: [ArchiveSummary]) {
        for window in windows { stored.formUnion(Self.hours(window.startNanoseconds, window.endNanoseconds)) }
        var seen = Set<String>()
        for archive in archives where archive.spans > 0 && archive.firstNanoseconds <= archive.lastNanoseconds {
            guard seen.insert(archive.path).inserted else { continue }
            let end = archive.lastNanoseconds.addingSaturating(1)
            for hour in Self.hours(archive.firstNanoseconds, end) where stored.contains(hour) {
                counts[hour, default: 0] += 1
            }
        }
    }

    /// The hours to leave out of `[from, to)`.
    func excludedHours(from: UInt64, to: UInt64) -> Set<UInt32> {
        Set(Self.hours(from, to).filter { !stored.contains($0) || isLacking($0) })
    }

    private func isLacking(_ hour: UInt32) -> Bool {
        let others = stored.filter { $0 != hour && $0 % 24 == hour % 24 }
        let alike = others.filter { Self.isWeekend($0) == Self.isWeekend(hour) }
        let peers = alike.count >= Self.leastDays ? alike : others
        guard peers.count >= Self.leastDays else { return false }
        let sorted = peers.map { counts[$0] ?? 0 }.sorted()
        return Double(counts[hour] ?? 0) < Self.leastShare * Double(sorted[sorted.count / 2])
    }

    /// 1970-01-01 was a Thursday.
    private static func isWeekend(_ hour: UInt32) -> Bool { (hour / 24 + 3) % 7 >= 5 }

    private static func hours(_ start: UInt64, _ end: UInt64) -> [UInt32] {
        guard end > start else { return [] }
        let (first, last) = (start / Nanoseconds.hour, (end - 1) / Nanoseconds.hour)
        // A span with a wrong clock must not name all hours there are.
        return (first...min(last, first + 24 * 400)).map { UInt32(truncatingIfNeeded: $0) }
    }
}
