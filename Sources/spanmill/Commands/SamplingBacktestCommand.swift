import ArgumentParser
import Mill
import Rendering

/// How the rule would have fared.
struct SamplingBacktestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backtest", abstract: "Replay stored days: what each night's plan would have cost and told.",
        discussion: """
            spanmill sampling backtest --days 7
            SPANMILL_SAMPLING_ALPHA=0.5 spanmill sampling backtest      another setting, tried on the same days
            Changes nothing. Beside the plan stand what was published, the best plan in hindsight, a fixed probability \
            and Jaeger's rule, these two at equal spend.
            """)

    @Option(help: "Days to replay, the latest that are stored.") var days = 7
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Job") var jobOptions: JobOptions
    @OptionGroup(title: "General") var common: CommonOptions

    func validate() throws {
        if !(1...400).contains(days) { throw ValidationError("--days takes 1 to 400, not \(days)") }
    }

    func run() async throws {
        let job = try common.configuration(jobOptions.flags).job
        let source = try StrategySource(job)
        let backtest = try BacktestRun(job: job, store: source.store).replay(days: days)
        let input = RenderInput(.backtest, version: Version.number, sampling: .backtest(backtest))
        try await output.deliver(input, RenderOptions(terminal: common.terminal))
    }
}
