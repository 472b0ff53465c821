import SpanModel
import Testing

@testable import Mill

/// Which windows an archive's path allows.
struct PathTimeTests {
    private func instant(_ text: String) throws -> UInt64 { try #require(Timestamp.nanoseconds(text)) }

    private func window(_ start: String, _ end: String) throws -> Window {
        Window(startNanoseconds: try instant(start), endNanoseconds: try instant(end))
    }

    private func serves(
        _ path: String, _ window: Window, margin: UInt64 = Nanoseconds.hour, offset: Int = 0
    ) throws -> Bool {
        try #require(PathTime(path: path, offsetSeconds: offset)).mayServe(window, marginNanoseconds: margin)
    }

    @Test("partitions are days, hours or minutes, as deep as the path is")
    func partitions() throws {
        #expect(
            PathTime(path: "b/year=2026/month=02/day=18/x.json", offsetSeconds: 0)
                == .partition(try window("2026-02-18", "2026-02-19")))
        #expect(
            PathTime(path: "year=2026/month=02/day=18/hour=09/x.json", offsetSeconds: 0)
                == .partition(try window("2026-02-18T09", "2026-02-18T10")))
        #expect(
            PathTime(path: "year=2026/month=02/day=18/hour=18/minute=36/x.json", offsetSeconds: 0)
                == .partition(try window("2026-02-18T18:36", "2026-02-18T18:37")))
    }

    @Test("a stamp in a file's name is when it was closed")
    func rotation() throws {
        let closed = try instant("2026-02-18T05:02:14")
        for name in ["data-2026-02-18T05-02-14.173.json", "d/2026-02-18T05:02:14Z.json.zst"] {
            #expect(PathTime(path: name, offsetSeconds: 0) == .rotated(nanoseconds: closed))
        }
    }

    @Test(
        "paths without a time, or with one that is none, serve every window",
        arguments: [
            "spans.json", "year=2026/x.json", "year=2026/month=13/day=01/x.json",
            "year=2026/month=02/day=30/x.json", "year=2026/month=02/day=18/hour=24/x.json",
            "year=2026/month=02/day=18/hour=1/minute=60/x.json", "data-2026-02-18.json", "T", "",
        ])
    func timeless(_ path: String) { #expect(PathTime(path: path, offsetSeconds: 0) == nil) }

    @Test("the margin lets in what was uploaded early or late, and no more")
    func margin() throws {
        let day = try window("2026-02-18", "2026-02-19")
        let hour = "year=2026/month=02/day="
        #expect(try serves("\(hour)18/hour=00/x", day))
        #expect(try serves("\(hour)17/hour=23/x", day))
        #expect(try !serves("\(hour)17/hour=22/x", day))
        #expect(try serves("\(hour)19/hour=00/x", day))
        #expect(try !serves("\(hour)19/hour=01/x", day))
        #expect(try !serves("\(hour)17/hour=23/x", day, margin: 0))
        #expect(try !serves("\(hour)19/hour=00/x", day, margin: 0))
        #expect(try serves("\(hour)18/x", try window("2026-02-18T23", "2026-02-19T00"), margin: 0))
    }

    @Test("a file closed before the window holds nothing of it; one closed long after may")
    func closed() throws {
        let day = try window("2026-02-18", "2026-02-19")
        #expect(try serves("t-2026-02-17T23-30-00.json", day))
        #expect(try !serves("t-2026-02-17T22-30-00.json", day))
        #expect(try serves("t-2026-03-17T22-30-00.json", day))
    }

    @Test("the zone of the paths' clock is taken off")
    func zone() throws {
        let path = "year=2026/month=02/day=18/hour=01/x"
        #expect(
            PathTime(path: path, offsetSeconds: 7200) == .partition(try window("2026-02-17T23", "2026-02-18T00")))
        #expect(
            PathTime(path: path, offsetSeconds: -5400)
                == .partition(try window("2026-02-18T02:30", "2026-02-18T03:30")))
    }

    @Test("the ends of time are no trap")
    func extremes() throws {
        #expect(try serves("year=1970/month=01/day=02/x", .always, margin: .max, offset: 86_400))
        #expect(try serves("year=2553/month=12/day=31/x", .always, margin: .max, offset: -86_400))
    }
}
