import ArgumentParser
import Foundation
import Logging
import Mill
import ServiceLifecycle
import Serving
import UnixSignals

/// Answers tracers, dependency views and load balancers.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "HTTP: tracers, Jaeger's and Grafana's dependency views, metrics.",
        discussion: """
            spanmill serve --listen 127.0.0.1:5778
            curl 'http://127.0.0.1:5778/sampling?service=web'
            """)

    @Option(name: [.customLong("listen"), .customLong("server-listen")], help: settingHelp("server.listen")) var listen:
        String?
    @Option(help: settingHelp("server.token_file")) var serverTokenFile: String?
    @Option(help: "A last run older than this makes /readyz answer 503, for example 36h.") var maxAge: String?
    @OptionGroup(title: "General") var common: CommonOptions

    func run() async throws {
        var flags: [String: String] = [:]
        flags["server.listen"] = listen
        flags["server.token_file"] = serverTokenFile
        let job = try common.configuration(flags).job
        let settings = try settings(job)
        var logger = Logger(label: "spanmill")
        logger.logLevel = common.quiet ? .error : common.verbose > 0 ? .debug : .notice
        let (isQuiet, address) = (common.quiet, job.server.listen)
        let server = Server(stateDirectory: job.state, settings: settings, logger: logger) { host, port in
            if !isQuiet { Console.shared.say("listening on http://\(host.contains(":") ? "[\(host)]" : host):\(port)") }
            ServiceManager.notify("READY=1\nSTATUS=listening on \(host):\(port)")
        }
        let group = ServiceGroup(
            services: [server, Watchdog()], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        do {
            try await group.run()
        } catch {
            throw MillError(
                .unavailable,
                "cannot listen on \(address): is another server running there, or the address not this machine's?")
        }
        ServiceManager.notify("STOPPING=1")
    }

    private func settings(_ job: Job) throws -> ServerSettings {
        guard let (host, port) = Self.address(job.server.listen) else {
            throw MillError(
                .configuration, "'\(job.server.listen)' is no address to listen on; write it like 127.0.0.1:5778")
        }
        var age: UInt64?
        if let maxAge {
            guard let duration = Units.duration(maxAge) else {
                throw ValidationError("--max-age takes a duration like 36h, not '\(maxAge)'")
            }
            age = duration
        }
        var token: String?
        if let path = job.server.tokenFile {
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw MillError(.configuration, "cannot read the token file \(path)")
            }
            token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        return ServerSettings(
            host: host, port: port, maximumReportAgeNanoseconds: age, token: token, programVersion: Version.number)
    }

    /// Host and port of `127.0.0.1:5778`, `[::1]:5778` or `:5778`.
    static func address(_ text: String) -> (host: String, port: Int)? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        let host = text[..<colon].trimmingCharacters(in: ["[", "]"])
        return (host.isEmpty ? "0.0.0.0" : host, port)
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
