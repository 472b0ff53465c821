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

    @Test("where addresses are few, an archive of more bytes than that is read all the same", arguments: [1, 2])
    func addressesAreFew(_ workers: Int) throws {
        let program = try Program()
        let options = ["report", "--json", "--workers", "\(workers)", "--memory", "64MiB"]
        let archive = try day(program, layout: "json-zst")
        let few = try program.run(options + [archive], limit: "-v 500000")
        #expect(try few.status == 0 && few.output == program.run(options + [archive]).output, "\(few.error)")
    }

    @Test("scratch space that runs out ends in 74, names the place and the remedy, and writes no answer")
    func scratchRunsOut() throws {
        let program = try Program()
        let archive = try day(program, layout: "proto-zst")
        let result = try program.run(
            ["report", "--json", "-o", "answer.json", "--memory", "32MiB", archive],
            environment: ["TMPDIR": program.folder.path], limit: "-f 1000")
        #expect(result.status == 74)
        #expect(result.error.contains("scratch") && result.error.contains("--memory"))
        #expect(!FileManager.default.fileExists(atPath: program.path("answer.json")))
    }
}
