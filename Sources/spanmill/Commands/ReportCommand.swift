import ArgumentParser
import Rendering
import SpanModel

/// Everything, one page.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Everything on one page: graph, latency, what was lost.",
        discussion: """
            spanmill report traces/*.json.gz
            spanmill report --json traces/ > report.json
            spanmill report                            the latest window in the store
            """)

    @Argument(help: "Archives: files, directories, globs, - for standard input; none: the store.", completion: .file())
    var archives: [String] = []

    @Option(help: "Rows of each table.") var top = 10
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Selection") var selection: SelectionOptions
    @OptionGroup(title: "Reading") var reading: ReadingOptions
    @OptionGroup(title: "General") var common: CommonOptions

    func run() async throws {
        let answer = try await ReportSource(
            common: common, reading: reading, archives: archives, withStrategies: true
        ).answer()
        let input = RenderInput(
            .report, version: Version.number, report: answer.report, strategies: answer.strategies,
            archives: answer.archives.filter { $0.error != nil }.map { InspectedArchive($0) })
        let options = RenderOptions(selection: selection.selection(), top: top, terminal: common.terminal)
        try await output.deliver(input, options)
    }
}
