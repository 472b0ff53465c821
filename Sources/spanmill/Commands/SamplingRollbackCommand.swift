import ArgumentParser
import Mill
import ReportStore
import SpanModel

/// Puts an older version in force again.
struct SamplingRollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Put an older version of the strategies in force again, as a new version.",
        discussion: """
            spanmill sampling rollback          the version before the latest
            spanmill sampling rollback 12 --reason 'checkout lost its traces'
            """)

    @Argument(help: "The version of `sampling history`; without it the one before the latest.") var version: Int64?
    @Option(help: "Why, for the history.") var reason: String?
    @Flag(help: "Say what would be published; change nothing.") var dryRun = false
    @OptionGroup(title: "General") var common: CommonOptions

    func run() async throws {
        let job = try common.configuration().job
        let source = try StrategySource(job, access: dryRun ? .readOnly : .readWrite)
        let outcome = try StrategyPublisher(files: job.publish).rollBack(
            to: version, reason: reason, store: source.store, state: job.state, isDryRun: dryRun,
            nowNanoseconds: WindowText.now)
        guard !common.quiet else { return }
        Console.shared.say(outcome.text)
        for written in outcome.written where written.isChanged {
            Console.shared.say("\(dryRun ? "would write" : "wrote") \(written.file)")
        }
    }
}
