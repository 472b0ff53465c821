import SpanModel
import Testing

@testable import Mill

/// Hours whose archives are missing are no quiet hours.
struct ArchiveCoverageTests {
    private let days: UInt64 = 6
    private var windows: [Window] { (0..<days).map { window($0) } }

    private func window(_ day: UInt64) -> Window {
        // 1970-01-05 was a Monday.
        let start = (day + 4) * Nanoseconds.day
        return Window(startNanoseconds: start, endNanoseconds: start + Nanoseconds.day)
    }

    /// Four archives an hour, but for what `count` says otherwise.
    private func archives(_ count: (_ day: UInt64, _ hour: UInt64) -> Int = { _, _ in 4 }) -> [ArchiveSummary] {
        var archives: [ArchiveSummary] = []
        for day in 0..<days {
            for hour in 0..<24 as Range<UInt64> {
                for number in 0..<count(day, hour) {
                    var archive = ArchiveSummary(path: "\(day)/\(hour)/\(number)")
                    archive.spans = 10
                    archive.firstNanoseconds = window(day).startNanoseconds + hour * Nanoseconds.hour
                    archive.lastNanoseconds = archive.firstNanoseconds + Nanoseconds.hour - 1
                    archives.append(archive)
                }
            }
        }
        return archives
    }

    private func excluded(_ windows: [Window], _ archives: [ArchiveSummary]) -> Set<UInt32> {
        ArchiveCoverage(windows: windows, archives: archives).excludedHours(
            from: window(0).startNanoseconds, to: window(days - 1).endNanoseconds)
    }

    private func hour(_ day: UInt64, _ hour: UInt64) -> UInt32 { UInt32((day + 4) * 24 + hour) }

    @Test("with all archives no hour is left out; quiet nights have as few as every night")
    func complete() {
        #expect(excluded(windows, archives()).isEmpty)
        #expect(excluded(windows, archives { _, hour in hour < 6 ? 1 : 8 }).isEmpty)
    }

    @Test("an hour with less than half of the usual archives is left out, one with half is not")
    func lacking() {
        let found = excluded(windows, archives { day, hour in day == 3 ? (hour == 7 ? 1 : hour == 8 ? 2 : 4) : 4 })
        #expect(found == [hour(3, 7)])
    }

    @Test("archives that could not be read are missing, and one of two windows counts once")
    func unreadable() {
        var all = archives()
        for index in all.indices where all[index].path.hasPrefix("2/9/") && !all[index].path.hasSuffix("0") {
            all[index].spans = 0
        }
        #expect(excluded(windows, all + all) == [hour(2, 9)])
    }

    @Test("a day that no run has stored is left out as a whole")
    func unstored() {
        let found = excluded(windows.filter { $0 != window(4) }, archives())
        #expect(found == Set((0..<24).map { hour(4, $0) }))
    }

    @Test("with too few days to compare with nothing is left out")
    func young() {
        let young = ArchiveCoverage(
            windows: Array(windows.prefix(3)), archives: archives { day, _ in day == 1 ? 0 : 4 })
        let found = young.excludedHours(from: window(0).startNanoseconds, to: window(2).endNanoseconds)
        #expect(found.isEmpty)
    }
}
