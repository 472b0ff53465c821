import GRDB
import SpanModel
import Testing

@testable import ReportStore

@Suite struct HistoryTests {
    private func day(_ day: UInt64, _ count: UInt64 = 1) -> Window {
        Window(startNanoseconds: day * Nanoseconds.day, endNanoseconds: (day + count) * Nanoseconds.day)
    }

    private func save(_ store: ReportStore, _ window: Window, rules: String = "otlp", _ fill: (inout Report) -> Void)
        throws
    {
        var report = Report(window: window, rules: rules)
        fill(&report)
        try store.save(report, run: .sample(report), archives: [])
    }

    private func root(_ operation: String, hour: UInt64, roots: UInt64) -> RootThroughput {
        var root = RootThroughput(service: "api", operation: operation, hour: UInt32(hour))
        root.roots = roots
        root.estimated.add(roots, weight: .one)
        return root
    }

    @Test("throughput of hours is read over windows, and an hour at their border is added up")
    func throughput() throws {
        try withDirectory { directory in
            let store = try ReportStore(directory: directory)
            try save(store, day(10)) { $0.roots = [root("a", hour: 239, roots: 9), root("a", hour: 263, roots: 2)] }
            try save(store, day(11)) { $0.roots = [root("a", hour: 263, roots: 3), root("b", hour: 264, roots: 4)] }
            let found = try store.throughput(from: 240 * Nanoseconds.hour, to: 265 * Nanoseconds.hour)
            #expect(found.map(\.operation) == ["a", "b"])
            #expect(found.map(\.hour) == [263, 264])
            #expect(found.map(\.roots) == [5, 4])
            #expect(found.first?.estimated.estimate == 5)
            #expect(try store.throughput(from: 0, to: 240 * Nanoseconds.hour).map(\.roots) == [9])
            #expect(try store.throughput(from: 5, to: 5).isEmpty)
        }
    }

    @Test("where windows overlap, the one run last counts, once")
    func overlap() throws {
        try withDirectory { directory in
            let store = try ReportStore(directory: directory)
            try save(store, day(10, 2)) { $0.roots = [root("a", hour: 240, roots: 100)] }
            try save(store, day(10)) { $0.roots = [root("a", hour: 240, roots: 1)] }
            #expect(try store.throughput(from: 0, to: 300 * Nanoseconds.hour).map(\.roots) == [1])
        }
    }

    @Test("dependencies are summed per pair over kinds and windows; other rules are left out")
    func dependencies() throws {
        try withDirectory { directory in
            let store = try ReportStore(directory: directory)
            try save(store, day(9), rules: "zipkin") { $0.edges = [Edge(caller: "x", callee: "y", kind: .call)] }
            try save(store, day(10)) {
                $0.edges = [Edge(caller: "b", callee: "c", kind: .call, calls: 5, errors: 1)]
            }
            try save(store, day(11)) {
                $0.edges = [
                    Edge(caller: "a", callee: "b", kind: .call, calls: 1),
                    Edge(caller: "b", callee: "c", kind: .call, calls: 2),
                    Edge(caller: "b", callee: "c", kind: .message, calls: 3, errors: 2),
                ]
            }
            let all = try store.dependencies(in: day(9, 3))
            #expect(
                all == [
                    Dependency(caller: "a", callee: "b", calls: 1, errors: 0),
                    Dependency(caller: "b", callee: "c", calls: 10, errors: 3),
                ])
            #expect(try store.dependencies(in: day(10)).map(\.calls) == [5])
            #expect(try store.dependencies(in: day(12)).isEmpty)
        }
    }

    @Test("the views can be read, and name what the tables number")
    func views() throws {
        try withDirectory { directory in
            var maker = ReportMaker()
            let report = maker.report()
            let store = try ReportStore(directory: directory)
            try store.save(report, run: .sample(report), archives: [])
            try store.save(StrategyTests.sample(0.25), publishedNanoseconds: 5)
            try store.pool.read { db in
                for (view, rows) in [
                    ("dependencies", report.edges.count), ("latency", report.operations.count),
                    ("throughput", report.roots.count), ("strategies", 2), ("publications", 5), ("runs", 1),
                ] {
                    let found = try Int.fetchOne(db, sql: "SELECT count(*) FROM \(view)")
                    #expect(found == rows, "\(view)")
                }
                let row = try #require(
                    try Row.fetchOne(
                        db, sql: "SELECT window_start, caller, server_p99_milliseconds p99 FROM dependencies"))
                #expect(row["window_start"] == "2024-10-04T00:00:00Z")
                #expect(row["caller"] == report.edges[0].caller)
                #expect(row["p99"] == report.edges[0].server.percentile(0.99).map { Double($0) / 1e6 })
            }
        }
    }

    @Test("percentile columns are those of the sketch")
    func percentiles() {
        var dice = Dice(11)
        for samples: UInt64 in [1, 2, 3, 10, 99, 100, 101, 1000, 1001] {
            let sketch = dice.sketch(samples, weighted: samples % 2 == 0)
            let expected = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999].map { sketch.percentile($0) }
            let columns = Percentiles.values(sketch).dropFirst().dropLast().map { UInt64.fromDatabaseValue($0) }
            #expect(columns == expected)
        }
    }

    @Test("pruning takes hours first, then days, and leaves no row behind")
    func prune() throws {
        try withDirectory { directory in
            let store = try ReportStore(directory: directory)
            var maker = ReportMaker(services: 5, operations: 20, edges: 5)
            let reports = [maker.report(day: 10), maker.report(day: 11), maker.report(day: 12)]
            for report in reports {
                try store.save(report, run: .sample(report, finished: report.window.endNanoseconds), archives: [])
            }
            try store.prune(hoursBefore: 12 * Nanoseconds.day, daysBefore: 11 * Nanoseconds.day)
            #expect(try store.windows() == [reports[1].window, reports[2].window])
            var withoutHours = reports[1]
            withoutHours.roots = []
            for index in withoutHours.edges.indices { withoutHours.edges[index].hours = [] }
            for index in withoutHours.operations.indices { withoutHours.operations[index].hours = [] }
            #expect(try store.report(window: reports[1].window) == withoutHours)
            #expect(try store.report(window: reports[2].window) == reports[2])
            try store.prune(hoursBefore: 99 * Nanoseconds.day, daysBefore: 99 * Nanoseconds.day)
            try store.pool.read { db in
                for table in ReportWriter.tables.map(\.0) + ["report", "name"] {
                    let rows = try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)")
                    #expect(rows == 0, "\(table)")
                }
            }
            #expect(try store.latestRun()?.window == reports[2].window)
        }
    }
}
