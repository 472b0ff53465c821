import ArgumentParser
import Mill
import Rendering
import SpanModel

/// What is in an archive.
struct InspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "What is in an archive: layers, format, counts, where it breaks.",
        discussion: "spanmill inspect traces/b-17.json.gz")

    @Argument(help: "Archives: files, directories, globs, - for standard input.", completion: .file())
    var archives: [String]

    @OptionGroup(title: "Output") var output: OutputOptions
    @OptionGroup(title: "Reading") var reading: ReadingOptions
    @OptionGroup(title: "General") var common: CommonOptions

    func run() async throws {
        let job = try common.configuration(reading.flags).job
        let list = ArchiveList(inputs: archives)
        if let missing = list.unmatched.first {
            throw MillError(.noInput, "no archive matches \(missing); is the path right?")
        }
        var inspected: [InspectedArchive] = []
        for file in list.files {
            let meter = ProgressMeter()
            let result = try await ProgressBar(meter: meter, isQuiet: common.quiet).during {
                try await Scan(job: job, window: nil, meter: meter).run([file])
            }
            inspected += result.archives.map { summary in
                InspectedArchive(
                    summary, traces: result.report.quality.traces, services: Self.services(of: result.report))
            }
        }
        try await output.deliver(
            RenderInput(.inspect, version: Version.number, archives: inspected),
            RenderOptions(terminal: common.terminal))
        try Run.checkReadable(inspected.map(\.summary), limit: reading.strict ? .count(0) : job.maximumBadArchives)
    }

    private static func services(of report: Report) -> [InspectedArchive.ServiceSpans] {
        let spans = Dictionary(grouping: report.operations.filter { !$0.service.isEmpty }, by: \.service)
        return spans.map { .init(name: $0.key, spans: $0.value.reduce(0) { $0 &+ $1.count }) }
    }
}
