import ArgumentParser

/// Pages of help beside the verbs.
struct HelpTopicCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "help-topic", abstract: "Pages of help: exit-codes, config, formats, quality, sampling, privacy.")

    @Argument(help: "The page.") var topic: Topic

    enum Topic: String, ExpressibleByArgument, CaseIterable {
        case exitCodes = "exit-codes"
        case config, formats, quality, sampling, privacy
    }

    func run() throws { try Console.shared.answer(Self.pages[topic] ?? "") }

    private static let pages: [Topic: String] = [
        .exitCodes: """
        0    done (also: nothing new to read)
        1    a condition that was asked for is met
        64   wrong flag
        65   more unreadable archives than archives.max_bad, or nothing readable at all
        66   no archive matched, or nothing stored to show
        69   a target, a port or Graphviz is not available
        70   a bug
        73   output not writable
        74   store or disk failed
        75   another run holds the lock; try again later
        76   the sampling plan was refused; the old strategies stay
        77   permission lacks
        78   configuration invalid; `spanmill config check` says why
        130  interrupted; nothing was changed
        143  terminated; nothing was changed

        """,
        .config: """
        Values come from, strongest first:
          1. flags                      --window-margin 30m
          2. environment                SPANMILL_WINDOW_MARGIN=30m
          3. the job file               window: { margin: 30m }
          4. defaults                   `spanmill config init` lists them
        `spanmill config show --origin` says where each value came from.

        """,
        .formats: """
        Read, told by their bytes and never by their names:
          OTLP JSON        lines, single requests, arrays, pretty-printed; hex and base64 ids; old and new keys
          OTLP protobuf    single requests; behind 4-byte lengths (Collector file exporter) or varint lengths
          Jaeger JSON      the query service's and the UI's downloads
          Zipkin JSON v2   lists, lists of lists, lines
        each plain, gzip or zstd (many members or frames), and the Collector's `compression: zstd` frames.

        """,
        .quality: """
        Every report says what was lost: see `quality` in the JSON and the last lines of the page.
          spans_orphan         the parent was not found
          spans_duplicate      repeats and pieces of one span, merged
          extra_roots          traces with more than one root
          unknown_caller       called by a span that was not found
          unresolved_outgoing  calls to something without any name
          links_unresolved     links to spans that were not found
          spans_unweighted     no evidence of the sampling probability: counted as one
        The findings list each with its service and example traces. Rules: docs/linking.md.

        """,
        .sampling: """
        With a budget (sampling.budget.spans_per_second) every run chooses a probability for each operation that begins
        traces, from the estimated traffic of the last 14 days; `spanmill serve` hands them to tracers.

          spanmill sampling show       what is in force
          spanmill sampling explain    why an operation has its probability, step by step
          spanmill sampling diff       what two versions have different; before the first there was nothing
          spanmill sampling history    what was published when
          spanmill sampling check      do tracers keep what was published? which published names never match?
          spanmill sampling backtest   what each night's plan would have cost on the day that followed
          spanmill sampling publish    write the files; --replan chooses anew
          spanmill sampling rollback   put an older version in force again

        A trace weighs one by the probability it was kept with. Believed are, strongest first: tracestate (th), the
        sampler's tags, vendors' rates, what had been published when it began (ledger), what the ids of its
        operation's traces show (inferred), sampling.assumed_probability; else it counts as one.

        Tracers ask before a span has its final name. Where that was changed afterwards, sampling.aliases says under
        which name (published) the tracer asks for the one that archives show (seen):
          sampling: { aliases: [{ service: web, seen: "GET /users/{id}", published: "GET" }] }
        `spanmill sampling check` finds such names and prints the lines. Operations that do not obey keep their
        probability, and what they cost is taken off the budget.

        """,
        .privacy: """
        No telemetry, ever. Attribute values are not kept: the store holds service and operation names, peer
        names, counts, durations and example trace ids.

        """,
    ]
}
