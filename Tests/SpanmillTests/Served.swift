import Foundation
import ReportStore
import SpanModel
import Testing

/// A `spanmill serve` of the built binary on free ports, over a store with known strategies.
final class Served {
    let program: Program
    private let process: Process
    private let messages: Pipe
    /// `http` or `https`, and the port.
    let http: (scheme: String, port: Int)
    let grpcPort: Int?
    /// The line that told them.
    let announcement: String

    /// What is served for `web`; `search svc/β` has a probability of 1 and no operations.
    static let probabilities = ["GET /cart": 0.25, "POST /order": 0.05, "GET /<b>&é": 0.5, "GET /health": 0]

    static func strategies() -> StrategySet {
        StrategySet(
            budgetSpansPerSecond: 1, predictedSpansPerSecond: 1, status: .ok, defaultProbability: 0.001,
            services: [
                ServiceStrategy(service: "search svc/β", defaultProbability: 1, operations: []),
                ServiceStrategy(
                    service: "web", defaultProbability: 0.125,
                    operations: probabilities.map { OperationStrategy(operation: $0, probability: $1, reason: "set") }),
            ])
    }

    /// - Parameters:
    ///   - strategies: nil: there is no store.
    ///   - openFiles: the soft limit of open files that it is started with.
    init(
        _ flags: [String] = [], strategies: StrategySet? = Served.strategies(), openFiles: Int? = nil
    ) throws {
        program = try Program()
        if let strategies {
            let store = try ReportStore(directory: program.path("state"))
            try store.save(strategies, publishedNanoseconds: 1_772_323_200_000_000_000)
            try store.close()
        }
        let ports = ["--listen", "127.0.0.1:0"] + (Self.hasGRPC ? ["--grpc", "127.0.0.1:0"] : [])
        (process, _, messages) = try program.start(
            ["serve", "--state", "state"] + ports + flags, limit: openFiles.map { "-Sn \($0)" })
        var text = ""
        while !text.contains("listening on") || text.last != "\n" {
            let data = messages.fileHandleForReading.availableData
            if data.isEmpty { break }
            text += String(decoding: data, as: UTF8.self)
        }
        announcement = text
        func port(_ scheme: String) -> Int? {
            text.components(separatedBy: "\(scheme)://127.0.0.1:").dropFirst().first
                .flatMap { Int($0.prefix { $0.isNumber }) }
        }
        let scheme = text.contains("https://") ? "https" : "http"
        http = (scheme, try #require(port(scheme), "\(text)"))
        grpcPort = port("grpc")
    }

    /// The soft and the hard limit of open files that the process has now.
    func openFileLimits() throws -> [Int] {
        let text = try String(contentsOfFile: "/proc/\(process.processIdentifier)/limits", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("Max open files") })
        return line.split(separator: " ").compactMap { Int($0) }
    }

    deinit {
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: program.folder)
    }

    /// Whether the binary was built with the trait.
    static var hasGRPC: Bool {
        #if GRPC
        true
        #else
        false
        #endif
    }
}

/// Programs of others that the server is held against; `jobs/peers` installs them.
enum Peers {
    /// Python with Jaeger's tracer and gRPC's client.
    static let python: String? = {
        let path = Program.root.appendingPathComponent(".build/peers/bin/python").path
        return isFine(path, ["-c", "import grpc, jaeger_client"]) ? path : nil
    }()

    static let hasRuby = isFine("/usr/bin/ruby", ["-e", "require 'jaeger/client'"])
    static let hasOpenSSL = isFine("/usr/bin/openssl", ["version"]) && isFine("/usr/bin/curl", ["--version"])

    private static func isFine(_ program: String, _ arguments: [String]) -> Bool {
        FileManager.default.isExecutableFile(atPath: program)
            && ((try? run(program, arguments))?.status == 0)
    }

    /// What a program prints, and how it ends.
    static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: Data) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, data)
    }

    /// The JSON object that one of the scripts beside the tests prints.
    static func script(_ program: String, _ name: String, _ arguments: [String]) throws -> [String: Any] {
        let path = Program.root.appendingPathComponent("Tests/Peers/\(name)").path
        let (status, output) = try run(program, [path] + arguments)
        #expect(status == 0, "\(name)")
        return try #require(try JSONSerialization.jsonObject(with: output) as? [String: Any])
    }
}
