internal import GRDB
public import SpanModel

extension ReportStore {
    /// Roots per service, operation and hour, of all hours that begin in `[from, to)`; sorted so.
    ///
    /// An hour at the border of two windows has traces in both: they are added up.
    public func throughput(from: UInt64, to: UInt64) throws(StoreError) -> [RootThroughput] {
        try read { db in
            let first = Self.hour(atOrAfter: from)
            let hours = first..<max(first, Self.hour(atOrAfter: to))
            // A trace belongs to the window of its earliest span, its root may begin in the next.
            let margin = Nanoseconds.day
            let window = Window(
                startNanoseconds: from - min(from, margin),
                endNanoseconds: to.addingReportingOverflow(margin).overflow ? .max : to + margin)
            var roots: [RootThroughput] = []
            for (id, _) in try Self.disjointReports(db, in: window) {
                var reader = try ReportReader(db, reportID: id)
                roots += try reader.roots(hours: hours)
            }
            return Self.merged(roots)
        }
    }

    /// Calls per pair of names in all windows that overlap `window`, without the calls from outside; sorted.
    ///
    /// Where windows overlap one another the one that was run last counts; windows of other rules or another
    /// version of the analysis than the latest are left out.
    public func dependencies(in window: Window) throws(StoreError) -> [Dependency] {
        try read { db in
            let reports = try Self.disjointReports(db, in: window)
            guard let latest = reports.last?.record else { return [] }
            var names = try NameReader(db)
            var sums: [Pair: Dependency] = [:]
            for (id, record) in reports
            where record.rules == latest.rules && record.analysisVersion == latest.analysisVersion {
                let rows = try OwnedRows(owner: id).rows(db, "caller_id, callee_id, calls, errors", of: "edge")
                while var columns = try rows.next() {
                    let pair = Pair(caller: try columns.integer(), callee: try columns.integer())
                    let known =
                        try sums[pair]
                        ?? Dependency(
                            caller: names.name(pair.caller), callee: names.name(pair.callee), calls: 0, errors: 0)
                    sums[pair] = Dependency(
                        caller: known.caller, callee: known.callee,
                        calls: known.calls.addingSaturating(try columns.number()),
                        errors: known.errors.addingSaturating(try columns.number()))
                }
            }
            return sums.values.sorted { ByteOrder($0.caller, $0.callee) < ByteOrder($1.caller, $1.callee) }
        }
    }

    private static func hour(atOrAfter instant: UInt64) -> UInt64 {
        instant / Nanoseconds.hour + (instant % Nanoseconds.hour == 0 ? 0 : 1)
    }

    private struct Pair: Hashable {
        let caller: Int64
        let callee: Int64
    }

    /// Sorted, rows of the same names and hour added up.
    private static func merged(_ roots: [RootThroughput]) -> [RootThroughput] {
        var merged: [RootThroughput] = []
        for root in roots.sorted(by: { ($0.names, $0.hour) < ($1.names, $1.hour) }) {
            if let last = merged.last, last.hour == root.hour, last.names == root.names {
                merged[merged.count - 1].merge(root)
            } else {
                merged.append(root)
            }
        }
        return merged
    }
}

/// Names compared by their bytes, as reports are sorted.
private struct ByteOrder: Comparable {
    let first: String.UTF8View
    let second: String.UTF8View

    init(_ first: String, _ second: String) {
        self.first = first.utf8
        self.second = second.utf8
    }

    static func == (a: ByteOrder, b: ByteOrder) -> Bool {
        a.first.elementsEqual(b.first) && a.second.elementsEqual(b.second)
    }

    static func < (a: ByteOrder, b: ByteOrder) -> Bool {
        a.first.elementsEqual(b.first)
            ? a.second.lexicographicallyPrecedes(b.second) : a.first.lexicographicallyPrecedes(b.first)
    }
}

extension RootThroughput {
    fileprivate var names: ByteOrder { ByteOrder(service, operation) }

    /// Adds the traces of another window.
    mutating func merge(_ other: RootThroughput) {
        roots = roots.addingSaturating(other.roots)
        uncounted = uncounted.addingSaturating(other.uncounted)
        estimated.merge(other.estimated)
        // Strongest first is the order of the raw values, but nothing known is zero.
        if evidence == .none || (other.evidence != .none && other.evidence.rawValue < evidence.rawValue) {
            evidence = other.evidence
        }
        unweighted = unweighted.addingSaturating(other.unweighted)
        spans = spans.addingSaturating(other.spans)
        bytes = bytes.addingSaturating(other.bytes)
        errors = errors.addingSaturating(other.errors)
        durations = durations.addingSaturating(other.durations)
        logSum = logSum.addingSaturating(other.logSum)
        logSquareSum = logSquareSum.addingSaturating(other.logSquareSum)
        latency.merge(other.latency)
        firstSeenNanoseconds = min(firstSeenNanoseconds, other.firstSeenNanoseconds)
        lastSeenNanoseconds = max(lastSeenNanoseconds, other.lastSeenNanoseconds)
    }
}
