import GRDB
import SpanModel
import Testing

@testable import ReportStore

@Suite struct ReportTests {
    @Test("a report reads back equal, archives and run with it")
    func roundTrip() throws {
        try withDirectory { directory in
            var maker = ReportMaker()
            let report = maker.report()
            let store = try ReportStore(directory: directory)
            try store.save(report, run: .sample(report), archives: ArchiveRecord.samples)
            let again = try ReportStore(directory: directory, access: .readOnly)
            let read = try #require(try again.report(window: report.window))
            #expect(read.quality == report.quality)
            #expect(read.nodes == report.nodes)
            #expect(read.edges == report.edges)
            #expect(read.operations == report.operations)
            #expect(read.roots == report.roots)
            #expect(read.evidence == report.evidence)
            #expect(read == report)
            #expect(try again.archives(window: report.window) == ArchiveRecord.samples)
            #expect(try again.quality(window: report.window) == report.quality)
            let run = try #require(try again.latestRun())
            #expect(run.id == 1 && run.window == report.window && run.settingsDigest == "abc")
        }
    }

    @Test("names keep their bytes: zero bytes, and accents written in two ways")
    func exactNames() throws {
        try withDirectory { directory in
            let names = ["caf\u{e9}", "cafe\u{301}", "a\u{0}b", "a", "", "日本"]
            var report = ReportMaker(services: 1, operations: 0, edges: 0).reportOnly()
            report.nodes = names.map { Node(name: $0, kind: .service) }
            let store = try ReportStore(directory: directory)
            try store.save(report, run: .sample(report), archives: [])
            let read = try #require(try store.report(window: report.window))
            #expect(read.nodes.map { Array($0.name.utf8) } == names.map { Array($0.utf8) })
        }
    }

    @Test("a second run of a window leaves equal rows, in whatever store")
    func rerun() throws {
        try withDirectory { directory in
            var maker = ReportMaker()
            let (first, second) = (maker.report(), maker.report(day: ReportMaker.day + 1))
            let store = try ReportStore(directory: directory)
            try store.save(first, run: .sample(first), archives: ArchiveRecord.samples)
            try store.save(second, run: .sample(second), archives: [])
            let before = try dump(store)
            try store.save(first, run: .sample(first), archives: ArchiveRecord.samples)
            #expect(try dump(store) == before)
            #expect(try store.report(window: second.window) == second)
            let other = try ReportStore(directory: directory + "/other")
            for report in [first, second, first] {
                try other.save(
                    report, run: .sample(report), archives: report == first ? ArchiveRecord.samples : [])
            }
            #expect(try dump(other) == before)
        }
    }

    @Test("a run replaces all that its window had")
    func replace() throws {
        try withDirectory { directory in
            var maker = ReportMaker()
            let large = maker.report()
            maker.edges = 2
            maker.operations = 3
            let small = maker.report()
            let store = try ReportStore(directory: directory)
            try store.save(large, run: .sample(large), archives: ArchiveRecord.samples)
            try store.save(small, run: .sample(small), archives: [])
            #expect(try store.report(window: small.window) == small)
            #expect(try store.archives(window: small.window) == [])
        }
    }

    @Test("a reader sees the state before a transaction that is still open")
    func snapshot() throws {
        try withDirectory { directory in
            var maker = ReportMaker()
            let (old, new) = (maker.report(), maker.report())
            let store = try ReportStore(directory: directory)
            try store.save(old, run: .sample(old), archives: [])
            let reader = try ReportStore(directory: directory, access: .readOnly)
            let before = try reader.version()
            try store.pool.write { db in
                var writer = try ReportWriter(db, reportID: 1, of: new.window)
                try writer.write(new, archives: [])
                #expect(try reader.report(window: old.window) == old)
                #expect(try reader.version() == before)
            }
            #expect(try reader.report(window: old.window) == new)
            try store.save(new, run: .sample(new), archives: [])
            #expect(try reader.version() != before)
        }
    }

    @Test("windows and the latest one are told; nothing stored is nil, not an error")
    func windows() throws {
        try withDirectory { directory in
            let store = try ReportStore(directory: directory)
            #expect(try store.latestWindow() == nil)
            #expect(try store.latestRun() == nil)
            #expect(try store.latestStrategies() == nil)
            var maker = ReportMaker(operations: 1, edges: 1)
            for day: UInt64 in [5, 3, 4] {
                let report = maker.report(day: day)
                try store.save(report, run: .sample(report), archives: [])
            }
            let days = [3, 4, 5].map { day in
                Window(startNanoseconds: day * Nanoseconds.day, endNanoseconds: (day + 1) * Nanoseconds.day)
            }
            #expect(try store.windows() == days)
            #expect(try store.latestWindow() == days[2])
            #expect(try store.windows(in: days[1]) == [days[1]])
            #expect(try store.report(window: Window(startNanoseconds: 1, endNanoseconds: 2)) == nil)
        }
    }

