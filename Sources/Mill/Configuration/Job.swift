import SpanModel
import TraceAnalysis

/// Everything one run is told: the job file, the environment and the flags, resolved once.
public struct Job: Sendable {
    /// Globs, directories, or `-`.
    public var inputs: [String] = []
    /// `auto`, or a strftime pattern of the times in paths.
    public var partitions = "auto"
    /// Offset of the times in paths from UTC, in seconds.
    public var partitionsOffsetSeconds = 0
    public var windowLengthNanoseconds = Nanoseconds.day
    public var windowMarginNanoseconds = Nanoseconds.hour
    /// Past windows looked at again when their archives changed.
    public var windowReopen = 3
    /// Directory of the store, the lock and the scratch files.
    public var state = "state"
    public var retentionHoursNanoseconds = 35 * Nanoseconds.day
    public var retentionDaysNanoseconds = 400 * Nanoseconds.day
    /// Zero: as many as there are cores.
    public var workers = 0
    public var memoryBytes = 512 << 20
    public var shards = MemoryBudget.defaultShards
    public var rules = "otlp"
    public var identity = ["service.name"]
    public var matchesLow64 = false
    public var maximumTraceSpans = 250_000
    public var operationsPerService = 2000
    public var services = 10_000
    public var maximumDecompressedBytes = 1 << 40
    public var maximumRecordBytes = 64 << 20
    public var maximumBadArchives = BadArchiveLimit.count(5)
    /// Templates that fold high-cardinality operation names.
    public var names: [NameTemplate] = []
    /// Tell edges apart by the operations at their ends; of verbs that keep nothing, no key of the job file.
    public var edgesByOperation = false
    /// Contains `{trace_id}`; nil: traces are shown by id only.
    public var traceURL: String?
    public var sampling = SamplingSettings()
    public var publish: [Publication] = []
    public var export: [String] = []
    public var server = ServerSettings()

    /// Every setting at its default.
    public init() {}

    /// How many unreadable archives a run bears.
    public enum BadArchiveLimit: Hashable, Sendable {
        case count(Int)
        /// 0…100, of all archives.
        case percent(Double)

        /// Whether this many of `total` are too many.
        public func isExceeded(bad: Int, of total: Int) -> Bool {
            switch self {
            case .count(let limit): bad > limit
            case .percent(let limit): Double(bad) > Double(total) * limit / 100
            }
        }
    }

    /// Folds the operation names of some services into one.
    public struct NameTemplate: Hashable, Sendable {
        /// Glob over service names.
        public var service: String
        /// Regular expression; every part of an operation name that it matches is replaced.
        public var match: String
        /// With `$1`…`$9` for the groups of the match.
        public var replace: String
    }

    /// A file that is written for others after each run.
    public struct Publication: Hashable, Sendable {
        public var file: String
        /// `jaeger`.
        public var format: String

        /// - Parameter format: `jaeger` is the one there is.
        public init(file: String, format: String) {
            self.file = file
            self.format = format
        }
    }

    /// Where `serve` listens, `off` for not at all, and its files.
    public struct ServerSettings: Hashable, Sendable {
        public var listen = "127.0.0.1:5778"
        public var grpc = "127.0.0.1:5779"
        public var tlsCertificate: String?
        public var tlsKey: String?
        public var tlsClientAuthority: String?
        public var tokenFile: String?
    }

    /// The `sampling` section as written; the policy is made of it.
    public struct SamplingSettings: Hashable, Sendable {
        /// Nil, like the bytes: no strategies are made.
        public var budgetSpansPerSecond: Double?
        public var budgetBytesPerDay: Double?
        public var alpha = 0.25
        public var floorTracesPerDay = 30.0
        public var minimumProbability = 0.00001
        public var deadBand = 0.15
        public var upFactor = 2.0
        public var lookbackDays = 14
        public var reserve = 0.05
        public var assumedProbability: Double?
        public var lowerBoundPerSecond = 0.0
        /// `flat`: one probability a day; `hourly`: one an hour.
        public var profile = "flat"
        /// Of the hours of the day and of holidays: UTC, an offset, or a name like `Europe/Berlin`.
        public var timeZone = "UTC"
        /// Days like 2026-12-25 that are to be taken for a weekend's.
        public var holidays: [String] = []
        public var halfLifeDays = 3.0
        public var floorBudgetShare = 0.5
        public var riskShare = 0.005
        public var budgets: [PartBudget] = []
        public var overrides: [Override] = []
        public var aliases: [Alias] = []

        /// A budget of a part of the traffic; globs.
        public struct PartBudget: Hashable, Sendable {
            public var service: String
            public var operation: String
            public var spansPerSecond: Double
        }

        /// A pin, floor, ceiling or multiplier; globs, the first match counts.
        public struct Override: Hashable, Sendable {
            public var service: String
            public var operation: String
            public var probability: Double?
            public var minimum: Double?
            public var maximum: Double?
            public var weight: Double?
        }

        /// An operation whose archived name differs from the one the sampler sees.
        public struct Alias: Hashable, Sendable {
            public var service: String
            public var seen: String
            public var published: String
        }
    }
}
