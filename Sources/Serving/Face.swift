internal import Rendering
internal import SpanModel

/// Every path the server knows, and the answer to each: the HTTP face without HTTP.
struct Face: Sendable {
    let settings: ServerSettings
    let watch: StoreWatch
    let dependencies: DependencyCache
    let counters = RequestCounters()
    /// Nanoseconds since the epoch.
    let now: @Sendable () -> UInt64

    /// Longer targets are refused: no service has such a name.
    static let longestTarget = 8192

    init(_ settings: ServerSettings, watch: StoreWatch, now: @escaping @Sendable () -> UInt64) {
        self.settings = settings
        self.watch = watch
        self.now = now
        dependencies = DependencyCache(watch)
    }

    enum Route: String, CaseIterable {
        case sampling = "/sampling"
        case explanation = "/api/v1/sampling/explain"
        case dependencies = "/api/dependencies"
        case zipkinDependencies = "/api/v2/dependencies"
        case health = "/healthz"
        case readiness = "/readyz"
        case metrics = "/metrics"
        case unknown = "unknown"

        init(_ query: Query) {
            switch query.path {
            case "/sampling", "/api/sampling": self = .sampling
            case "/" where !query.values("service").isEmpty: self = .sampling
            case let path?: self = Route(rawValue: path) ?? .unknown
            case nil: self = .unknown
            }
        }

        /// Tracers and health checks send no credentials and may be anywhere.
        var isOpen: Bool {
            switch self {
            case .sampling, .health, .readiness: true
            case .explanation, .dependencies, .zipkinDependencies, .metrics, .unknown: false
            }
        }
    }

    /// The answer, and the route for the log; to `HEAD` as to `GET`, the body is for the caller to leave off.
    func answer(_ question: Question) async -> (answer: Answer, route: Route) {
        guard question.target.utf8.count <= Self.longestTarget else {
            let answer = Answer.problem(
                414, "URI Too Long", "the address is longer than \(Self.longestTarget) bytes; shorten it")
            counters.count(.unknown, answer.status)
            return (answer, .unknown)
        }
        let query = Query(question.target)
        let route = Route(query)
        let answer = await answer(question, query, route)
        counters.count(route, answer.status)
        return (answer, route)
    }

    private func answer(_ question: Question, _ query: Query, _ route: Route) async -> Answer {
        if !route.isOpen {
            let access = Access(host: settings.host, token: settings.token)
            if let refusal = access.refusal(of: question) { return refusal }
        }
        if route == .unknown {
            return .problem(404, "Not Found", "there is nothing at this path; see 'spanmill serve --help'")
        }
        guard question.method == "GET" || question.method == "HEAD" else {
            return .problem(405, "Method Not Allowed", "this server only tells, it changes nothing; use GET")
                .with("Allow", "GET, HEAD")
        }
        switch route {
        case .sampling: return sampling(question, query)
        case .explanation: return await explanation(query)
        case .dependencies: return await jaegerDependencies(query)
        case .zipkinDependencies: return await zipkinDependencies(query)
        case .health: return .text("ok\n")
        case .readiness: return readiness()
        case .metrics: return metrics()
        case .unknown: return .problem(404, "Not Found", "there is nothing at this path")
        }
    }

    /// Jaeger's endpoint: its status codes, its texts, its bodies.
    private func sampling(_ question: Question, _ query: Query) -> Answer {
        let services = query.values("service")
        guard let service = services.first, services.count == 1 else {
            return .plainError(400, "'service' parameter must be provided once")
        }
        guard let strategies = watch.strategies else {
            // Clients keep what they have when they see an error; any made-up default would be obeyed.
            return .plainError(500, "collector error: no strategies have been published yet")
        }
        return strategies.strategy(of: service).body.answer(to: question)
    }
}
