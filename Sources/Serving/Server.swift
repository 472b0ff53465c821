internal import Glibc
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
public import Logging
internal import NIOCore
public import ServiceLifecycle

/// Serves strategies and dependencies over HTTP from the store of a state directory, until it is shut down gracefully.
///
/// Starts with a store or without; nothing that happens to the store stops it or changes what it last read.
///
///     let server = Server(stateDirectory: "state", settings: ServerSettings(), logger: logger) { host, port in
///         print("listening on \(host):\(port)")
///     }
///     try await server.run()
public struct Server: Service {
    private let face: Face
    private let watch: StoreWatch
    private let settings: ServerSettings
    private let logger: Logger
    private let onListening: @Sendable (_ host: String, _ port: Int) async -> Void

    /// A client polls once a minute: nothing is lost when the connection goes in between.
    private static let idleTimeout = TimeAmount.seconds(30)
    /// Open files kept back for the store and the log.
    private static let filesKept: rlim_t = 64

    /// - Parameter onListening: called once, with the address that was bound.
    public init(
        stateDirectory: String, settings: ServerSettings, logger: Logger,
        onListening: @escaping @Sendable (_ host: String, _ port: Int) async -> Void = { _, _ in }
    ) {
        self.settings = settings
        self.logger = logger
        self.onListening = onListening
        watch = StoreWatch(directory: stateDirectory, logger: logger)
        face = Face(settings, watch: watch, now: Self.now)
    }

    /// Looks at the store, then listens.
    ///
    /// - Throws: when the address cannot be bound.
    public func run() async throws {
        await watch.refresh()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await keepLooking() }
            try await application().run()
            group.cancelAll()
        }
    }

    private func keepLooking() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(1))
            await watch.refresh()
        }
    }

    private func application() -> some ApplicationProtocol {
        let limits = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: 16 * 1024, maxHeaderListSize: 32 * 1024, maxHeaderFieldCount: 100)
        let channel = HTTP1Channel.Configuration(idleTimeout: Self.idleTimeout, httpDecoderConfiguration: limits)
        let (host, port) = (settings.host, settings.port)
        return Application(
            responder: FaceResponder(face: face), server: .http1(configuration: channel),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port), backlog: 1024,
                availableConnectionsDelegate: .maximum(Self.connectionLimit(), logger: logger)),
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

    /// As many connections as the process may have open files, after asking for as many as it can get.
    private static func connectionLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 512 }
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 512 }
        return Int(max(limit.rlim_cur, 2 * filesKept) - filesKept)
    }

    private static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(max(time.tv_sec, 0)) &* 1_000_000_000 &+ UInt64(max(time.tv_nsec, 0))
    }
}

/// Carries questions and answers between the framework and the face.
struct FaceResponder: HTTPResponder {
    let face: Face

    struct Context: RequestContext {
        var coreContext: CoreRequestContextStorage
        let isLocal: Bool

        init(source: ApplicationRequestContextSource) {
            coreContext = CoreRequestContextStorage(source: source)
            // A socket in the file system has no address, and is this machine's.
            isLocal = source.channel.remoteAddress.map { $0.ipAddress.map(Access.isLoopback) ?? true } ?? false
        }
    }

    func respond(to request: Request, context: Context) async throws -> Response {
        let start = ContinuousClock.now
        let question = Question(
            method: request.method.rawValue, request.head.path ?? "", host: request.head.authority,
            isLocal: context.isLocal, authorization: request.headers[.authorization],
            ifNoneMatch: request.headers[.ifNoneMatch])
        let (answer, route) = await face.answer(question)
        context.logger.log(
            level: answer.status >= 500 ? .warning : .debug, "answered",
            metadata: [
                "route": "\(route.rawValue)", "status": "\(answer.status)", "duration": "\(start.duration(to: .now))",
            ])
        return response(answer, isHead: request.method == .head)
    }

    private func response(_ answer: Answer, isHead: Bool) -> Response {
        var headers = HTTPFields()
        for (name, value) in answer.headers {
            if let name = HTTPField.Name(name) { headers.append(HTTPField(name: name, value: value)) }
        }
        let response = Response(
            status: .init(code: answer.status), headers: headers,
            body: answer.status == 304 ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
        return isHead ? response.createHeadResponse() : response
    }
}
