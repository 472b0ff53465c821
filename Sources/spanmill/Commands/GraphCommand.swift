import ArgumentParser
import Mill
import Rendering
import SpanModel

/// Who calls whom.
struct GraphCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "graph", abstract: "Who calls whom: calls, errors, latency per edge.",
        discussion: """
            spanmill graph -o services.svg
            spanmill graph --focus checkout --depth 2 traces/*.zst
            spanmill graph --level operation --service checkout traces/*.zst
            spanmill graph --format dot | dot -Tpng > services.png
            """)

    @Argument(help: "Archives: files, directories, globs, - for standard input; none: the store.", completion: .file())
    var archives: [String] = []

    @Option(help: "Only this service, its callers and callees.") var focus: String?
    @Option(help: "Steps around the focus.") var depth = 1
    @Option(help: "Steps towards its callers; default: depth.") var upstream: Int?
    @Option(help: "Steps towards its callees; default: depth.") var downstream: Int?
    @Option(help: "What edges join: service, or operation (of archives; the store keeps services).")
    var level = Level.service
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Selection") var selection: SelectionOptions
    @OptionGroup(title: "Reading") var reading: ReadingOptions
    @OptionGroup(title: "General") var common: CommonOptions

    enum Level: String, ExpressibleByArgument, CaseIterable {
        case service, operation
    }

    func validate() throws {
        guard level == .service || !archives.isEmpty else {
            throw ValidationError("--level operation needs archives: the store keeps edges between services")
        }
        guard depth >= 0, upstream ?? 0 >= 0, downstream ?? 0 >= 0 else {
            throw ValidationError("a depth is zero or more")
        }
    }

    func run() async throws {
        let answer = try await ReportSource(
            common: common, reading: reading, archives: archives, edgesByOperation: level == .operation, detail: []
        ).answer()
        if let focus, !answer.report.nodes.contains(where: { $0.name == focus }) {
            let near = Units.nearest(to: focus, among: answer.report.nodes.map(\.name)).map {
                "; did you mean '\($0)'?"
            }
            throw ValidationError("no service is called '\(focus)'\(near ?? "")")
        }
        let selected = selection.selection(focus: focus, upstream: upstream ?? depth, downstream: downstream ?? depth)
        let input = RenderInput(.graph, version: Version.number, report: answer.report)
        try await output.deliver(input, RenderOptions(selection: selected, terminal: common.terminal))
    }
}
