import ArgumentParser

/// Strategies: what is in force and why, and putting others in force.
struct SamplingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sampling", abstract: "The sampling strategies: what is in force, why, and since when.",
        discussion: """
            spanmill sampling show --service 'check*'
            spanmill sampling explain checkout 'POST /orders'
            spanmill sampling diff
            spanmill sampling check
            spanmill sampling rollback
            """,
        subcommands: [
            SamplingShowCommand.self, SamplingExplainCommand.self, SamplingDiffCommand.self,
            SamplingHistoryCommand.self, SamplingCheckCommand.self, SamplingBacktestCommand.self,
            SamplingRollbackCommand.self, SamplingPublishCommand.self,
        ],
        defaultSubcommand: SamplingShowCommand.self)
}
