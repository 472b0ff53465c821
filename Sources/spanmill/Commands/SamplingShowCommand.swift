import ArgumentParser
import Mill
import Rendering
import SpanModel

/// Prints the strategies in force.
struct SamplingShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print the strategies in force, each with its reason.",
        discussion: "spanmill sampling show --service 'check*'")

    @Option(help: "A version of `sampling history` rather than the latest.") var ofVersion: Int64?
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Selection") var selection: SelectionOptions
    @OptionGroup(title: "General") var common: CommonOptions

    func run() async throws {
        let source = try StrategySource(try common.configuration().job)
        let strategies = try source.strategies(version: ofVersion)
        let input = RenderInput(.sampling, version: Version.number, strategies: strategies)
        try await output.deliver(input, RenderOptions(selection: selection.selection(), terminal: common.terminal))
    }
}
