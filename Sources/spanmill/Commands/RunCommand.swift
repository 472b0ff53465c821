import ArgumentParser
import Mill
import Rendering
import SpanModel

/// The nightly job.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "The nightly job: read new archives, store, choose strategies, publish.",
        discussion: """
            spanmill run --config spanmill.yaml
            spanmill run --window 2026-03-01 --reread
            spanmill run --dry-run
            """)

    @Flag(help: "Say what would be read and written; change nothing.") var dryRun = false
    @Flag(help: "Read also what did not change.") var reread = false
    @Flag(help: "Store, but publish no strategies.") var noPublish = false
    @Flag(help: "Publish strategies that the gate would refuse.") var force = false
    @Flag(help: "Having no archive at all is fine.") var allowEmpty = false
    @Option(help: "How long to wait for another run to end, for example 10m.") var wait: String?
    @Flag(help: "Print the report as JSON on standard output.") var json = false
    @OptionGroup(title: "Reading") var reading: ReadingOptions
    @OptionGroup(title: "Job") var jobOptions: JobOptions
    @OptionGroup(title: "General") var common: CommonOptions

    func run() async throws {
        let flags = reading.flags.merging(jobOptions.flags) { first, _ in first }
        let job = try common.configuration(flags).job
        let request = try request()
        let meter = ProgressMeter()
        let summary = try await ProgressBar(meter: meter, isQuiet: common.quiet).during {
            try await Interruption.watching(meter) {
                try await Run(job: job, request: request, meter: meter).perform()
            }
        }
        try tell(summary)
        if let refusal = summary.refusal { throw MillError.refused(refusal) }
    }

    private func request() throws -> RunRequest {
        var request = RunRequest()
        request.window = try reading.resolvedWindow()
        request.rereads = reread || reading.window != nil
        request.isDryRun = dryRun
        request.publishes = !noPublish
        request.isForced = force
        request.isStrict = reading.strict
        request.allowsEmpty = allowEmpty
        request.programVersion = Version.number
        request.layout = Graphviz.svg
        if let wait {
            guard let nanoseconds = Units.duration(wait) else {
                throw ValidationError("--wait takes a duration like 10m, not '\(wait)'")
            }
            request.patienceSeconds = Int(nanoseconds / Nanoseconds.second)
        }
        return request
    }

    /// The conversation goes to standard error; standard output stays empty unless JSON is asked for.
    private func tell(_ summary: RunSummary) throws {
        guard let last = summary.scans.last else {
            if !common.quiet { summary.notes.forEach(Console.shared.say) }
            return
        }
        let facts = RunFacts(
            elapsedNanoseconds: summary.elapsedNanoseconds, published: summary.published,
            newEdges: summary.newEdges, goneEdges: summary.goneEdges)
        var input = RenderInput(
            .run, version: Version.number, report: last.report, strategies: summary.strategies,
            archives: last.archives.filter { $0.error != nil }.map { InspectedArchive($0) }, run: facts)
        if !common.quiet {
            let page =
                Renderer.named("text", for: .run)?.render(input, RenderOptions(terminal: common.errorTerminal)) ?? []
            Console.shared.say(String(decoding: page, as: UTF8.self).trimmingNewlines)
            summary.notes.forEach(Console.shared.say)
        }
        if json {
            input.verb = .report
            input.run = nil
            try Console.shared.answer(Renderer.named("json", for: .report)?.render(input, RenderOptions()) ?? [])
        }
    }
}

extension String {
    /// Without newlines at the end.
    var trimmingNewlines: String { String(reversed().drop { $0.isNewline }.reversed()) }
}
