public import ArgumentParser
import Mill
import SpanModel
import Workload

/// A day to try things with.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Write a day of a made-up shop, to try things with.",
        discussion: """
            Some twenty services with retries, fan-out, messages, databases, wrong clocks, lost and repeated spans,
            and tracers that sample; the same seed gives the same bytes. Prints what really happened.

            spanmill demo archives --day 2026-03-01
            """)

    @Argument(help: "Directory the archives are written to.", completion: .directory) var directory: String
    @Option(help: "The day, UTC.") var day = "2026-03-01"
    @Option(help: "Traces that begin in the day, before sampling.") var traces = 12_000
    @Option(help: "Equal seeds give equal days.") var seed: UInt64 = 20_260_301
    @Option(
        help: "Layouts of the files, taken in turn: \(ArchiveLayout.allCases.map(\.rawValue).joined(separator: ", ")).")
    var layout: [ArchiveLayout] = []
    @Flag(help: "Keep every trace and lose nothing.") var plain = false
    @Option(help: "Write everything to this one file; - is standard output.") var file: String?
    @Flag(name: .shortAndLong, help: "Say nothing.") var quiet = false

    func validate() throws {
        guard Timestamp.nanoseconds(day) != nil else {
            throw ValidationError("'\(day)' is no day; write it like 2026-03-01")
        }
        guard (1...1_000_000_000).contains(traces) else { throw ValidationError("--traces takes 1 to 1000000000") }
    }

    func run() async throws {
        var settings = WorkloadSettings()
        let start = Timestamp.nanoseconds(day) ?? 0
        settings.day = Window(startNanoseconds: start, endNanoseconds: start + Nanoseconds.day)
        settings.traces = traces
        settings.seed = seed
        settings.samples = !plain
        settings.damages = !plain
        settings.singleFile = file
        settings.keepsTruth = false
        if !layout.isEmpty { settings.layouts = layout }
        let summary: WorkloadSummary
        do throws(WorkloadError) {
            summary = try generateWorkload(settings, into: directory)
        } catch {
            throw MillError(.cannotCreate, error.message)
        }
        guard !quiet else { return }
        Console.shared.say(
            "wrote \(summary.files.count) archives, \(summary.bytes / 1000) kB: of \(summary.before.traces) traces \(summary.kept.traces) "
                + "were kept, \(summary.kept.spans) spans; \(summary.duplicates) repeated, \(summary.orphans) orphaned")
    }
}

extension ArchiveLayout: ExpressibleByArgument {}
