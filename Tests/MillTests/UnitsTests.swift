import SpanModel
import Testing

@testable import Mill

/// Texts with units, and windows as people write them.
struct UnitsTests {
    @Test(
        "durations have units and may be added up",
        arguments: [
            ("250ms", 250_000_000), ("2h", 7_200_000_000_000), ("1d", 86_400_000_000_000), ("1w", 604_800_000_000_000),
            ("1h30m", 5_400_000_000_000), ("1.5h", 5_400_000_000_000), ("0s", 0), ("15ns", 15), ("3us", 3000),
            ("3µs", 3000),
        ] as [(String, UInt64)])
    func durations(_ text: String, _ nanoseconds: UInt64) { #expect(Units.duration(text) == nanoseconds) }

    @Test(
        "what is no duration is refused",
        arguments: ["", "5", "h", "-1h", "1 h", "1y", "1h5", "1e3s", "9999999999999d", "٣s", ".h", "1..5h", "nan"])
    func noDurations(_ text: String) { #expect(Units.duration(text) == nil) }

    @Test(
        "sizes are decimal or binary",
        arguments: [
            ("4096", 4096), ("64MiB", 67_108_864), ("1GB", 1_000_000_000), ("1.5KiB", 1536), ("2kB", 2000),
            ("1TiB", 1_099_511_627_776), ("7B", 7), ("0", 0),
        ])
    func sizes(_ text: String, _ bytes: Int) { #expect(Units.size(text) == bytes) }

    @Test("what is no size is refused", arguments: ["", "MiB", "-1", "1 MiB", "1mib", "1e9", "99999999TiB", "0x10"])
    func noSizes(_ text: String) { #expect(Units.size(text) == nil) }

    @Test("the nearest word is one that can have been meant")
    func nearest() {
        let words = ["window", "workers", "memory", "shards"]
        #expect(Units.nearest(to: "windw", among: words) == "window")
        #expect(Units.nearest(to: "memroy", among: words) == "memory")
        #expect(Units.nearest(to: "kubernetes", among: words) == nil)
        #expect(Units.nearest(to: "shard", among: words) == "shards")
        #expect(Units.nearest(to: "x", among: [String]()) == nil)
    }

    /// 2026-03-05, a little after ten.
    private static let now: UInt64 = 1_772_705_415_000_000_000

    @Test(
        "windows are days, hours, minutes, stretches, or relative to now",
        arguments: [
            ("2026-03-01", "2026-03-01", "2026-03-02"), ("2026-03-01T10", "2026-03-01T10", "2026-03-01T11"),
            ("2026-03-01T10:30", "2026-03-01T10:30", "2026-03-01T10:31"),
            ("2026-03-01T10:30:15", "2026-03-01T10:30:15", "2026-03-01T10:30:16"),
            ("2026-03-01T10/12", "2026-03-01T10", "2026-03-01T12"),
            ("2026-03-01T10/24", "2026-03-01T10", "2026-03-02"),
            ("2026-03-01/2026-03-08", "2026-03-01", "2026-03-08"),
            ("2026-03-01T22/2026-03-02T02", "2026-03-01T22", "2026-03-02T02"),
            ("today", "2026-03-05", "2026-03-06"), ("yesterday", "2026-03-04", "2026-03-05"),
            ("last-24h", "2026-03-04T10:10:15", "2026-03-05T10:10:15"),
            ("last-90m", "2026-03-05T08:40:15", "2026-03-05T10:10:15"),
        ])
    func windows(_ text: String, _ start: String, _ end: String) throws {
        let window = try #require(WindowText.window(text, nowNanoseconds: Self.now))
        #expect(window.startNanoseconds == Timestamp.nanoseconds(start))
        #expect(window.endNanoseconds == Timestamp.nanoseconds(end))
    }

    @Test(
        "what is no window, or an empty one, is refused",
        arguments: [
            "", "/", "tomorrow", "2026-02-30", "2026-03-01/2026-03-01", "2026-03-02/2026-03-01", "2026-03-01T10/09",
            "2026-03-01T10/25", "2026-03-01/2026-03-02/2026-03-03", "last-", "last-0h", "last-99999d", "last-x",
            "2026-3-1", "2026-03-01T10/", "/2026-03-01", "2026-03-01T10:30:15/16x",
        ])
    func noWindows(_ text: String) { #expect(WindowText.window(text, nowNanoseconds: Self.now) == nil) }

    @Test("a record of bad archives is borne up to its limit")
    func badArchives() {
        #expect(!Job.BadArchiveLimit.count(5).isExceeded(bad: 5, of: 5))
        #expect(Job.BadArchiveLimit.count(5).isExceeded(bad: 6, of: 600))
        #expect(Job.BadArchiveLimit.count(0).isExceeded(bad: 1, of: 1000))
        #expect(!Job.BadArchiveLimit.percent(2).isExceeded(bad: 2, of: 100))
        #expect(Job.BadArchiveLimit.percent(2).isExceeded(bad: 3, of: 100))
        #expect(!Job.BadArchiveLimit.percent(0).isExceeded(bad: 0, of: 0))
    }
}
