import Foundation
import Testing

/// What a run takes of the machine: memory as promised, scratch space with a clear word where there is none.
@Suite("Memory and scratch space", .serialized)
struct MemoryTests {
    /// A day of some 300,000 spans: twice what fits into 64 MiB.
    private func day(_ program: Program, layout: String) throws -> String {
        let made = try program.run(
            "demo", "x", "--quiet", "--traces", "60000", "--layout", layout, "--file", "day.\(layout)")
        try #require(made.status == 0)
        return "day.\(layout)"
    }

    @Test("the whole process keeps to --memory, and the answer is that of a run with plenty", arguments: [1, 2])
    func keepsToMemory(_ workers: Int) throws {
        let program = try Program()
        let archives = try ["json-zst", "proto-zst"].map { try day(program, layout: $0) }
        let options = ["report", "--json", "--verbose", "--workers", "\(workers)"] + archives
        let small = try program.run(options + ["--memory", "64MiB"])
        let large = try program.run(options + ["--memory", "1GiB"])
        #expect(small.status == 0 && small.output == large.output)
        let used = try #require(small.error.firstMatch(of: /at most (\d+) MiB of memory/)?.1)
        #expect(try #require(Int(used)) <= 64)
    }

    @Test("scratch space that runs out ends in 74, names the place and the remedy, and writes no answer")
    func scratchRunsOut() throws {
        let program = try Program()
        let archive = try day(program, layout: "proto-zst")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = [
            "-c", "ulimit -f 1000; exec \"$0\" \"$@\"", Program.binary.path, "report", "--json", "-o", "answer.json",
            "--memory", "32MiB", archive,
        ]
        process.currentDirectoryURL = program.folder
        process.environment = ["TMPDIR": program.folder.path]
        let error = Pipe()
        process.standardError = error
        try process.run()
        let message = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 74)
        #expect(message.contains("scratch") && message.contains("--memory"))
        #expect(!FileManager.default.fileExists(atPath: program.path("answer.json")))
    }
}
