public import SpanModel

/// One run of the program over one window.
public struct RunRecord: Hashable, Sendable {
    /// Given by the store, rising; zero until stored.
    public var id: Int64
    public var window: Window
    public var startedNanoseconds: UInt64
    public var finishedNanoseconds: UInt64
    public var programVersion: String
    /// Digest of the settings that decide numbers: a change means that the window is worth another run.
    public var settingsDigest: String

    /// A run that is not stored yet, unless it has an id; times in nanoseconds since 1970.
    public init(
        id: Int64 = 0, window: Window, startedNanoseconds: UInt64, finishedNanoseconds: UInt64,
        programVersion: String, settingsDigest: String = ""
    ) {
        self.id = id
        self.window = window
        self.startedNanoseconds = startedNanoseconds
        self.finishedNanoseconds = finishedNanoseconds
        self.programVersion = programVersion
        self.settingsDigest = settingsDigest
    }
}

/// An archive that went into a report, and what tells that the file is still the same.
public struct ArchiveRecord: Hashable, Sendable {
    public var summary: ArchiveSummary
    /// Opaque to the store, e.g. size and modification time, or a digest.
    public var identity: String

    /// - Parameter identity: the same as long as the file is.
    public init(_ summary: ArchiveSummary, identity: String) {
        self.summary = summary
        self.identity = identity
    }
}

/// A report that is in the store.
public struct ReportRecord: Hashable, Sendable {
    public var window: Window
    public var rules: String
    public var analysisVersion: Int

    /// - Parameters:
    ///   - rules: name of the rule set.
    ///   - analysisVersion: `Report.analysisVersion` of the program that made it.
    public init(window: Window, rules: String, analysisVersion: Int) {
        self.window = window
        self.rules = rules
        self.analysisVersion = analysisVersion
    }
}

/// Calls of one name to another, over one or more windows and all kinds of edges.
public struct Dependency: Hashable, Sendable {
    public var caller: String
    public var callee: String
    public var calls: UInt64
    public var errors: UInt64

    /// - Parameters:
    ///   - calls: counted, not estimated.
    ///   - errors: how many of the calls failed.
    public init(caller: String, callee: String, calls: UInt64, errors: UInt64) {
        self.caller = caller
        self.callee = callee
        self.calls = calls
        self.errors = errors
    }
}

/// One line of the ledger: from then on, until the next line of the same names, this was in force.
public struct Publication: Hashable, Sendable {
    /// Nil: all services that are not named.
    public var service: String?
    /// Nil: all operations of the service that are not named.
    public var operation: String?
    public var publishedNanoseconds: UInt64
    /// Nil: named no longer; what holds for the unnamed holds.
    public var probability: Double?
    public var versionID: Int64

    /// - Parameters:
    ///   - publishedNanoseconds: since the Unix epoch.
    ///   - probability: 0…1.
    ///   - versionID: of the set of strategies that was published then.
    public init(
        service: String?, operation: String?, publishedNanoseconds: UInt64, probability: Double?, versionID: Int64
    ) {
        self.service = service
        self.operation = operation
        self.publishedNanoseconds = publishedNanoseconds
        self.probability = probability
        self.versionID = versionID
    }
}

/// A set of strategies that is in the store.
public struct StrategyVersion: Hashable, Sendable {
    public var id: Int64
    public var publishedNanoseconds: UInt64
    public var status: StrategySet.Status
    public var budgetSpansPerSecond: Double
    public var predictedSpansPerSecond: Double
    /// Why it came about, where that was no ordinary run.
    public var note: String

    /// - Parameters:
    ///   - id: the store's own, rising.
    ///   - publishedNanoseconds: since the Unix epoch.
    public init(
        id: Int64, publishedNanoseconds: UInt64, status: StrategySet.Status, budgetSpansPerSecond: Double,
        predictedSpansPerSecond: Double, note: String
    ) {
        self.id = id
        self.publishedNanoseconds = publishedNanoseconds
        self.status = status
        self.budgetSpansPerSecond = budgetSpansPerSecond
        self.predictedSpansPerSecond = predictedSpansPerSecond
        self.note = note
    }
}

/// Rises with every stored run and every stored set of strategies: equal values mean nothing new.
public struct StoreVersion: Hashable, Sendable {
    public var run: Int64
    public var strategies: Int64

    /// - Parameters:
    ///   - run: id of the last stored run; zero: none.
    ///   - strategies: id of the last stored set; zero: none.
    public init(run: Int64, strategies: Int64) {
        self.run = run
        self.strategies = strategies
    }
}

/// How much a report holds.
public struct ReportSize: Hashable, Sendable {
    public var nodes: Int
    public var edges: Int
    public var operations: Int

    /// So many rows of each.
    public init(nodes: Int, edges: Int, operations: Int) {
        self.nodes = nodes
        self.edges = edges
        self.operations = operations
    }
}

/// What of a report is read; whatever is left out stays empty.
public struct ReportDetail: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    /// Bits of the parts below; others mean nothing.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The hours of edges, and of operations with `latency`: most of the store.
    public static let hours = ReportDetail(rawValue: 1)
    /// Root throughput by the hour.
    public static let roots = ReportDetail(rawValue: 2)
    /// Operations with names and counts.
    public static let operations = ReportDetail(rawValue: 4)
    /// Operations, and how slow they are, with their estimates and exemplars.
    public static let latency: ReportDetail = [.operations, ReportDetail(rawValue: 8)]
    /// The sketches of edges; without them edges have `figures`.
    public static let sketches = ReportDetail(rawValue: 16)

    public static let whole: ReportDetail = [.hours, .roots, .latency, .sketches]
}
