internal import Rendering
internal import SpanModel

extension Face {
    /// Why an operation is sampled as it is: the facts of the version that is served, on a path of its own, because the
    /// strategies' bodies are read by clients that refuse what they do not know.
    func explanation(_ query: Query) async -> Answer {
        guard let service = query.first("service"), let operation = query.first("operation") else {
            return .problem(400, "Bad Request", "service and operation are missing; name both")
        }
        guard let strategies = watch.strategies else {
            return .problem(404, "Not Found", "no strategies have been published yet; see 'spanmill run --help'")
        }
        let served = strategies.strategy(of: Array(service.utf8)).strategy
        do {
            let strategy = try await watch.strategy(
                service: service, operation: operation, version: strategies.version)
            if strategy == nil, served.operations.contains(where: { $0.operation.utf8.elementsEqual(operation.utf8) }) {
                return .problem(
                    404, "Not Found",
                    "the store was replaced and no longer has the version that is served; run 'spanmill run'")
            }
            let body = samplingExplanation(
                service: service, operation: operation, strategy: strategy,
                defaultProbability: served.defaultProbability, version: settings.programVersion)
            return .json(body).with("Cache-Control", "no-cache")
        } catch {
            return .problem(
                500, "Internal Server Error", "the store cannot be read; see /readyz on the machine it is on")
        }
    }
}
