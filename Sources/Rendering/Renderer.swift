public import SpanModel

/// What is to be shown: the question and everything that answers it.
public struct RenderInput: Sendable {
    /// The questions that have an answer to show.
    public enum Verb: String, CaseIterable, Sendable {
        case report, graph, latency, inspect, sampling, run
        case explain, backtest
        case samplingDiff = "sampling_diff"
        case samplingHistory = "sampling_history"
        case samplingCheck = "sampling_check"
    }

    public var verb: Verb
    /// Of this program, as `spanmill_version`.
    public var version: String
    /// Of the whole window; what to show of it is `RenderOptions.selection`.
    public var report: Report?
    public var strategies: StrategySet?
    /// Of `inspect`, or what a run had trouble with.
    public var archives: [InspectedArchive]
    /// What only the run itself knows.
    public var run: RunFacts?
    /// Of the verbs about strategies.
    public var sampling: SamplingAnswer?

    /// What a verb has to show; what it does not know stays nil or empty.
    public init(
        _ verb: Verb, version: String, report: Report? = nil, strategies: StrategySet? = nil,
        archives: [InspectedArchive] = [], run: RunFacts? = nil, sampling: SamplingAnswer? = nil
    ) {
        self.verb = verb
        self.version = version
        self.report = report
        self.strategies = strategies
        self.archives = archives
        self.run = run
        self.sampling = sampling
    }

    /// The report as selected.
    func selected(_ options: RenderOptions) -> Report? { report?.selecting(options.selection) }
}

/// One archive and what its spans hold.
public struct InspectedArchive: Hashable, Sendable {
    public var summary: ArchiveSummary
    /// Distinct trace ids; nil where they were not counted.
    public var traces: UInt64?
    /// Spans by service, in any order; nil where they were not counted.
    public var services: [ServiceSpans]?

    /// How many spans of an archive are of one service.
    public struct ServiceSpans: Hashable, Sendable {
        public var name: String
        public var spans: UInt64

        /// - Parameter spans: those that name the service as their own.
        public init(name: String, spans: UInt64) {
            self.name = name
            self.spans = spans
        }
    }

    /// - Parameters:
    ///   - traces: distinct trace ids; nil: not counted.
    ///   - services: nil: not counted.
    public init(_ summary: ArchiveSummary, traces: UInt64? = nil, services: [ServiceSpans]? = nil) {
        self.summary = summary
        self.traces = traces
        self.services = services
    }

    /// The busiest first.
    var servicesBySpans: [ServiceSpans] {
        (services ?? []).sorted { ($1.spans, $0.name) < ($0.spans, $1.name) }
    }
}

/// What only the run itself knows.
public struct RunFacts: Hashable, Sendable {
    public var elapsedNanoseconds: UInt64
    /// Files written, and addresses published to.
    public var published: [String]
    /// Edges that the window before did not have, and those that are gone; nil without such a window.
    public var newEdges: UInt64?
    public var goneEdges: UInt64?

    /// - Parameter elapsedNanoseconds: by the wall clock.
    public init(
        elapsedNanoseconds: UInt64, published: [String] = [], newEdges: UInt64? = nil, goneEdges: UInt64? = nil
    ) {
        self.elapsedNanoseconds = elapsedNanoseconds
        self.published = published
        self.newEdges = newEdges
        self.goneEdges = goneEdges
    }
}

/// How it is to be shown.
public struct RenderOptions: Sendable {
    /// What rows are ordered by; text only, for documents have one order.
    public enum Order: String, CaseIterable, Sendable {
        case calls, errors, p50, p95, p99, name
    }

    public var selection: GraphSelection
    /// The order of text rows; nil: what suits the verb.
    public var order: Order?
    /// Rows a table of the one-page report has at most.
    public var top: Int
    public var terminal: Terminal

    /// Everything, in the order that suits the verb, for no terminal unless one is given.
    public init(
        selection: GraphSelection = GraphSelection(), order: Order? = nil, top: Int = 10,
        terminal: Terminal = Terminal()
    ) {
        self.selection = selection
        self.order = order
        self.top = top
        self.terminal = terminal
    }
}

/// What the reader's terminal can show.
public struct Terminal: Hashable, Sendable {
    /// Columns; nil: as many as the text needs.
    public var width: Int?
    /// No character beyond ASCII.
    public var isASCII: Bool
    /// ANSI colours; they never carry a meaning alone.
    public var usesColor: Bool

    /// As wide as the text needs, in UTF-8 and without colours, unless told otherwise.
    public init(width: Int? = nil, isASCII: Bool = false, usesColor: Bool = false) {
        self.width = width
        self.isASCII = isASCII
        self.usesColor = usesColor
    }
}

/// One way of showing: the entry of the registry from which `--format`, the ending of `-o` and `Accept` come.
public struct Renderer: Sendable {
    /// As in `--format`.
    public var format: String
    /// Of files, without the point; the first is the usual one.
    public var fileEndings: [String]
    public var mediaType: String
    /// What it can show.
    public var verbs: Set<RenderInput.Verb>
    /// Whether `render` gives DOT that a layout engine still has to turn into the format.
    public var needsLayout: Bool
    /// A pure function: equal input gives equal bytes, in UTF-8.
    public var render: @Sendable (RenderInput, RenderOptions) -> [UInt8]

    /// Turns DOT into the bytes of a picture; supplied by whoever may start programs.
    public typealias Layout = @Sendable ([UInt8]) async throws -> [UInt8]

    /// The bytes of the format, laid out where it must be.
    public func bytes(
        _ input: RenderInput, _ options: RenderOptions = RenderOptions(), layout: Layout
    ) async throws -> [UInt8] {
        let rendered = render(input, options)
        return needsLayout ? try await layout(rendered) : rendered
    }
}

/// Every way of showing, the default of each verb first.
public let renderers: [Renderer] = [
    Renderer(
        format: "text", fileEndings: ["txt"], mediaType: "text/plain; charset=utf-8",
        verbs: Set(RenderInput.Verb.allCases), needsLayout: false, render: textDocument),
    Renderer(
        format: "json", fileEndings: ["json"], mediaType: "application/json",
        verbs: Set(RenderInput.Verb.allCases), needsLayout: false, render: jsonDocument),
    Renderer(
        format: "csv", fileEndings: ["csv"], mediaType: "text/csv; charset=utf-8", verbs: [.graph, .latency],
        needsLayout: false, render: { Array(commaSeparated($0, $1).utf8) }),
    Renderer(
        format: "dot", fileEndings: ["dot", "gv"], mediaType: "text/vnd.graphviz", verbs: [.graph, .report],
        needsLayout: false, render: { Array(dotDrawing($0, $1).utf8) }),
    Renderer(
        format: "svg", fileEndings: ["svg"], mediaType: "image/svg+xml", verbs: [.graph, .report],
        needsLayout: true, render: { Array(dotDrawing($0, $1).utf8) }),
]

extension Renderer {
    /// The renderer of a `--format`; nil when the verb has no such format.
    public static func named(_ format: String, for verb: RenderInput.Verb) -> Renderer? {
        renderers.first { $0.format == format && $0.verbs.contains(verb) }
    }

    /// The renderer that the ending of a file name asks for.
    public static func writing(_ path: String, for verb: RenderInput.Verb) -> Renderer? {
        guard let point = path.lastIndex(of: "."), !path[point...].contains("/") else { return nil }
        let ending = path[path.index(after: point)...].lowercased()
        return renderers.first { $0.fileEndings.contains(ending) && $0.verbs.contains(verb) }
    }
}
