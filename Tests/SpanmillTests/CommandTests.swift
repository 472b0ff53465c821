import Foundation
import Testing

/// What a user meets at the terminal: streams, exit codes, messages.
struct CommandTests {
    @Test("a wrong flag ends in 64, names the flag and prints nothing on standard output")
    func wrongFlag() throws {
        let result = try Program().run("graph", "--fokus", "web")
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
        #expect(result.error.contains("--fokus"))
    }

    @Test("an archive that does not exist ends in 66 and says which")
    func missingArchive() throws {
        let result = try Program().run("report", "nowhere/*.gz")
        #expect(result.status == 66)
        #expect(result.error.contains("nowhere/*.gz"))
        expectReadable(result.error)
    }

    @Test("without archives and without a store a LOOK verb says what to type")
    func emptyStore() throws {
        for verb in ["report", "graph", "latency"] {
            let result = try Program().run(verb)
            #expect(result.status == 66)
            #expect(result.error.contains("spanmill report ARCHIVE"))
            expectReadable(result.error)
        }
    }

    @Test("JSON that holds no spans we read is told by its members, with what to do")
    func unreadableJSON() throws {
        let program = try Program()
        try program.write("{\n  \"traceID\": \"1\",\n  \"spanID\": \"2\"\n}\n", to: "elastic.json")
        try program.write("{ \"bool\": { \"should\": [] } }", to: "query.json")
        let result = try program.run("inspect", "elastic.json", "query.json")
        #expect(result.status == 65)
        #expect(result.error.contains("these are Jaeger's Elasticsearch documents; fetch the traces"))
        #expect(result.error.contains("is JSON with the members 'bool', 'should'"))
        expectReadable(result.error)
    }

    @Test("graph --level operation names the operations at both ends; the store has none of that")
    func operationLevel() throws {
        let program = try Program()
        try program.makeDemo()
        let document = try program.run("graph", "archives", "--level", "operation", "--json")
        #expect(document.status == 0)
        #expect(
            document.output.contains(#""caller_operation": "Checkout/Place", "callee_operation": "Checkout/Place""#))
        let page = try program.run("graph", "archives", "--level", "operation", "--service", "checkout")
        #expect(page.output.contains("checkout Checkout/Place"))
        let drawing = try program.run("graph", "archives", "--level", "operation", "--format", "dot")
        #expect(drawing.output.contains("web Checkout/Place"))
        let stored = try program.run("graph", "--level", "operation")
        #expect(stored.status == 64)
        #expect(stored.error.contains("needs archives"))
    }

    @Test("a file name whose ending is no format is refused, and nothing is written")
    func unknownEnding() throws {
        let program = try Program()
        try program.makeDemo()
        let result = try program.run("graph", "archives", "-o", "services.xyz")
        #expect(result.status == 64)
        #expect(result.error.contains("'services.xyz' implies no format") && result.error.contains(".svg"))
        #expect(!FileManager.default.fileExists(atPath: program.folder.appendingPathComponent("services.xyz").path))
        #expect(try program.run("graph", "archives", "-o", "page").status == 0)
        #expect(try program.run("graph", "archives", "--format", "dot", "-o", "services.xyz").status == 0)
    }

    @Test("nothing readable at all ends in 65, with the first bytes of what was found")
    func nothingReadable() throws {
        let program = try Program()
        try program.write("hello, world\n", to: "letter.txt")
        let result = try program.run("report", "letter.txt")
        #expect(result.status == 65)
        #expect(result.error.contains("letter.txt"))
        #expect(result.error.contains("hello"))
        expectReadable(result.error)
    }

    @Test("a broken job file ends in 78 with file, line, column, caret and the nearest key, all at once")
    func brokenJobFile() throws {
        let program = try Program()
        try program.write("inputs: [archives]\nwindw:\n  length: 1d\nmemory: lots\n", to: "job.yaml")
        let result = try program.run("run", "--config", "job.yaml")
        #expect(result.status == 78)
        #expect(result.error.contains("job.yaml:2:1: unknown key 'windw'; did you mean 'window'?"))
        #expect(result.error.contains("job.yaml:4:9: a size like 64MiB is expected, not 'lots'"))
        #expect(result.error.contains("2 errors"))
        expectReadable(result.error)
    }

    @Test("run keeps standard output empty, tells its summary on standard error, and a second run has nothing to do")
    func runSummary() throws {
        let program = try Program()
        try program.makeDemo()
        let first = try program.run("run", "--inputs", "archives", "--window", "2026-03-01")
        #expect(first.status == 0)
        #expect(first.output.isEmpty)
        #expect(first.error.contains("graph"))
        #expect(first.error.contains("no sampling budget"))
        expectReadable(first.error)
        let page = try program.run("report")
        #expect(page.status == 0)
        #expect(page.output.contains("2026-03-01"))
    }

    @Test("run --json prints the document that report --json prints for the window")
    func runJSON() throws {
        let program = try Program()
        try program.makeDemo()
        let run = try program.run("run", "--json", "--quiet", "--inputs", "archives", "--window", "2026-03-01")
        let report = try program.run("report", "--json")
        #expect(run.status == 0)
        #expect(
            run.output.contains("\"schema\": \"spanmill.report\"")
                || run.output.contains("\"schema\":\"spanmill.report\""))
        #expect(run.output == report.output)
    }

