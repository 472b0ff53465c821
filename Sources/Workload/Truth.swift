public import SpanModel

/// What really happened in a workload: counted as the events were made, not read back from spans.
public struct Truth: Sendable {
    /// Who called whom, and how.
    public struct EdgeKey: Hashable, Sendable, Comparable {
        public var caller: String
        public var callee: String
        public var kind: Edge.Kind

        public static func < (a: EdgeKey, b: EdgeKey) -> Bool {
            (a.caller, a.callee, a.kind.rawValue) < (b.caller, b.callee, b.kind.rawValue)
        }
    }

    /// A service's span name, as one kind of span.
    public struct OperationKey: Hashable, Sendable, Comparable {
        public var service: String
        public var operation: String
        public var kind: SpanKind

        public static func < (a: OperationKey, b: OperationKey) -> Bool {
            (a.service, a.operation, a.kind.label) < (b.service, b.operation, b.kind.label)
        }
    }

    /// Calls and errors.
    public struct Calls: Hashable, Sendable {
        public var calls: UInt64 = 0
        public var errors: UInt64 = 0
        public var clientOnlyErrors: UInt64 = 0
    }

    /// How often an operation ran and how long it took.
    public struct Durations: Sendable {
        public var errors: UInt64 = 0
        /// Nanoseconds, in any order.
        public var nanoseconds: [UInt64] = []

        /// The smallest value with F ≥ q; zero when there is none.
        public func percentile(_ q: Double) -> UInt64 {
            guard !nanoseconds.isEmpty else { return 0 }
            let rank = Int((q * Double(nanoseconds.count)).rounded(.up))
            return nanoseconds.sorted()[min(max(rank, 1), nanoseconds.count) - 1]
        }
    }

    public var edges: [EdgeKey: Calls] = [:]
    public var operations: [OperationKey: Durations] = [:]
    /// Traces per root operation.
    public var roots: [OperationKey: UInt64] = [:]
    public var entryCalls: UInt64 = 0
    public var traces: UInt64 = 0
    public var spans: UInt64 = 0

    public init() {}
}

/// A workload's truth before sampling, and of what was kept and written.
public struct WorkloadSummary: Sendable {
    /// All that happened in the day; only traces and spans where the truth is not kept.
    public var before = Truth()
    /// The traces that the tracers kept, without lost spans and copies.
    public var kept = Truth()
    /// Copies written besides.
    public var duplicates: UInt64 = 0
    /// Spans whose parent was not written.
    public var orphans: UInt64 = 0
    /// Links of kept consumers to spans that were not kept.
    public var linksUnresolved: UInt64 = 0
    /// Files written, in order.
    public var files: [String] = []
    public var bytes: UInt64 = 0

    public init() {}
}
