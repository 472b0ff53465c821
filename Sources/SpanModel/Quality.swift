/// What was read and what was lost: the figures behind every number of a report.
public struct Quality: Hashable, Sendable {
    public var archives: UInt64 = 0
    /// Archives of which something could not be read.
    public var archivesBad: UInt64 = 0
    /// Lines or messages that could not be read.
    public var recordsBad: UInt64 = 0
    /// Compressed bytes.
    public var bytesRead: UInt64 = 0
    /// After merging pieces and repeats.
    public var spans: UInt64 = 0
    /// Records without a valid trace or span id; skipped.
    public var spansInvalid: UInt64 = 0
    /// Records outside the window; belonging to traces of other windows.
    public var spansOutside: UInt64 = 0
    public var traces: UInt64 = 0
    public var tracesComplete: UInt64 = 0
    /// Entry spans that are roots: the outside calls them (P5).
    public var entryCalls: UInt64 = 0
    /// Operations folded into `other` by the limits.
    public var operationsFolded: UInt64 = 0
    /// Traces by what their weights rest on.
    public var evidence = EvidenceCounts()
    /// Sums of the findings over all services.
    public var counters: [Finding.Reason: UInt64] = [:]

    /// Nothing seen, nothing found.
    public init() {}

    /// The counter of a reason, zero when it never happened.
    public subscript(reason: Finding.Reason) -> UInt64 {
        get { counters[reason, default: 0] }
        set { counters[reason] = newValue == 0 ? nil : newValue }
    }

    /// Adds another value's figures, saturating.
    public mutating func merge(_ other: Quality) {
        func add(_ path: WritableKeyPath<Quality, UInt64>) {
            let (sum, overflow) = self[keyPath: path].addingReportingOverflow(other[keyPath: path])
            self[keyPath: path] = overflow ? .max : sum
        }
        for path in [
            \Quality.archives, \.archivesBad, \.recordsBad, \.bytesRead, \.spans, \.spansInvalid, \.spansOutside,
            \.traces, \.tracesComplete, \.entryCalls, \.operationsFolded,
        ] { add(path) }
        evidence.merge(other.evidence)
        for (reason, count) in other.counters { self[reason] = self[reason].addingSaturating(count) }
    }
}
