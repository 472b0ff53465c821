#if GRPC
internal import GRPCCore
internal import GRPCNIOTransportHTTP2
internal import NIOCore
public import Serving
public import ServiceLifecycle
internal import Synchronization

/// Serves strategies over gRPC from what a watch reads, with gRPC's health check, until shut down gracefully.
///
/// Open to everyone who reaches its address: tracers send no credentials, and there is nothing else to ask for.
public struct SamplingServer: Service {
    private let watch: StoreWatch
    private let host: String
    private let port: Int
    private let security: TransportSecurity?
    private let onListening: @Sendable (_ host: String, _ port: Int) async -> Void

    /// - Parameters:
    ///   - port: 0: any free port, told when the server listens.
    ///   - onListening: called once, with the address that was bound.
    public init(
        watch: StoreWatch, host: String, port: Int, security: TransportSecurity? = nil,
        onListening: @escaping @Sendable (_ host: String, _ port: Int) async -> Void = { _, _ in }
    ) {
        self.watch = watch
        self.host = host
        self.port = port
        self.security = security
        self.onListening = onListening
    }

    /// Looks at the store, then listens.
    ///
    /// - Throws: `ServerError` when the address cannot be bound or the files of TLS cannot be used.
    public func run() async throws {
        await watch.refresh()
        try security?.check()
        let server = GRPCServer(
            transport: .http2NIOPosix(
                address: try address(), transportSecurity: transportSecurity, config: configuration()),
            services: [SamplingService(watch: watch), HealthService(watch: watch)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await withGracefulShutdownHandler {
                        try await server.serve()
                    } onGracefulShutdown: {
                        server.beginGracefulShutdown()
                    }
                } catch {
                    throw ServerError.cannotListen("\(host):\(port)")
                }
            }
            if let bound = try? await server.transport.listeningAddress {
                await onListening(
                    bound.ipv4?.host ?? bound.ipv6?.host ?? host, bound.ipv4?.port ?? bound.ipv6?.port ?? port)
            }
            try await group.waitForAll()
        }
    }

    private var transportSecurity: HTTP2ServerTransport.Posix.TransportSecurity {
        guard let security else { return .plaintext }
        return .tls(
            certificateChain: [.file(path: security.certificatePath, format: .pem)],
            privateKey: .file(path: security.keyPath, format: .pem))
    }

    /// A request is the name of a service; a client that is gone or too many at once shall not cost much.
    private func configuration() -> HTTP2ServerTransport.Posix.Config {
        let connections = ConnectionCount(limit: max(OpenFiles.connectionLimit() / 20, 32))
        return .defaults { config in
            config.rpc.maxRequestPayloadSize = 64 * 1024
            config.connection.maxIdleTime = .seconds(300)
            config.connection.maxGraceTime = .seconds(5)
            config.connection.keepalive.time = .seconds(120)
            config.channelDebuggingCallbacks.onAcceptTCPConnection = { connections.accept($0) }
        }
    }

    private func address() throws(ServerError) -> GRPCNIOTransportCore.SocketAddress {
        guard let resolved = try? NIOCore.SocketAddress.makeAddressResolvingHost(host, port: port),
            let text = resolved.ipAddress
        else { throw ServerError.cannotListen("\(host):\(port)") }
        return text.contains(":") ? .ipv6(host: text, port: port) : .ipv4(host: text, port: port)
    }
}

/// Keeps connections below a number.
private final class ConnectionCount: Sendable {
    private struct TooMany: Error {}

    private let limit: Int
    private let open = Atomic(0)

    init(limit: Int) { self.limit = limit }

    func accept(_ channel: any Channel) -> EventLoopFuture<Void> {
        channel.closeFuture.whenComplete { _ in self.open.subtract(1, ordering: .relaxed) }
        let isWithin = open.add(1, ordering: .relaxed).newValue <= limit
        return isWithin ? channel.eventLoop.makeSucceededVoidFuture() : channel.eventLoop.makeFailedFuture(TooMany())
    }
}
#endif
