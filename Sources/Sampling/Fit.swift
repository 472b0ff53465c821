import SpanModel

/// One probability per operation for all day, so that the budgets hold in every planned hour.
///
/// The allocation knows one budget of one kind. Which mean it may spend so that the busiest hour still holds depends
/// on the mix it chooses, so the mean is lowered by bisection until all hours, and the bytes of the day, hold.
struct Fit {
    /// Cost in spans.
    var operations: [AllocationOperation]
    var bytesPerTrace: [Double]
    /// Traces per second by operation, then planned hour.
    var rates: [[Double]]
    /// Spans per second by planned hour, and bytes per second, that are spent whatever is chosen.
    var fixedSpans = [Double](repeating: 0, count: 24)
    var fixedBytes = 0.0
    /// In every hour.
    var spansLimit: Double?
    /// Mean of the day, per second.
    var bytesLimit: Double?
    var settings: AllocationSettings

    struct Result {
        var allocation: Allocation
        /// Mean budget that the allocation was given.
        var budget: Double
        /// Spans per second by planned hour, the fixed ones included.
        var spans: [Double]
        /// By operation, then planned hour; nil: one probability all day.
        var hours: [[Double]]?
    }

    func solve() -> Result {
        var plain = self
        plain.settings.deadBand = 0
        var inBytes = spansLimit == nil
        if !inBytes, !plain.bytesHold(plain.attempt(1, inBytes: false).probabilities) { inBytes = true }
        let scale = plain.greatestScale(inBytes: inBytes)
        var allocation = attempt(scale, inBytes: inBytes)
        if !holds(allocation.probabilities) { allocation = plain.attempt(scale, inBytes: inBytes) }
        if !holds(allocation.probabilities) {
            allocation.status = .infeasible
        } else if allocation.status == .infeasible || scale < 1 {
            allocation.status = .ok
        }
        return Result(
            allocation: allocation, budget: scale * meanBudget(inBytes: inBytes), spans: spans(allocation.probabilities)
        )
    }

    private func greatestScale(inBytes: Bool) -> Double {
        if holds(attempt(1, inBytes: inBytes).probabilities) { return 1 }
        var low = 0.0
        var high = 1.0
        for _ in 0..<48 {
            let middle = (low + high) / 2
            if holds(attempt(middle, inBytes: inBytes).probabilities) { low = middle } else { high = middle }
        }
        return low
    }

    private func attempt(_ scale: Double, inBytes: Bool) -> Allocation {
        let budget = scale * meanBudget(inBytes: inBytes)
        guard inBytes else { return allocate(operations, budget: budget, settings: settings) }
        var inBytes = operations
        for i in inBytes.indices { inBytes[i].cost = max(bytesPerTrace[i], 1) }
        return allocate(inBytes, budget: budget, settings: settings)
    }

    /// What the mean of the day may cost, if sampling leaves the shape of the day as it is.
    private func meanBudget(inBytes: Bool) -> Double {
        if inBytes { return max(0, (bytesLimit ?? 0) - fixedBytes) }
        var free = self
        free.fixedSpans = fixedSpans.map { _ in 0 }
        let hours = free.spans(operations.map { _ in 1 })
        let peak = hours.max() ?? 0
        let mean = hours.reduce(0, +) / Double(max(hours.count, 1))
        let fixed = fixedSpans.reduce(0, +) / Double(max(fixedSpans.count, 1))
        return max(0, (spansLimit ?? 0) * (peak > 0 ? mean / peak : 1) - fixed)
    }

    private func holds(_ probabilities: [Double]) -> Bool {
        let limit = (spansLimit ?? .infinity) * (1 + 1e-9)
        return (spans(probabilities).max() ?? 0) <= limit && bytesHold(probabilities)
    }

    private func bytesHold(_ probabilities: [Double]) -> Bool {
        guard let bytesLimit else { return true }
        var sum = fixedBytes
        for (i, operation) in operations.enumerated() { sum += operation.rate * bytesPerTrace[i] * probabilities[i] }
        return sum <= bytesLimit * (1 + 1e-9)
    }

    func spans(_ probabilities: [Double]) -> [Double] {
        var sums = fixedSpans
        for (i, operation) in operations.enumerated() {
            for hour in sums.indices { sums[hour] += rates[i][hour] * operation.cost * probabilities[i] }
        }
        return sums
    }
}
