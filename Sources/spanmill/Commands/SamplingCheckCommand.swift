import ArgumentParser
import Mill
import Rendering
import SpanModel

/// Whether tracers do as they were told.
struct SamplingCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Whether tracers keep what was published, and which names never match.",
        discussion: """
            spanmill sampling check
            spanmill sampling check --window 2026-03-01 --json
            Holds what the traces of a stored window show against what was in force then. Names that were published and \
            never seen are set beside the seen name they probably have, with the lines for `sampling.aliases`.
            """)

    @Option(help: "A stored window rather than the latest: 2026-03-01, or START/END.") var window: String?
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "General") var common: CommonOptions

    func validate() throws {
        if let window, WindowText.window(window, nowNanoseconds: WindowText.now) == nil {
            throw ValidationError("'\(window)' is no window; write 2026-03-01, 2026-03-01T10 or START/END")
        }
    }

    func run() async throws {
        let job = try common.configuration().job
        let source = try StrategySource(job)
        let asked = window.flatMap { WindowText.window($0, nowNanoseconds: WindowText.now) }
        let conformance = try ConformanceRun(job: job, store: source.store).check(asked)
        let input = RenderInput(.samplingCheck, version: Version.number, sampling: .conformance(conformance))
        try await output.deliver(input, RenderOptions(terminal: common.terminal))
    }
}
