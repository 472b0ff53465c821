import ArgumentParser
import Foundation
import Logging
import Mill
import ServiceLifecycle
import Serving
import ServingGRPC
import UnixSignals

/// Answers tracers, dependency views and load balancers.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "HTTP and gRPC: tracers, Jaeger's and Grafana's dependency views, metrics.",
        discussion: """
            spanmill serve --listen 127.0.0.1:5778
            curl 'http://127.0.0.1:5778/sampling?service=web'

            For everyone who reaches the address:
              /sampling?service=S, /api/sampling?service=S, /?service=S    tracers
              /healthz, /readyz                                            load balancers
            From this machine under its name, with the token or a client certificate:
              /api/v1/sampling/explain?service=S&operation=O               why a probability is what it is
              /api/dependencies, /api/v2/dependencies                      Jaeger's, Grafana's and Zipkin's views
              /metrics                                                     Prometheus

            \(ServeSettings.build)
            """)

    @Option(name: [.customLong("listen"), .customLong("server-listen")], help: settingHelp("server.listen")) var listen:
        String?
    @Option(name: [.customLong("grpc"), .customLong("server-grpc")], help: settingHelp("server.grpc")) var grpc: String?
    @Option(help: settingHelp("server.tls.certificate")) var serverTlsCertificate: String?
    @Option(help: settingHelp("server.tls.key")) var serverTlsKey: String?
    @Option(name: .customLong("server-tls-client-ca"), help: settingHelp("server.tls.client_ca"))
    var serverTlsClientAuthority: String?
    @Option(help: settingHelp("server.token_file")) var serverTokenFile: String?
    @Option(help: "A last run older than this makes /readyz answer 503, for example 36h.") var maxAge: String?
    @OptionGroup(title: "General") var common: CommonOptions

    private var flags: [String: String] {
        let pairs: [(String, String?)] = [
            ("server.listen", listen), ("server.grpc", grpc), ("server.tls.certificate", serverTlsCertificate),
            ("server.tls.key", serverTlsKey), ("server.tls.client_ca", serverTlsClientAuthority),
            ("server.token_file", serverTokenFile),
        ]
        return Dictionary(uniqueKeysWithValues: pairs.compactMap { key, text in text.map { (key, $0) } })
    }

    func run() async throws {
        let configuration = try common.configuration(flags)
        let settings = try ServeSettings(configuration, maxAge: maxAge)
        var logger = Logger(label: "spanmill")
        logger.logLevel = common.quiet ? .error : common.verbose > 0 ? .debug : .notice
        ServingThreads.useAllowedCores()
        let watch = StoreWatch(directory: configuration.job.state, logger: logger)
        let announcement = Announcement(servers: settings.serverCount, isQuiet: common.quiet)
        var services: [any Service] = [watch, Watchdog()]
        if let http = settings.http {
            let scheme = settings.security == nil ? "http" : "https"
            services.append(
                Server(watch: watch, settings: http, logger: logger) { await announcement.add(scheme, $0, $1) })
        }
        #if GRPC
        if let (host, port) = settings.grpc {
            services.append(
                SamplingServer(watch: watch, host: host, port: port, security: settings.security) {
                    await announcement.add("grpc", $0, $1)
                })
        }
        #endif
        let group = ServiceGroup(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        do {
            try await group.run()
        } catch let error as ServerError {
            throw MillError(.unavailable, error.message)
        } catch {
            throw MillError(.unavailable, "cannot serve: \(error)")
        }
        ServiceManager.notify("STOPPING=1")
    }
}

/// Tells where the servers listen, when the last of them does.
private actor Announcement {
    private let isQuiet: Bool
    private var missing: Int
    private var addresses: [String] = []

    init(servers: Int, isQuiet: Bool) {
        missing = servers
        self.isQuiet = isQuiet
    }

    func add(_ scheme: String, _ host: String, _ port: Int) {
        addresses.append("\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(port)")
        missing -= 1
        guard missing == 0 else { return }
        let places = addresses.sorted(by: >).joined(separator: " and ")
        if !isQuiet { Console.shared.say("listening on \(places)\(ServeSettings.note)") }
        ServiceManager.notify("READY=1\nSTATUS=listening on \(places)")
    }
}

/// Tells the service manager that the process still runs its tasks.
private struct Watchdog: Service {
    func run() async throws {
        guard let interval = ServiceManager.watchdogIntervalNanoseconds else {
            try? await gracefulShutdown()
            return
        }
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            ServiceManager.notify("WATCHDOG=1")
            try? await Task.sleep(nanoseconds: interval)
        }
    }
}
