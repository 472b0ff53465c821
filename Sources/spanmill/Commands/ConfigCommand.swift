import ArgumentParser
import Mill

/// The job file: check, show, init.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "The job file: check it, show what holds, write a first one.",
        subcommands: [Check.self, Show.self, Init.self])

    /// Reads the configuration and tells every problem.
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check", abstract: "Tell every problem of the job file at once.")

        @OptionGroup var reading: ReadingOptions
        @OptionGroup var job: JobOptions
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let resolved = try common.configuration(reading.flags.merging(job.flags) { first, _ in first })
            for input in ArchiveList(inputs: resolved.job.inputs).unmatched {
                Console.shared.say("warning: no archive matches '\(input)' now (allowed, but is it a typo?)")
            }
            Console.shared.say("\(resolved.path ?? "defaults"): no errors")
        }
    }

    /// Prints every setting's value.
    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "show", abstract: "Print what holds, with --origin where from.")

        @Flag(help: "Say where each value came from.") var origin = false
        @OptionGroup var reading: ReadingOptions
        @OptionGroup var job: JobOptions
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let resolved = try common.configuration(reading.flags.merging(job.flags) { first, _ in first })
            try Console.shared.answer(resolved.shown(withOrigin: origin))
        }
    }

    /// Prints a job file.
    struct Init: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "init", abstract: "Print a job file with every default commented.",
            discussion: "spanmill config init > spanmill.yaml")

        func run() async throws { try Console.shared.answer(Configuration.template) }
    }
}
