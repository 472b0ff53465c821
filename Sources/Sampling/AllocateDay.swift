import Glibc

/// One operation of a day that is planned hour by hour.
public struct DayOperation: Hashable, Sendable {
    /// True traces per second, by hour.
    public var rates: [Double]
    public var spansPerTrace: Double
    public var bytesPerTrace: Double
    /// Utility times variance coefficient.
    public var gain: Double
    public var minimum: Double
    public var maximum: Double
    /// By hour, where they differ; empty: `maximum` in all.
    public var maximums: [Double] = []

    /// One limit for all hours; `maximums` may be set afterwards.
    public init(
        rates: [Double], spansPerTrace: Double, bytesPerTrace: Double, gain: Double, minimum: Double, maximum: Double
    ) {
        self.rates = rates
        self.spansPerTrace = spansPerTrace
        self.bytesPerTrace = bytesPerTrace
        self.gain = gain
        self.minimum = minimum
        self.maximum = maximum
    }
}

/// The probabilities of a day under two budgets.
public struct DayAllocation: Hashable, Sendable {
    /// By operation, then hour.
    public var probabilities: [[Double]]
    /// The price of a span in each hour; zero where the hour's budget does not bind.
    public var spanPrices: [Double]
    /// The price of a byte; zero where the day's budget does not bind.
    public var bytePrice: Double
    public var bytesPerDay: Double
}

/// One probability per operation and hour under a budget of spans per second in every hour and of bytes in the day.
///
/// p = clip(λ^(α−1)·√(gain / (μₕ·spans + ν·bytes)), minimum, maximum); both prices by bisection, to 1e-9 or better.
///
/// - Parameter spansPerSecond: by hour, as many as every operation has rates.
public func allocateDay(
    _ operations: [DayOperation], spansPerSecond: [Double], bytesPerDay: Double, alpha: Double,
    secondsPerHour: Double = 3600
) -> DayAllocation {
    let day = Day(
        operations: operations, spansPerSecond: spansPerSecond, secondsPerHour: secondsPerHour,
        powers: operations.map { $0.rates.map { pow(max($0, 1e-12), alpha - 1) } })
    let free = day.solve(bytePrice: 0)
    if free.bytesPerDay <= bytesPerDay { return free }
    let price = exp(bisect(-80, 40) { day.solve(bytePrice: exp($0)).bytesPerDay > bytesPerDay })
    return day.solve(bytePrice: price)
}

extension DayOperation {
    fileprivate func maximum(_ hour: Int) -> Double { maximums.indices.contains(hour) ? maximums[hour] : maximum }
}

private struct Day {
    var operations: [DayOperation]
    var spansPerSecond: [Double]
    var secondsPerHour: Double
    /// λ^(α−1), by operation and hour.
    var powers: [[Double]]

    func column(_ hour: Int, spanPrice: Double, bytePrice: Double) -> [Double] {
        operations.indices.map { i in
            let operation = operations[i]
            let price = spanPrice * operation.spansPerTrace + bytePrice * operation.bytesPerTrace
            if price <= 0 { return operation.maximum(hour) }
            let wanted = powers[i][hour] * (operation.gain / price).squareRoot()
            return min(operation.maximum(hour), max(operation.minimum, wanted))
        }
    }

    func spans(_ hour: Int, _ probabilities: [Double]) -> Double {
        var sum = 0.0
        for (i, operation) in operations.enumerated() {
            sum += operation.rates[hour] * operation.spansPerTrace * probabilities[i]
        }
        return sum
    }

    func solve(bytePrice: Double) -> DayAllocation {
        var result = DayAllocation(
            probabilities: operations.map { _ in [] }, spanPrices: [], bytePrice: bytePrice, bytesPerDay: 0)
        for hour in spansPerSecond.indices {
            var spanPrice = 0.0
            var probabilities = column(hour, spanPrice: 0, bytePrice: bytePrice)
            if spans(hour, probabilities) > spansPerSecond[hour] {
                spanPrice = exp(
                    bisect(-60, 60) {
                        spans(hour, column(hour, spanPrice: exp($0), bytePrice: bytePrice)) > spansPerSecond[hour]
                    })
                probabilities = column(hour, spanPrice: spanPrice, bytePrice: bytePrice)
            }
            result.spanPrices.append(spanPrice)
            for (i, operation) in operations.enumerated() {
                result.probabilities[i].append(probabilities[i])
                result.bytesPerDay +=
                    operation.rates[hour] * operation.bytesPerTrace * probabilities[i] * secondsPerHour
            }
        }
        return result
    }
}

/// The least value at which something is no longer too dear, to the last bit of its range.
private func bisect(_ lowest: Double, _ highest: Double, isTooLow: (Double) -> Bool) -> Double {
    var low = lowest
    var high = highest
    for _ in 0..<64 {
        let middle = (low + high) / 2
        if isTooLow(middle) { low = middle } else { high = middle }
    }
    return high
}
