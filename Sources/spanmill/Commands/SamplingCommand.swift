import ArgumentParser
import Mill
import Rendering
import ReportStore
import SpanModel

/// The strategies in force.
struct SamplingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sampling", abstract: "The sampling strategies in force, each with its reason.",
        subcommands: [Show.self],
        defaultSubcommand: Show.self)

    /// Prints the strategies in force.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the strategies in force.", discussion: "spanmill sampling show --service 'check*'")

        @OptionGroup(title: "Output") var output: OutputOptions
        @OptionGroup(title: "Selection") var selection: SelectionOptions
        @OptionGroup(title: "General") var common: CommonOptions

        func run() async throws {
            let job = try common.configuration().job
            let strategies: StrategySet?
            do throws(StoreError) {
                strategies = try ReportStore(directory: job.state, access: .readOnly).latestStrategies()
            } catch {
                throw MillError(error)
            }
            guard let strategies else {
                throw MillError(
                    .noInput,
                    "no strategies are stored in \(job.state); set sampling.budget.spans_per_second and run `spanmill run`"
                )
            }
            let input = RenderInput(.sampling, version: Version.number, strategies: strategies)
            try await output.deliver(input, RenderOptions(selection: selection.selection(), terminal: common.terminal))
        }
    }
}
