import ArgumentParser
import Mill
import Rendering
import SpanModel

/// First stage of a scan spread over processes.
struct MapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "map", abstract: "Stage 1 of 3: read archives, write frames to standard output.",
        discussion: "spanmill map a.zst | spanmill reduce | spanmill merge --json")

    @Argument(help: "Archives: files, directories, globs, - for standard input.", completion: .file()) var archives:
        [String]
    @OptionGroup(title: "Reading") var reading: ReadingOptions
    @OptionGroup(title: "General") var common: CommonOptions

    func run() async throws {
        let list = ArchiveList(inputs: archives)
        if let missing = list.unmatched.first {
            throw MillError(.noInput, "no archive matches \(missing); is the path right?")
        }
        let scan = Scan(job: try common.configuration(reading.flags).job, window: try reading.resolvedWindow())
        for failure in try await scan.map(list.files, to: 1).compactMap(\.error) {
            Console.shared.say("! \(failure.description)")
        }
    }
}

/// Second stage of a scan spread over processes.
struct ReduceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reduce", abstract: "Stage 2 of 3: frames of map on standard input, aggregates out.",
        discussion: "Gives what `spanmill report` gives of the same archives; with --ledger, what `spanmill run` gives."
    )

    @Flag(help: "Weigh by what the store of the state directory says was published when, as run does.")
    var ledger = false
    @OptionGroup(title: "Reading") var reading: ReadingOptions
    @OptionGroup(title: "General") var common: CommonOptions

    func run() async throws {
        let (job, window) = (try common.configuration(reading.flags).job, try reading.resolvedWindow())
        let lines = ledger ? try Scan.ledger(inState: job.state, window: window) : []
        try await Scan(job: job, window: window, ledger: lines).reduce(from: 0, to: 1)
    }
}

/// Third stage of a scan spread over processes.
struct MergeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Stage 3 of 3: aggregates of reduce on standard input, the report out.")

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Reading") var reading: ReadingOptions
    @OptionGroup(title: "General") var common: CommonOptions

    func run() async throws {
        let scan = Scan(job: try common.configuration(reading.flags).job, window: try reading.resolvedWindow())
        let report = try await scan.merge(from: 0)
        try await output.deliver(
            RenderInput(.report, version: Version.number, report: report), RenderOptions(terminal: common.terminal))
    }
}
