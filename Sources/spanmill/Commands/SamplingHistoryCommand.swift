import ArgumentParser
import Mill
import Rendering
import ReportStore
import SpanModel

/// What was published when.
struct SamplingHistoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "What was published when: all versions, or what they said of one name.",
        discussion: """
            spanmill sampling history
            spanmill sampling history checkout                   the service's default
            spanmill sampling history checkout 'POST /orders'
            """)

    @Argument(help: "Only this service.") var service: String?
    @Argument(help: "Only this operation of the service.") var operation: String?
    @Option(help: "At most so many versions, the latest.") var limit = 30
    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "General") var common: CommonOptions

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit must be at least 1") }
    }

    func run() async throws {
        let source = try StrategySource(try common.configuration().job)
        let latest = try source.strategies()
        if let service {
            let known = try StrategySource.service(service, of: latest)
            if let operation, try !isKnown(service, operation, source) {
                _ = try StrategySource.operation(operation, of: known)
            }
        }
        let history = StrategyHistory(service: service, operation: operation, entries: try entries(source))
        let input = RenderInput(.samplingHistory, version: Version.number, sampling: .history(history))
        try await output.deliver(input, RenderOptions(terminal: common.terminal))
    }

    private func isKnown(_ service: String, _ operation: String, _ source: StrategySource) throws -> Bool {
        try !strategies(source, service, operation).isEmpty
    }

    private func strategies(
        _ source: StrategySource, _ service: String, _ operation: String
    ) throws -> [Int64: OperationStrategy] {
        do throws(StoreError) {
            return try source.store.strategies(service: service, operation: operation)
        } catch {
            throw MillError(error)
        }
    }

    private func entries(_ source: StrategySource) throws -> [StrategyHistory.Entry] {
        let versions = try source.versions().prefix(limit)
        let counts: [Int64: Int]
        var defaults: [Int64: Double] = [:]
        do throws(StoreError) {
            counts = try source.store.publicationCounts()
            if let service, operation == nil { defaults = try source.store.defaultProbabilities(service: service) }
        } catch {
            throw MillError(error)
        }
        var known: [Int64: OperationStrategy] = [:]
        if let service, let operation { known = try strategies(source, service, operation) }
        return versions.map { version in
            StrategyHistory.Entry(
                versionID: version.id, publishedNanoseconds: version.publishedNanoseconds, status: version.status,
                predictedSpansPerSecond: version.predictedSpansPerSecond,
                budgetSpansPerSecond: version.budgetSpansPerSecond, note: version.note,
                probability: known[version.id]?.probability ?? defaults[version.id],
                reason: known[version.id]?.reason ?? "", changes: counts[version.id] ?? 0)
        }
    }
}
