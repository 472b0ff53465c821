import ArgumentParser
import Mill
import Rendering
import ReportStore
import SpanModel

/// Why an operation has the probability it has.
struct SamplingExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Why an operation has its probability: every step of the choice.",
        discussion: """
            spanmill sampling explain checkout 'POST /orders'
            spanmill sampling explain checkout 'POST /orders' --of-version 12 --json
            """)

    @Argument(help: "The service, as in sampling show.") var service: String
    @Argument(help: "The operation, as in sampling show, or as archives show it where it has an alias.")
    var operation: String
    @Option(help: "A version of `sampling history` rather than the latest.") var ofVersion: Int64?
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "General") var common: CommonOptions

    func run() async throws {
        let source = try StrategySource(try common.configuration().job)
        let set = try source.strategies(version: ofVersion)
        let strategies = try StrategySource.service(service, of: set)
        let isListed = strategies.operations.contains { $0.operation == operation }
        let published =
            isListed ? operation : source.job.publishedOperation(service: service, operation: operation)
        let strategy = try StrategySource.operation(published, of: strategies)
        let explanation = StrategyExplanation(
            service: service, strategy: strategy, set: set, traces: try traces(of: published, source))
        let input = RenderInput(.explain, version: Version.number, sampling: .explanation(explanation))
        try await output.deliver(input, RenderOptions(terminal: common.terminal))
    }

    /// The traces that show the operation's percentiles in the latest report.
    private func traces(of published: String, _ source: StrategySource) throws -> [TraceID] {
        let store = source.store
        do throws(StoreError) {
            guard let window = try store.latestWindow(),
                let report = try store.report(window: window, detail: .latency)
            else { return [] }
            let found = report.operations.filter {
                $0.service == service
                    && source.job.publishedOperation(service: service, operation: $0.operation) == published
            }
            let ids = found.flatMap { [$0.exemplars.p50, $0.exemplars.p95, $0.exemplars.p99, $0.exemplars.error] }
            return Set(ids.compactMap { $0 }).sorted()
        } catch {
            throw MillError(error)
        }
    }
}