    @Test("what is not asked for is left out, the rest is the same")
    func detail() throws {
        try withDirectory { directory in
            var maker = ReportMaker()
            let report = maker.report()
            let store = try ReportStore(directory: directory)
            try store.save(report, run: .sample(report), archives: [])
            let bare = try #require(try store.report(window: report.window, detail: []))
            #expect(bare.nodes == report.nodes && bare.findings == report.findings)
            #expect(bare.edges.map(\.calls) == report.edges.map(\.calls))
            #expect(bare.edges == report.edges.map(\.withFiguresOnly))
            #expect(bare.operations.isEmpty && bare.roots.isEmpty)
            let named = try #require(try store.report(window: report.window, detail: .operations))
            #expect(named.operations.map(\.operation) == report.operations.map(\.operation))
            #expect(named.operations.map(\.count) == report.operations.map(\.count))
            #expect(named.operations.allSatisfy { $0.latency.isEmpty && $0.hours.isEmpty })
            let days = try #require(try store.report(window: report.window, detail: .sketches))
            #expect(days.edges.map(\.client) == report.edges.map(\.client))
            #expect(days.edges.allSatisfy { $0.figures == nil && $0.hours.isEmpty })
            let shown = try #require(try store.report(window: report.window, detail: [.latency, .roots]))
            #expect(shown.operations.map(\.latency) == report.operations.map(\.latency))
            #expect(shown.roots == report.roots && shown.operations.allSatisfy(\.hours.isEmpty))
        }
    }

    @Test("figures are read as the sketches beside them have them: none, few, many, wide")
    func figures() throws {
        try withDirectory { directory in
            var maker = ReportMaker(services: 9, edges: 9)
            var report = maker.report()
            report.edges[0].client = LatencySketch()
            (report.edges[1].client, report.edges[1].server) = (LatencySketch(), LatencySketch())
            report.edges[2].server = LatencySketch()
            for nanoseconds: UInt64 in [0, 0, 1, .max] { report.edges[3].server.add(nanoseconds) }
            report.edges[4].server = maker.dice.sketch(20_000, weighted: true)
            let store = try ReportStore(directory: directory)
            try store.save(report, run: .sample(report), archives: [])
            let bare = try #require(try store.report(window: report.window, detail: []))
            #expect(bare.edges == report.edges.map(\.withFiguresOnly))
            #expect(bare.edges.map(\.isMeasuredByClient) == report.edges.map(\.isMeasuredByClient))
            #expect(bare.edges.map(\.isMeasuredByServer) == report.edges.map(\.isMeasuredByServer))
        }
    }

    @Test(
        "figures that contradict their sketch are damage",
        arguments: [
            "server_p95_nanoseconds = server_p50_nanoseconds - 1", "client_minimum_nanoseconds = 1",
            "client_maximum_nanoseconds = NULL", "server_p999_nanoseconds = server_maximum_nanoseconds + 1",
            "server_sketch = x'05'", "client_sketch = x'00'",
        ])
    func contradiction(_ change: String) throws {
        try withDirectory { directory in
            var maker = ReportMaker()
            let report = maker.report()
            let store = try ReportStore(directory: directory)
            try store.save(report, run: .sample(report), archives: [])
            try store.pool.write { db in try db.execute(sql: "UPDATE edge SET \(change) WHERE id & 31 = 7") }
            let error = #expect(throws: StoreError.self) { try store.report(window: report.window, detail: []) }
            #expect(error?.code == .damaged)
        }
    }

    @Test("a window beyond what SQLite can count is refused")
    func endless() throws {
        try withDirectory { directory in
            let store = try ReportStore(directory: directory)
            let report = Report(window: .always, rules: "otlp")
            let error = #expect(throws: StoreError.self) {
                try store.save(report, run: .sample(report), archives: [])
            }
            #expect(error?.code == .unstorable)
        }
    }

    @Test("20,000 operations and 30,000 edges with hours take seconds and tens of megabytes", .tags(.slow))
    func large() throws {
        try withDirectory { directory in
            var maker = ReportMaker(services: 2000, operations: 20_000, edges: 30_000, samplesPerHour: 2)
            let report = maker.report()
            let store = try ReportStore(directory: directory)
            let clock = ContinuousClock()
            let writing = try clock.measure { try store.save(report, run: .sample(report), archives: []) }
            var read: Report?
            let reading = try clock.measure { read = try store.report(window: report.window) }
            #expect(read == report)
            let size = try store.pool.read { db in
                let pages = try Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0
                return pages * (try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 0)
            }
            print("store: \(writing) to write, \(reading) to read, \(size / 1_000_000) MB")
            #expect(size < 60_000_000)
            #expect(writing < .seconds(20))
        }
    }

    /// All rows but those that tell of runs.
    private func dump(_ store: ReportStore) throws -> [String] {
        try store.pool.read { db in
            let tables = try String.fetchAll(
                db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('run') ORDER BY name")
            return try tables.filter { !$0.hasPrefix("sqlite_") }.flatMap { table in
                try Row.fetchAll(db, sql: "SELECT * FROM \(table) ORDER BY 1, 2, 3").map {
                    "\(table) \($0.databaseValues)"
                }
            }
        }
    }
}

extension ReportMaker {
    func reportOnly() -> Report {
        var copy = self
        return copy.report()
    }
}

extension Edge {
    /// As it is read without sketches.
    var withFiguresOnly: Edge {
        var edge = self
        edge.figures = EdgeFigures(client: client.figures, server: server.figures)
        (edge.client, edge.server, edge.hours) = (LatencySketch(), LatencySketch(), [])
        return edge
    }
}

extension Tag {
    @Tag static var slow: Self
}
