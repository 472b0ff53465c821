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
    @Option(help: "Only services that match; a glob, may be given several times.") var service: [String] = []
    @Option(help: "Only operations that match; a glob, may be given several times.") var operation: [String] = []
    @OptionGroup(title: "General") var common: CommonOptions

    func run() async throws {
        let source = try StrategySource(try common.configuration().job)
        let strategies = try source.strategies(version: ofVersion).selecting(services: service, operations: operation)
        let input = RenderInput(.sampling, version: Version.number, strategies: strategies)
        try await output.deliver(input, RenderOptions(terminal: common.terminal))
    }
}

extension StrategySet {
    /// With only the services and operations that match one of the globs each; none given: all.
    fileprivate func selecting(services patterns: [String], operations: [String]) -> StrategySet {
        var set = self
        let (services, operations) = (patterns.map { Glob($0) }, operations.map { Glob($0) })
        if !services.isEmpty {
            set.services.removeAll { service in !services.contains { $0.matches(service.service) } }
        }
        guard !operations.isEmpty else { return set }
        for index in set.services.indices {
            set.services[index].operations.removeAll { operation in
                !operations.contains { $0.matches(operation.operation) }
            }
        }
        set.services.removeAll { $0.operations.isEmpty }
        return set
    }
}
