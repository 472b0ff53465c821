import ArgumentParser
import Glibc
import Mill

/// The command line: verbs, streams, exit codes.
@main
struct Spanmill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "spanmill",
        abstract: "Service graphs, latency and sampling strategies from trace archives.",
        discussion: """
            Try it       spanmill report traces/*.json.gz
            See it       spanmill graph traces/ -o services.svg --focus checkout
            Schedule it  spanmill run --config spanmill.yaml

            LOOK verbs (report, graph, latency, inspect) read archives when given some and keep nothing; \
            given none they read the store. WORK verbs are run, sampling and serve.
            More: spanmill help-topic exit-codes | config | formats | quality | sampling
            """,
        version: Version.text,
        subcommands: [
            ReportCommand.self, GraphCommand.self, LatencyCommand.self, InspectCommand.self, RunCommand.self,
            SamplingCommand.self, ServeCommand.self, ConfigCommand.self, DemoCommand.self, MapCommand.self,
            ReduceCommand.self, MergeCommand.self, HelpTopicCommand.self,
        ])

    /// Runs the verb; every failure becomes one message on standard error and one exit status of the table.
    ///
    /// On the main thread until the verb runs, as what is said to the allocator has to be said before there is another.
    @MainActor
    static func main() async {
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if !(command is ServeCommand) { Allocator.keepToBudget() }
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as MillError {
            Console.shared.problem(error.message)
            Glibc.exit(error.exitStatus)
        } catch is BrokenPipe {
            Glibc.exit(0)
        } catch {
            exit(withError: error)
        }
    }
}
