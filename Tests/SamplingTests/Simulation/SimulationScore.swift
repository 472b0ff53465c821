import Glibc
import SpanModel

@testable import Sampling

/// What the scored days of a simulation came to.
struct SimulationScore: Sendable {
    let meanBudget: Double
    let peakBudget: Double
    var refusals = 0
    private var hours: [Double] = []
    private var minutes: [Double] = []
    private var days: [Double] = []
    private var rare = (days: 0, seen: 0, enoughTraces: 0, enoughSampled: 0)
    private var errors: [Double] = []
    /// Of operation-days with at least 100 sampled traces.
    private var wellSampledErrors: [Double] = []
    private var standardErrors: [Double] = []
    private var tailErrors: [Double] = []
    private var changes = 0.0
    private var operationDays = 0.0

    init(meanBudget: Double, peakBudget: Double) {
        self.meanBudget = meanBudget
        self.peakBudget = peakBudget
    }

    mutating func add(minuteSpans: [Double]) {
        minutes += minuteSpans
        for hour in 0..<24 { hours.append(minuteSpans[hour * 60..<(hour + 1) * 60].reduce(0, +) / 60) }
        days.append(minuteSpans.reduce(0, +) / 1440)
    }

    /// - Parameter sigma: of the natural logarithm of the operation's durations.
    mutating func add(traces: Int, sampled: Int, estimate: Double, probability: Double, sigma: Double) {
        guard traces >= 1 else { return }
        let error = abs(estimate - Double(traces)) / Double(traces)
        errors.append(error)
        if sampled >= 100 { wellSampledErrors.append(error) }
        let standardError = ((1 / max(probability, 1e-12) - 1) / Double(traces)).squareRoot()
        standardErrors.append(standardError)
        if traces >= 30 { tailErrors.append(tailCoefficient(0.99).squareRoot() * sigma * standardError) }
        guard traces < 1000 else { return }
        rare.days += 1
        if sampled >= 1 { rare.seen += 1 }
        guard traces >= 30 else { return }
        rare.enoughTraces += 1
        if sampled >= 30 { rare.enoughSampled += 1 }
    }

    mutating func addChanges(_ set: StrategySet) {
        for operation in set.services.flatMap(\.operations) {
            operationDays += 1
            guard let old = operation.previousProbability, old > 0, operation.probability > 0 else { continue }
            changes += abs(log(operation.probability / old))
        }
    }

    var spansPerSecond: Double { days.reduce(0, +) / Double(max(days.count, 1)) }
    var worstHour: Double { (hours.max() ?? 0) / peakBudget }
    /// Share of hours that cost more than the cap.
    var hoursOver: Double { Double(hours.count { $0 > peakBudget }) / Double(max(hours.count, 1)) }
    var worstMinute: Double { Self.quantile(minutes, 0.999) / peakBudget }
    var worstDay: Double { (days.max() ?? 0) / meanBudget }
    var rareSeen: Double { Double(rare.seen) / Double(max(rare.days, 1)) }
    var rareWithThirty: Double { Double(rare.enoughSampled) / Double(max(rare.enoughTraces, 1)) }
    /// 90th percentile of the relative error of daily counts, as it came out.
    var countError: Double { Self.quantile(errors, 0.9) }
    var wellSampledCountError: Double { Self.quantile(wellSampledErrors, 0.9) }
    /// The same, as it is to be expected.
    var countStandardError: Double { Self.quantile(standardErrors, 0.9) }
    /// Median of the relative error of the 99th percentile of a day, as it is to be expected.
    var tailError: Double { Self.quantile(tailErrors, 0.5) }
    var churn: Double { changes / max(operationDays, 1) }

    private static func quantile(_ values: [Double], _ q: Double) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(q * Double(sorted.count)))]
    }

    static let title =
        "| rule | spans/s | worst hour / cap | hours over cap | 99.9 % minute / cap | worst day / budget | cov1r | cov30r "
        + "| RSE90 count | median p99 error | churn | error90 | error90, n ≥ 100 | refused |"

    func row(_ name: String) -> String {
        func fixed(_ value: Double, _ places: Int) -> String {
            let scale = pow(10, Double(places))
            let whole = Int((value * scale).rounded())
            guard places > 0 else { return String(whole) }
            let digits = String(whole % Int(scale))
            return "\(whole / Int(scale))." + String(repeating: "0", count: places - digits.count) + digits
        }
        func percent(_ value: Double) -> String { fixed(value * 100, 1) + "%" }
        let cells = [
            name, fixed(spansPerSecond, 0), fixed(worstHour, 2), percent(hoursOver), fixed(worstMinute, 2),
            fixed(worstDay, 2), percent(rareSeen), percent(rareWithThirty), percent(countStandardError),
            percent(tailError), fixed(churn, 2), percent(countError), percent(wellSampledCountError), String(refusals),
        ]
        return "| " + cells.joined(separator: " | ") + " |"
    }
}
