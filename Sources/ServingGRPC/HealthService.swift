#if GRPC
internal import GRPCCore
internal import Serving
internal import ServiceLifecycle
internal import SwiftProtobuf

/// gRPC's health check, for the server as a whole and for its service.
struct HealthService: Grpc_Health_V1_Health.SimpleServiceProtocol {
    let watch: StoreWatch

    typealias Status = Grpc_Health_V1_HealthCheckResponse.ServingStatus

    /// Nil for a service that is not here.
    private func status(of service: String) -> Status? {
        switch service {
        case "": .serving
        case Jaeger_ApiV2_SamplingManager.descriptor.fullyQualifiedService:
            watch.strategies == nil ? .notServing : .serving
        default: nil
        }
    }

    func check(
        request: Grpc_Health_V1_HealthCheckRequest, context: ServerContext
    ) async throws -> Grpc_Health_V1_HealthCheckResponse {
        guard let status = status(of: request.service) else {
            throw RPCError(code: .notFound, message: "there is no service '\(request.service)' here")
        }
        return .with { $0.status = status }
    }

    /// The status now and whenever it changes, until either side ends the call.
    func watch(
        request: Grpc_Health_V1_HealthCheckRequest, response: RPCWriter<Grpc_Health_V1_HealthCheckResponse>,
        context: ServerContext
    ) async throws {
        try await cancelWhenGracefulShutdown {
            var last: Status?
            while !Task.isCancelled, !context.cancellation.isCancelled {
                let status = status(of: request.service) ?? .serviceUnknown
                if status != last { try await response.write(.with { $0.status = status }) }
                last = status
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }
}
#endif
