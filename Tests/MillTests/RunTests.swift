import Foundation
import ReportStore
import SpanModel
import Testing
import Workload

@testable import Mill

/// One run, from job to published strategies.
struct RunTests {
    /// The last complete day, which a run without `--window` is about.
    private static var yesterday: Window {
        let today = Clock.nowNanoseconds / Nanoseconds.day * Nanoseconds.day
        return Window(startNanoseconds: today - Nanoseconds.day, endNanoseconds: today)
    }

    /// A folder with archives of yesterday and a job that reads them; nothing is ever too old to keep.
    private func prepared(traces: Int = 120, seed: UInt64 = 1) throws -> (scratch: Scratch, job: Job) {
        let scratch = try Scratch()
        try generate(scratch, traces: traces, seed: seed)
        var job = scratch.job()
        job.inputs = [scratch.path + "/archives"]
        job.state = scratch.path + "/state"
        return (scratch, job)
    }

    private func generate(
        _ scratch: Scratch, to name: String = "archives", traces: Int = 120, seed: UInt64 = 1
    ) throws {
        var settings = WorkloadSettings()
        settings.traces = traces
        settings.seed = seed
        settings.day = Self.yesterday
        settings.layouts = [.protobufZstd, .jsonGzip]
        _ = try generateWorkload(settings, into: "\(scratch.path)/\(name)")
    }

    private func run(_ job: Job, _ change: (inout RunRequest) -> Void = { _ in }) async throws -> RunSummary {
        var request = RunRequest()
        request.programVersion = "test"
        change(&request)
        return try await Run(job: job, request: request).perform()
    }

    private func failure(_ job: Job, _ change: (inout RunRequest) -> Void = { _ in }) async throws -> MillError {
        do { _ = try await run(job, change) } catch let error as MillError { return error }
        throw MillError(.software, "the run went well")
    }

    @Test("templates of the job file fold operation names in what is stored")
    func nameTemplates() async throws {
        let (_, plain) = try prepared()
        var job = plain
        job.names = [.init(service: "web", match: "^(GET|POST) .*", replace: "$1")]
        let report = try #require(try await run(job).scans.last?.report)
        let operations = report.operations.filter { $0.service == "web" && $0.kind == .server }.map(\.operation)
        #expect(operations == ["GET", "POST"])
        #expect(report.roots.allSatisfy { $0.service != "web" || ["GET", "POST"].contains($0.operation) })
    }

    @Test("edges by operation add up to the edges by service, for any number of workers and shards")
    func edgesByOperation() async throws {
        let scratch = try Scratch()
        let files = try scratch.workload(samples: true, damages: true).files
        var job = scratch.job()
        let byService = try await scratch.report(files, job)
        job.edgesByOperation = true
        let report = try await scratch.report(files, job)
        #expect(report.edges.count > byService.edges.count)
        #expect(report.edges.allSatisfy { $0.callerOperation != nil || $0.calleeOperation != nil })
        for edge in byService.edges {
            let parts = report.edges.filter { ($0.caller, $0.callee, $0.kind) == (edge.caller, edge.callee, edge.kind) }
            #expect(parts.reduce(0) { $0 + $1.calls } == edge.calls)
            #expect(parts.reduce(0) { $0 + $1.errors } == edge.errors)
            #expect(parts.reduce(0) { $0 + $1.server.count } == edge.server.count)
            #expect(Set(parts.map { [$0.callerOperation, $0.calleeOperation] }).count == parts.count)
        }
        #expect(report.operations == byService.operations)
        #expect(report.nodes == byService.nodes)
        job.workers = 3
        job.shards = 64
        #expect(try await scratch.report(files, job) == report)
    }

    @Test("a run stores the last complete day; the next has nothing to do")
    func nothingNew() async throws {
        let (_, job) = try prepared()
        let first = try await run(job)
        #expect(first.scans.map(\.report.window) == [Self.yesterday])
        #expect(first.notes.contains { $0.contains("no sampling budget is set") })
        #expect(first.strategies == nil && first.previous == nil && first.newEdges == nil)
        let second = try await run(job)
        #expect(second.scans.isEmpty)
        #expect(second.notes == ["nothing new to read; --reread reads again"])
        let stored = try ReportStore(directory: job.state, access: .readOnly)
        #expect(try stored.report(window: Self.yesterday) == first.scans[0].report)
    }

