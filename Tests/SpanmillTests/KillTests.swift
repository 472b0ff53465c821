import Foundation
import Testing

/// A run that is killed at any moment leaves yesterday's answer, and the next run is as if nothing had happened.
@Suite(.serialized)
struct KillTests {
    @Test("kill -9 at twenty moments: the store opens, yesterday is served, the next run's rows are the same")
    func killedRuns() throws {
        let program = try Program()
        try program.makeDemo(traces: 2500, day: "2026-02-28", folder: "archives")
        try program.makeDemo(traces: 2500, day: "2026-03-01", folder: "archives")
        try #require(try program.run("run", "-q", "--inputs", "archives", "--window", "2026-02-28").status == 0)
        let yesterday = try program.run("report", "--json", "--window", "2026-02-28").output
        // How long a whole run takes decides where the kills fall; its result is what every later run must give.
        let reference = try Program()
        let begin = Date()
        try #require(
            try reference.run("run", "-q", "--inputs", program.path("archives"), "--window", "2026-03-01").status == 0)
        let length = Date().timeIntervalSince(begin)
        let expected = try reference.run("report", "--json").output

        var random = SystemRandomNumberGenerator()
        for moment in 0..<20 {
            let delay = length * (Double(moment) + Double.random(in: 0...1, using: &random)) / 20
            let (process, _, _) = try program.start(["run", "-q", "--inputs", "archives", "--window", "2026-03-01"])
            let ended = DispatchSemaphore(value: 0)
            process.terminationHandler = { _ in ended.signal() }
            _ = ended.wait(timeout: .now() + delay)
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            let served = try program.run("report", "--json", "--window", "2026-02-28")
            #expect(served.status == 0)
            #expect(served.output == yesterday)
        }
        try #require(try program.run("run", "-q", "--inputs", "archives", "--window", "2026-03-01").status == 0)
        let after = try program.run("report", "--json", "--window", "2026-03-01").output
        #expect(Self.withoutPaths(after) == Self.withoutPaths(expected))
        let leftovers = try FileManager.default.contentsOfDirectory(atPath: program.path("state"))
        #expect(!leftovers.contains { $0.hasPrefix("scratch-") })
    }

    /// The documents do not name archives; this keeps the comparison honest should they ever do.
    private static func withoutPaths(_ document: String) -> [Substring] {
        document.split(separator: "\n").filter { !$0.contains("\"path\"") }
    }

    @Test("a second run beside the first ends in 75 and names the first")
    func locked() throws {
        let program = try Program()
        try program.makeDemo(traces: 300)
        try FileManager.default.createDirectory(atPath: program.path("state"), withIntermediateDirectories: true)
        let lock = open(program.path("state/lock"), O_RDWR | O_CREAT, 0o600)
        try #require(flock(lock, LOCK_EX | LOCK_NB) == 0)
        let text = "process 4711, since yesterday\n"
        _ = text.withCString { write(lock, $0, strlen($0)) }
        let result = try program.run("run", "--inputs", "archives", "--window", "2026-03-01")
        close(lock)
        #expect(result.status == 75)
        #expect(result.error.contains("process 4711"))
        expectReadable(result.error)
    }
}
