import ArgumentParser
import Rendering

/// Which part of a report to show.
struct SelectionOptions: ParsableArguments {
    @Option(help: "Only services that match; a glob, may be given several times.")
    var service: [String] = []

    @Option(help: "Only operations that match; a glob, may be given several times.")
    var operation: [String] = []

    @Option(help: "Leave out what has fewer calls.")
    var minCalls: UInt64 = 0

    func selection(focus: String? = nil, upstream: Int = 1, downstream: Int = 1) -> GraphSelection {
        GraphSelection(
            services: service, operations: operation, focus: focus, upstream: upstream, downstream: downstream,
            minimumCalls: minCalls)
    }
}