    @Test(
        "runs over the same archives leave identical rows, but for the record of the runs",
        .enabled(if: FileManager.default.isExecutableFile(atPath: sqlite), "needs the sqlite3 program"))
    func identicalRows() async throws {
        let (_, job) = try prepared()
        _ = try await run(job)
        let first = try dump(job.state)
        _ = try await run(job) { $0.rereads = true }
        #expect(try dump(job.state) == first)
        var elsewhere = job
        elsewhere.state = job.state + "-2"
        elsewhere.workers = 3
        elsewhere.shards = 5
        _ = try await run(elsewhere)
        #expect(try dump(elsewhere.state) == first)
        #expect(first.contains { $0.contains("INSERT INTO edge") } && first.count > 100)
    }

    private static let sqlite = "/usr/bin/sqlite3"

    /// The store as SQL, without the table of runs and what counts them.
    private func dump(_ state: String) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.sqlite)
        process.arguments = ["\(state)/\(ReportStore.fileName)", ".dump"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(separator: "\n").map(String.init).filter {
            !$0.hasPrefix("INSERT INTO run ") && !$0.hasPrefix("INSERT INTO run(")
                && !$0.hasPrefix("INSERT INTO sqlite_sequence")
        }
    }

    @Test("an archive that came late opens its window again")
    func late() async throws {
        let (scratch, job) = try prepared()
        let first = try await run(job)
        try generate(scratch, to: "archives/late", traces: 50, seed: 2)
        let second = try await run(job)
        #expect(second.scans.count == 1)
        #expect(second.notes.contains { $0.contains("archives changed, read again") })
        let traces = (first.scans[0].report.quality.traces, second.scans[0].report.quality.traces)
        #expect(traces.1 > traces.0)
        let (_, untouched) = try prepared()
        _ = try await run(untouched)
        #expect(try await run(untouched) { $0.window = Self.yesterday }.scans.count == 1)
    }

    @Test("while another run is at work a run ends with status 75 and says whose lock it is")
    func locked() async throws {
        let (_, job) = try prepared()
        let blocked = Run(job: job, request: RunRequest())
        try blocked.makeStateDirectory()
        let lock = try RunLock(path: job.state + "/lock")
        let error = try await failure(job)
        #expect(error.exitStatus == 75)
        #expect(error.message.contains("process \(ProcessInfo.processInfo.processIdentifier), since 2"))
        _ = consume lock
        #expect(try await run(job).scans.count == 1)
    }

    @Test("more unreadable archives than allowed end the run with 65 and change nothing")
    func badArchives() async throws {
        var (scratch, job) = try prepared()
        for index in 1...3 { try scratch.write("no spans here", to: "archives/letter-\(index).txt") }
        job.maximumBadArchives = .count(2)
        let error = try await failure(job)
        #expect(error.exitStatus == 65)
        #expect(error.message.contains("3 of ") && error.message.contains("letter-1.txt"))
        #expect(try ReportStore(directory: job.state).windows() == [])
        job.maximumBadArchives = .count(3)
        #expect(try await run(job).scans[0].report.quality.archivesBad == 3)
        job.maximumBadArchives = .percent(1)
        #expect(try await failure(job) { $0.rereads = true }.exitStatus == 65)
    }

    @Test("a strict run stores what it can and ends with 65")
    func strict() async throws {
        let (scratch, job) = try prepared()
        try scratch.write("no spans here", to: "archives/letter.txt")
        let error = try await failure(job) { $0.isStrict = true }
        #expect(error.exitStatus == 65 && error.message.contains("letter.txt"))
        #expect(try ReportStore(directory: job.state).windows() == [Self.yesterday])
    }

    @Test("archives of which nothing can be read end in 65, whatever the limit")
    func nothingReadable() async throws {
        let scratch = try Scratch()
        var job = scratch.job()
        job.maximumBadArchives = .count(100)
        job.inputs = [try scratch.write("no spans here", to: "letter.txt")]
        let error = try await failure(job)
        #expect(error.exitStatus == 65 && error.message.contains("nothing readable in 1 archive:"))
    }

    @Test("inputs that match nothing end in 66, a job without inputs in 78")
    func noInput() async throws {
        let scratch = try Scratch()
        var job = scratch.job()
        #expect(try await failure(job).exitStatus == 78)
        job.inputs = [scratch.path + "/none/*.json"]
        let error = try await failure(job)
        #expect(error.exitStatus == 66 && error.message.contains("none/*.json"))
        #expect(try await run(job) { $0.allowsEmpty = true }.scans.count == 1)
    }

    @Test("archives whose paths all belong elsewhere end in 66")
    func elsewhere() async throws {
        let (_, job) = try prepared()
        let window = Window(startNanoseconds: 0, endNanoseconds: Nanoseconds.day)
        #expect(try await failure(job) { $0.window = window }.exitStatus == 66)
    }

    @Test("with a budget strategies are made, stored and published; an unchanged file is left alone")
    func publishing() async throws {
        var (scratch, job) = try prepared(traces: 600)
        let file = scratch.path + "/strategies.json"
        job.publish = [.init(file: file, format: "jaeger")]
        job.sampling.budgetSpansPerSecond = 0.05
        let first = try await run(job)
        #expect(first.published == [file])
        #expect(first.strategies?.versionID == 1)
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: file))) as? [String: Any])
        let services = try #require(document["service_strategies"] as? [[String: Any]])
        #expect(
            Set(services.compactMap { $0["service"] as? String }) == [
                "mobile", "partner-api", "scheduler", "warehouse", "web",
            ])
        #expect(services.allSatisfy { $0["type"] as? String == "probabilistic" })
        #expect(document["default_strategy"] is [String: Any])
        #expect(try ReportStore(directory: job.state).latestStrategies() != nil)
        let bytes = try #require(readFile(file, limit: 1 << 20))
        #expect(try !writeAtomically(bytes, to: file))
        let before = try modified(file)
        #expect(try !writeAtomically(bytes, to: file))
        #expect(try modified(file) == before)
        #expect(try writeAtomically(bytes + [10], to: file))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: scratch.path).contains { $0.hasSuffix(".tmp") } == false
        )
    }

    /// The file's number and time: another file, or a rewritten one, has others.
    private func modified(_ path: String) throws -> [String] {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return ["\(attributes[.systemFileNumber] ?? 0)", "\(attributes[.modificationDate] ?? 0)"]
    }

    @Test("asked not to publish, strategies are shown but neither stored nor written")
    func unpublished() async throws {
        var (scratch, job) = try prepared(traces: 600)
        job.publish = [.init(file: scratch.path + "/strategies.json", format: "jaeger")]
        job.sampling.budgetSpansPerSecond = 0.05
        let summary = try await run(job) { $0.publishes = false }
        #expect(summary.strategies?.services.isEmpty == false)
        #expect(summary.notes.contains("strategies were not published, as asked"))
        #expect(try ReportStore(directory: job.state).latestStrategies() == nil)
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/strategies.json"))
    }

    @Test("a file that cannot be written ends in 73 and leaves what was there")
    func unwritable() throws {
        let scratch = try Scratch()
        let file = try scratch.write("old", to: "file")
        let error = #expect(throws: MillError.self) { try writeAtomically([1], to: file + "/below") }
        #expect(error?.exitStatus == 73)
        #expect(readFile(file, limit: 10) == Array("old".utf8))
    }

    @Test("exports are drawn by their ending; pictures only where something can draw them")
    func exports() async throws {
        var (scratch, job) = try prepared()
        job.export = ["graph.dot", "report.json", "latency.csv", "graph.svg"].map { "\(scratch.path)/\($0)" }
        let plain = try await run(job)
        #expect(plain.published == Array(job.export.dropLast()))
        let drawn = try await run(job) { request in
            request.rereads = true
            request.layout = { Array("<svg>".utf8) + $0 }
        }
        #expect(drawn.published == [scratch.path + "/graph.svg"])
        let begins = [("graph.dot", "digraph"), ("report.json", "{"), ("graph.svg", "<svg>digraph")]
        for (name, begin) in begins {
            let bytes = try #require(readFile("\(scratch.path)/\(name)", limit: 1 << 20))
            #expect(String(decoding: bytes, as: UTF8.self).hasPrefix(begin), "\(name)")
        }
    }

    @Test("a dry run says what it would read and write and changes nothing")
    func dryRun() async throws {
        var (scratch, job) = try prepared()
        job.publish = [.init(file: scratch.path + "/strategies.json", format: "jaeger")]
        let before = try FileManager.default.subpathsOfDirectory(atPath: scratch.path).sorted()
        let summary = try await run(job) { $0.isDryRun = true }
        #expect(try FileManager.default.subpathsOfDirectory(atPath: scratch.path).sorted() == before)
        #expect(summary.notes.contains { $0.hasPrefix("would read ") })
        #expect(summary.notes.contains { $0.hasSuffix("strategies.json") })
        #expect(summary.scans.isEmpty)
    }

    @Test("a run forgets what is older than the job keeps, counted back from the latest window")
    func retention() async throws {
        var (_, job) = try prepared()
        let days = (1...3).map { Self.yesterday.shifted(days: -$0) }
        job.windowMarginNanoseconds = 4 * Nanoseconds.day
        job.retentionHoursNanoseconds = Nanoseconds.day
        job.retentionDaysNanoseconds = 2 * Nanoseconds.day
        for day in days.reversed() { _ = try await run(job) { $0.window = day } }
        let store = try ReportStore(directory: job.state)
        #expect(try store.windows().map(\.startNanoseconds).sorted() == [days[1], days[0]].map(\.startNanoseconds))
        _ = try await run(job)
        #expect(try store.windows().count == 2)
        #expect(try store.report(window: Self.yesterday)?.roots.isEmpty == false)
        job.retentionHoursNanoseconds = 0
        _ = try await run(job) { $0.rereads = true }
        #expect(try store.report(window: Self.yesterday)?.roots.isEmpty == true)
        #expect(try store.report(window: Self.yesterday)?.edges.isEmpty == false)
    }

    @Test("a day of long ago is kept by the run that reads it")
    func longAgo() async throws {
        let scratch = try Scratch()
        let (_, files) = try scratch.workload(traces: 100)
        var job = scratch.job()
        job.inputs = files.map(\.path)
        job.retentionDaysNanoseconds = Nanoseconds.day
        job.retentionHoursNanoseconds = Nanoseconds.hour
        let summary = try await run(job) { $0.window = Scratch.day }
        let stored = try ReportStore(directory: job.state).report(window: Scratch.day)
        #expect(stored == summary.scans[0].report)
    }

    @Test("a window is compared with the one before it")
    func previous() async throws {
        let (_, job) = try prepared()
        let length = Nanoseconds.day
        let day = Self.yesterday
        let before = Window(startNanoseconds: day.startNanoseconds - length, endNanoseconds: day.startNanoseconds)
        _ = try await run(job) { $0.window = before }
        let summary = try await run(job)
        #expect(summary.previous?.window == before)
        #expect((summary.newEdges ?? 0) > 0 && summary.goneEdges == 0)
    }

    @Test("a run that is interrupted stores nothing and ends in 130, terminated in 143")
    func interrupted() async throws {
        let (_, job) = try prepared()
        for (isTerminated, status) in [(false, 130), (true, 143)] as [(Bool, Int32)] {
            let meter = ProgressMeter()
            meter.stop(terminated: isTerminated)
            let error = await #expect(throws: MillError.self) {
                try await Run(job: job, request: RunRequest(), meter: meter).perform()
            }
            #expect(error?.exitStatus == status)
        }
        #expect(try ReportStore(directory: job.state).windows() == [])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: job.state).contains { $0.hasPrefix("scratch") } == false
        )
    }
}
