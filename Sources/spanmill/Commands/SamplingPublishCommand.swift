import ArgumentParser
import Mill
import ReportStore
import SpanModel

/// Writes the strategies to files, or chooses them anew.
struct SamplingPublishCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "publish",
        abstract: "Write the latest strategies to the files of the job, in Jaeger's file schema.",
        discussion: """
            spanmill sampling publish -o strategies.json
            spanmill sampling publish --replan          choose anew from the stored history, then publish
            spanmill sampling publish --force           the same, past the gate
            A file whose content is the same is left alone. Probabilities that differ by hour are written as they are \
            in this hour: call it once an hour.
            """)

    @Option(
        name: .shortAndLong, help: "A file to write instead of those of `publish`; may be given several times.",
        completion: .file())
    var output: [String] = []
    @Flag(help: "Choose anew from the stored windows; the gate may refuse.") var replan = false
    @Flag(help: "Choose anew and publish even what the gate would refuse.") var force = false
    @Flag(help: "Say what would be written; change nothing.") var dryRun = false
    @OptionGroup(title: "General") var common: CommonOptions

    func run() async throws {
        let job = try common.configuration().job
        let files = output.isEmpty ? job.publish : output.map { Job.Publication(file: $0, format: "jaeger") }
        let publisher = StrategyPublisher(files: files)
        let isNew = replan || force
        let source = try StrategySource(job, access: isNew && !dryRun ? .readWrite : .readOnly)
        guard isNew || !files.isEmpty else {
            throw MillError(
                .configuration, "no file to publish to: name one with -o, or in the job file's `publish`")
        }
        let outcome =
            try isNew
            ? publisher.replan(
                job, store: source.store, isForced: force, isDryRun: dryRun, nowNanoseconds: WindowText.now)
            : publisher.republish(
                try source.strategies(), isDryRun: dryRun, nowNanoseconds: WindowText.now)
        guard !common.quiet else { return }
        Console.shared.say(outcome.text)
        for written in outcome.written {
            let verb = written.isChanged ? (dryRun ? "would write" : "wrote") : "unchanged"
            Console.shared.say("\(verb) \(written.file)")
        }
    }
}
