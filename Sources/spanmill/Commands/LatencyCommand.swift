public import ArgumentParser
import Rendering
import ReportStore

/// How slow.
struct LatencyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "latency", abstract: "How slow: latency percentiles per operation.",
        discussion: """
            spanmill latency --service checkout --sort p99
            spanmill latency --format csv traces/*.zst > latency.csv
            """)

    @Argument(help: "Archives: files, directories, globs, - for standard input; none: the store.", completion: .file())
    var archives: [String] = []

    @Option(help: "Order of the rows: calls, errors, p50, p95, p99 or name.") var sort: RenderOptions.Order?
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Selection") var selection: SelectionOptions
    @OptionGroup(title: "Reading") var reading: ReadingOptions
    @OptionGroup(title: "General") var common: CommonOptions

    func run() async throws {
        let answer = try await ReportSource(common: common, reading: reading, archives: archives, detail: .latency)
            .answer()
        let input = RenderInput(.latency, version: Version.number, report: answer.report)
        let options = RenderOptions(selection: selection.selection(), order: sort, terminal: common.terminal)
        try await output.deliver(input, options)
    }
}

extension RenderOptions.Order: ExpressibleByArgument {}
