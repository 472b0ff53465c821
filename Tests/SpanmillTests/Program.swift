import Foundation
import Testing

/// The built binary in a scratch directory: what a user types and what comes back.
struct Program {
    let folder: URL

    /// A fresh scratch directory.
    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("spanmill-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    struct Result {
        var status: Int32
        var output: String
        var error: String
    }

    /// The binary beside the tests, or the one that `SPANMILL_BIN` names.
    static let binary: URL = {
        if let path = ProcessInfo.processInfo.environment["SPANMILL_BIN"] { return URL(fileURLWithPath: path) }
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("spanmill")
    }()

    /// The checkout.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Starts the program without waiting.
    ///
    /// - Parameter limit: what `ulimit` is told before it starts.
    func start(
        _ arguments: [String], environment: [String: String] = [:], limit: String? = nil
    ) throws -> (Process, Pipe, Pipe) {
        let process = Process()
        process.executableURL = Self.binary
        process.arguments = arguments
        if let limit {
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", "ulimit \(limit) && exec \"$0\" \"$@\"", Self.binary.path] + arguments
        }
        process.currentDirectoryURL = folder
        process.environment = ["PATH": "/usr/bin:/bin", "TMPDIR": folder.path].merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let (output, error) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = error
        try process.run()
        return (process, output, error)
    }

    /// Runs the program to its end.
    @discardableResult
    func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Result {
        try run(arguments, environment: environment)
    }

    /// Runs the program to its end; both streams are read while it runs.
    func run(_ arguments: [String], environment: [String: String] = [:], limit: String? = nil) throws -> Result {
        let (process, output, error) = try start(arguments, environment: environment, limit: limit)
        let errorReader = Drain(error)
        let outputData = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let errorData = errorReader.wait()
        let status =
            process.terminationReason == .uncaughtSignal ? 128 + process.terminationStatus : process.terminationStatus
        return Result(
            status: status, output: String(decoding: outputData, as: UTF8.self),
            error: String(decoding: errorData, as: UTF8.self))
    }

    /// Reads a pipe on a thread of its own, so that the other can be read meanwhile. Sendable: what was read is looked
    /// at only once that thread has ended.
    private final class Drain: @unchecked Sendable {
        private var data = Data()
        private let done = DispatchSemaphore(value: 0)

        init(_ pipe: Pipe) {
            let handle = pipe.fileHandleForReading
            Thread.detachNewThread { [self] in
                data = handle.readDataToEndOfFile()
                done.signal()
            }
        }

        func wait() -> Data {
            done.wait()
            return data
        }
    }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    func write(_ text: String, to name: String) throws {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
    }

    /// A small day of the made-up shop below `archives`.
    func makeDemo(traces: Int = 300, day: String = "2026-03-01", folder: String = "archives") throws {
        try #require(try run("demo", folder, "--quiet", "--traces", "\(traces)", "--day", day).status == 0)
    }
}

/// What no message may hold: names of types, addresses, stack traces.
func expectReadable(_ message: String, sourceLocation: SourceLocation = #_sourceLocation) {
    for foreign in [
        "Error(", "Optional(", "Swift.", "MillError", "StoreError", "ArchiveError", "Fatal error", "0x", "Stack dump",
        "NSCocoa",
    ] {
        #expect(!message.contains(foreign), "message holds \(foreign): \(message)", sourceLocation: sourceLocation)
    }
}
