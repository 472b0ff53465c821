#if GRPC
internal import GRPCCore
internal import Serving
internal import SpanModel
internal import SwiftProtobuf

/// Jaeger's remote sampling over gRPC: the same strategies at the same moment as over HTTP.
struct SamplingService: Jaeger_ApiV2_SamplingManager.SimpleServiceProtocol {
    let watch: StoreWatch

    func getSamplingStrategy(
        request: Jaeger_ApiV2_SamplingStrategyParameters, context: ServerContext
    ) async throws -> Jaeger_ApiV2_SamplingStrategyResponse {
        guard let strategies = watch.strategies else {
            // Clients keep what they have when they see an error; any made-up default would be obeyed.
            throw RPCError(code: .unknown, message: "no strategies have been published yet")
        }
        return Jaeger_ApiV2_SamplingStrategyResponse(
            strategies.strategy(of: Array(request.serviceName.utf8)).strategy)
    }
}

extension Jaeger_ApiV2_SamplingStrategyResponse {
    /// The one shape that every known client reads; some read it by hand and need this order and no empty part.
    ///
    /// `probabilisticSampling` is always there, also in entries of operations, where nothing follows it;
    /// `operationSampling` comes last and only with operations.
    init(_ strategy: ServiceStrategy) {
        self.init()
        probabilisticSampling = .init(rate: strategy.defaultProbability)
        guard !strategy.operations.isEmpty else { return }
        operationSampling = .with { sampling in
            sampling.defaultSamplingProbability = strategy.defaultProbability
            sampling.defaultLowerBoundTracesPerSecond = strategy.lowerBoundPerSecond
            sampling.perOperationStrategies = strategy.operations.map { operation in
                .with { entry in
                    entry.operation = operation.operation
                    entry.probabilisticSampling = .init(rate: operation.probability)
                }
            }
        }
    }
}

extension Jaeger_ApiV2_ProbabilisticSamplingStrategy {
    fileprivate init(rate: Double) {
        self.init()
        samplingRate = rate
    }
}
#endif
