import ArgumentParser
import Mill
import Rendering
import ReportStore
import SpanModel

/// What two versions have different.
struct SamplingDiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "What two versions of the strategies have different, largest change first.",
        discussion: """
            spanmill sampling diff              the latest against the one before
            spanmill sampling diff 12           the latest against version 12
            spanmill sampling diff 12 14
            Nothing was in force before the first version: all that it lists is new.
            """)

    @Argument(help: "The earlier version; without it the one before the latest.") var base: Int64?
    @Argument(help: "The later version; without it the latest.") var current: Int64?
    @Flag(help: "Exit with 1 when anything is different.") var exitCode = false
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "General") var common: CommonOptions

    func run() async throws {
        let source = try StrategySource(try common.configuration().job)
        let latest = try source.strategies(version: current)
        let earlier = try base ?? previous(of: latest, source)
        let difference = StrategyDifference(
            from: try earlier.map { try source.strategies(version: $0) }, to: latest)
        let input = RenderInput(.samplingDiff, version: Version.number, sampling: .difference(difference))
        try await output.deliver(input, RenderOptions(terminal: common.terminal))
        if exitCode, !difference.changes.isEmpty { throw ExitCode(1) }
    }

    /// Nil for the first version.
    private func previous(of set: StrategySet, _ source: StrategySource) throws -> Int64? {
        try source.versions().first { $0.id < set.versionID }?.id
    }
}
