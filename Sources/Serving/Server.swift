internal import Glibc
internal import Hummingbird
internal import HummingbirdCore
public import Logging
internal import NIOCore
public import ServiceLifecycle

#if GRPC
internal import HummingbirdTLS
#endif

/// Serves strategies and dependencies over HTTP from what a watch reads, until it is shut down gracefully.
///
/// Starts with a store or without; nothing that happens to the store stops it or changes what was last read.
///
///     let watch = StoreWatch(directory: "state", logger: logger)
///     let server = Server(watch: watch, settings: ServerSettings(), logger: logger) { host, port in
///         print("listening on \(host):\(port)")
///     }
///     try await ServiceGroup(services: [watch, server], logger: logger).run()
public struct Server: Service {
    private let face: Face
    private let watch: StoreWatch
    private let settings: ServerSettings
    private let logger: Logger
    private let onListening: @Sendable (_ host: String, _ port: Int) async -> Void

    /// - Parameter onListening: called once, with the address that was bound.
    public init(
        watch: StoreWatch, settings: ServerSettings, logger: Logger,
        onListening: @escaping @Sendable (_ host: String, _ port: Int) async -> Void = { _, _ in }
    ) {
        self.settings = settings
        self.logger = logger
        self.onListening = onListening
        self.watch = watch
        face = Face(settings, watch: watch, now: WallClock.now)
    }

    /// Looks at the store, then listens.
    ///
    /// - Throws: `ServerError` when the address cannot be bound or the files of TLS cannot be used.
    public func run() async throws {
        await watch.refresh()
        let builder = try builder()
        do {
            try await application(builder).run()
        } catch {
            logger.debug("the HTTP server failed", metadata: ["error": "\(error)"])
            throw ServerError.cannotListen("\(settings.host):\(settings.port)")
        }
    }

    private func builder() throws(ServerError) -> HTTPServerBuilder {
        let (face, date) = (face, HTTPDate())
        guard let security = settings.security else {
            return HTTPServerBuilder { Connection(responder: $0, face: face, date: date) }
        }
        #if GRPC
        let configuration = try security.configuration()
        return HTTPServerBuilder { responder in
            try TLSChannel(
                Connection(responder: responder, face: face, date: date), tlsConfiguration: configuration)
        }
        #else
        throw ServerError(
            "cannot use \(security.certificatePath): this build has no TLS; build with --traits GRPC")
        #endif
    }

    private func application(_ builder: HTTPServerBuilder) -> some ApplicationProtocol {
        let (host, port) = (settings.host, settings.port)
        return Application(
            responder: FaceResponder(face: face, asksForCertificates: settings.security?.clientAuthorityPath != nil),
            server: builder,
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port), backlog: 1024,
                availableConnectionsDelegate: .maximum(OpenFiles.connectionLimit(), logger: logger)),
            onServerRunning: { [onListening] channel in
                await onListening(channel.localAddress?.ipAddress ?? host, channel.localAddress?.port ?? port)
            }, logger: quietLogger)
    }

    /// The framework's own lines are for debugging it.
    private var quietLogger: Logger {
        var logger = logger
        if logger.logLevel > .debug { logger.logLevel = max(logger.logLevel, .warning) }
        return logger
    }
}

/// How many files, and so connections, the process may have open.
package enum OpenFiles {
    /// Kept back for the store and the log.
    private static let kept: rlim_t = 64

    /// As many connections as fit, after asking for as many files as the process can get.
    package static func connectionLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 512 }
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 512 }
        // A twentieth is left to tracers that come over gRPC.
        return Int(max(limit.rlim_cur, 2 * kept) - kept) / 20 * 19
    }
}
