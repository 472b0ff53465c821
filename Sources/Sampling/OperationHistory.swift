import Glibc
internal import SpanModel

/// What the sampler knows an operation by.
struct OperationKey: Hashable, Comparable, Sendable {
    var service: String
    var operation: String

    static func < (a: OperationKey, b: OperationKey) -> Bool {
        a.service != b.service ? a.service < b.service : a.operation < b.operation
    }
}

/// One day of one operation.
struct OperationDay {
    var estimated = WeightedSums()
    /// Roots that count.
    var sampled: UInt64 = 0
    var roots: UInt64 = 0
    var errors: UInt64 = 0
    /// Kept for the last two days only.
    var latency = LatencySketch()
}

/// What the look-back says of one operation; sums in the order of hours, whatever the order of the rows.
struct OperationHistory {
    /// By age.
    var days: [OperationDay]
    /// By local hour: Σ weight·N̂.
    var hourSums = [Double](repeating: 0, count: 24)
    /// Σ weight·n.
    var sampled = 0.0
    var roots = 0.0
    var spans = 0.0
    var bytes = 0.0
    /// Spans and bytes of roots that weigh nothing: lower bounds and debug flags.
    var uncountedSpans = 0.0
    var uncountedBytes = 0.0
    /// Plain totals.
    var totalSampled: UInt64 = 0
    var totalRoots: UInt64 = 0
    var totalErrors: UInt64 = 0
    var durations: UInt64 = 0
    var logSum: UInt128 = 0
    var logSquareSum: UInt128 = 0
    var evidence = WeightEvidence.none
    var firstSeenNanoseconds = UInt64.max
    var lastSeenNanoseconds: UInt64 = 0
    /// Age of the day it was first seen in.
    var firstAge = 0

    init(days: Int) { self.days = Array(repeating: OperationDay(), count: days) }

    /// Adds the rows of one operation, ordered by hour; several of one hour must come merged.
    mutating func add(_ row: RootThroughput, index: Int, lookBack: LookBack) {
        let age = index / 24
        let weight = lookBack.weights[age]
        let counted = row.roots - min(row.uncounted, row.roots)
        hourSums[lookBack.localHours[index]] += weight * row.estimated.estimate
        sampled += weight * Double(counted)
        roots += weight * Double(row.roots)
        spans += weight * Double(row.spans)
        bytes += weight * Double(row.bytes)
        let share = row.roots == 0 ? 1 : Double(row.roots - counted) / Double(row.roots)
        uncountedSpans += weight * Double(row.spans) * share
        uncountedBytes += weight * Double(row.bytes) * share
        totalSampled = totalSampled.addingSaturating(counted)
        totalRoots = totalRoots.addingSaturating(row.roots)
        totalErrors = totalErrors.addingSaturating(row.errors)
        durations = durations.addingSaturating(row.durations)
        logSum = logSum.addingSaturating(row.logSum)
        logSquareSum = logSquareSum.addingSaturating(row.logSquareSum)
        if row.evidence != .none, evidence == .none || row.evidence.rawValue < evidence.rawValue {
            evidence = row.evidence
        }
        firstSeenNanoseconds = min(firstSeenNanoseconds, row.firstSeenNanoseconds)
        lastSeenNanoseconds = max(lastSeenNanoseconds, row.lastSeenNanoseconds)
        firstAge = max(firstAge, age)
        days[age].estimated.merge(row.estimated)
        days[age].sampled = days[age].sampled.addingSaturating(counted)
        days[age].roots = days[age].roots.addingSaturating(row.roots)
        days[age].errors = days[age].errors.addingSaturating(row.errors)
        if age < 2 { days[age].latency.merge(row.latency) }
    }

    /// Mean traces per local hour since the day of first sight; hours never looked at get the mean of the others.
    ///
    /// Days before are not taken as zeros: that would hold a new operation for a fraction of what it is.
    func hourMeans(_ lookBack: LookBack) -> [Double] {
        let weights = lookBack.weightsUpTo[firstAge]
        let means = (0..<24).map { weights[$0] > 0 ? hourSums[$0] / weights[$0] : nil }
        let known = means.compactMap { $0 }
        let fallback = known.isEmpty ? 0 : known.reduce(0, +) / Double(known.count)
        return means.map { $0 ?? fallback }
    }

    /// Standard deviation of the natural logarithm of the root's duration; 0 below two durations.
    var sigma: Double {
        guard durations >= 2 else { return 0 }
        let n = Double(durations)
        let mean = Double(logSum) / 65_536 / n
        let square = Double(logSquareSum) / 4_294_967_296 / n
        return max(0, square - mean * mean).squareRoot() * log(2)
    }
}

extension RootThroughput {
    /// Adds another row of the same operation and hour.
    fileprivate mutating func merge(_ other: RootThroughput) {
        roots = roots.addingSaturating(other.roots)
        uncounted = uncounted.addingSaturating(other.uncounted)
        estimated.merge(other.estimated)
        if other.evidence != .none, evidence == .none || other.evidence.rawValue < evidence.rawValue {
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

extension UInt64 {
    fileprivate func addingSaturating(_ other: UInt64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

/// The look-back of all operations.
struct TrafficHistory {
    var operations: [OperationKey: OperationHistory] = [:]
    /// Spans per second in each hour looked at, of all root traces.
    var actualSpansPerSecond: [UInt32: Double] = [:]
    /// Weighted spans and bytes of traces whose root has no name that a sampler could be given.
    var namelessSpans = 0.0
    var namelessBytes = 0.0

    init(_ history: [RootThroughput], lookBack: LookBack, aliases: [OperationAlias]) {
        var rows: [OperationKey: [Int]] = [:]
        var spansByHour: [UInt32: UInt64] = [:]
        for (i, row) in history.enumerated() where lookBack.index(row.hour) != nil && row.roots > 0 {
            rows[OperationKey(service: row.service, operation: row.operation), default: []].append(i)
            spansByHour[row.hour] = (spansByHour[row.hour] ?? 0).addingSaturating(row.spans)
        }
        actualSpansPerSecond = spansByHour.mapValues { Double($0) / 3600 }
        var published: [OperationKey: [Int]] = [:]
        for (key, indices) in rows {
            var key = key
            if let alias = aliases.first(where: { $0.matches(service: key.service, operation: key.operation) }) {
                key.operation = alias.published
            }
            published[key, default: []] += indices
        }
        for key in published.keys.sorted() {
            let own = Self.summary(published[key] ?? [], of: history, lookBack: lookBack)
            if key.service.isEmpty || key.operation.isEmpty {
                namelessSpans += own.spans
                namelessBytes += own.bytes
            } else {
                operations[key] = own
            }
        }
    }

    /// - Parameter indices: where the rows of one operation are, in any order.
    private static func summary(
        _ indices: [Int], of history: [RootThroughput], lookBack: LookBack
    ) -> OperationHistory {
        var summary = OperationHistory(days: lookBack.days)
        let ordered = indices.sorted { history[$0].hour < history[$1].hour }
        var start = 0
        while start < ordered.count {
            let hour = history[ordered[start]].hour
            var end = start + 1
            while end < ordered.count, history[ordered[end]].hour == hour { end += 1 }
            if let index = lookBack.index(hour) {
                if end == start + 1 {
                    summary.add(history[ordered[start]], index: index, lookBack: lookBack)
                } else {
                    var merged = history[ordered[start]]
                    for other in ordered[(start + 1)..<end] { merged.merge(history[other]) }
                    summary.add(merged, index: index, lookBack: lookBack)
                }
            }
            start = end
        }
        return summary
    }
}