    @Test("a budget makes strategies that sampling show explains and publish writes")
    func strategies() throws {
        let program = try Program()
        try program.makeDemo()
        try program.write(
            "inputs: [archives]\nsampling: { budget: { spans_per_second: 1 } }\npublish: [{ file: strategies.json }]\n",
            to: "spanmill.yaml")
        let run = try program.run("run", "--window", "2026-03-01")
        #expect(run.status == 0, "\(run.error)")
        let shown = try program.run("sampling", "show", "--json")
        #expect(shown.output.contains("spanmill.sampling"))
        #expect(shown.output.contains("GET /"))
        let file = try String(contentsOfFile: program.path("strategies.json"), encoding: .utf8)
        #expect(file.contains("service_strategies"))
    }

    @Test("a reader that goes away early is no error")
    func brokenPipe() throws {
        let program = try Program()
        try program.makeDemo(traces: 1500)
        let (process, output, _) = try program.start(["report", "--json", "archives"])
        try output.fileHandleForReading.close()
        process.waitUntilExit()
        #expect(process.terminationReason == .exit)
        #expect(process.terminationStatus == 0)
    }

    @Test("an output file implies its format and is written whole")
    func outputFiles() throws {
        let program = try Program()
        try program.makeDemo()
        let result = try program.run("graph", "archives", "-o", "g.dot", "-o", "g.json")
        #expect(result.status == 0)
        #expect(result.output.isEmpty)
        #expect(try String(contentsOfFile: program.path("g.dot"), encoding: .utf8).hasPrefix("digraph"))
        #expect(try String(contentsOfFile: program.path("g.json"), encoding: .utf8).contains("spanmill.graph"))
        let unwritable = try program.run("graph", "archives", "-o", "missing/g.dot")
        #expect(unwritable.status == 73)
        expectReadable(unwritable.error)
    }

    @Test("an unknown focus, format and window are refused with what was meant")
    func helpfulRefusals() throws {
        let program = try Program()
        try program.makeDemo()
        let focus = try program.run("graph", "archives", "--focus", "chekout")
        #expect(focus.status == 64)
        #expect(focus.error.contains("did you mean 'checkout'?"))
        let format = try program.run("graph", "archives", "--format", "dto")
        #expect(format.status == 64)
        #expect(format.error.contains("did you mean dot?"))
        let window = try program.run("graph", "archives", "--window", "yesterdy")
        #expect(window.status == 64)
        #expect(window.error.contains("yesterdy"))
    }

    @Test("every verb has help, and completions exist for three shells")
    func help() throws {
        let program = try Program()
        for verb in ["report", "graph", "latency", "inspect", "run", "sampling", "serve", "config", "demo"] {
            let result = try program.run(verb, "--help")
            #expect(result.status == 0)
            #expect(result.output.contains("OVERVIEW"))
        }
        for shell in ["bash", "zsh", "fish"] {
            let result = try program.run("--generate-completion-script", shell)
            #expect(result.status == 0)
            #expect(result.output.contains("spanmill"))
        }
        #expect(try program.run("help-topic", "exit-codes").output.contains("75"))
        let verbs = try program.run("sampling", "--help").output.components(separatedBy: "SUBCOMMANDS:").last ?? ""
        let page = try program.run("help-topic", "sampling").output
        let names = verbs.split(separator: "\n").filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
            .compactMap { $0.split(separator: " ").first }.filter { $0 != "See" }
        #expect(names.count == 8)
        for name in names { #expect(page.contains("spanmill sampling \(name) "), "\(name) has no line") }
    }

    @Test("config init writes a file that config check accepts and config show explains")
    func configuration() throws {
        let program = try Program()
        let template = try program.run("config", "init")
        try program.write(template.output, to: "spanmill.yaml")
        let check = try program.run("config", "check")
        #expect(check.status == 0)
        #expect(check.error.contains("no errors"))
        let shown = try program.run(
            "config", "show", "--origin", "--memory", "1GiB", environment: ["SPANMILL_WORKERS": "3"])
        #expect(shown.output.contains("--memory"))
        #expect(shown.output.contains("SPANMILL_WORKERS"))
        #expect(shown.output.contains("spanmill.yaml:"))
    }

    @Test("inspect tells where a cut archive ends and counts what is before")
    func inspectTruncated() throws {
        let program = try Program()
        try #require(
            try program.run("demo", "x", "--quiet", "--traces", "400", "--layout", "json-zst", "--file", "whole.zst")
                .status == 0)
        let whole = try Data(contentsOf: URL(fileURLWithPath: program.path("whole.zst")))
        try whole.prefix(whole.count * 3 / 4).write(to: URL(fileURLWithPath: program.path("cut.zst")))
        let result = try program.run("inspect", "cut.zst", "--json")
        #expect(result.status == 0)
        #expect(result.output.contains("\"truncated_at\""))
        #expect(!result.output.contains("\"truncated_at\": null"))
        #expect(result.output.contains("truncated"))
    }
}
