import Glibc
import SpanModel

/// What is known besides the history of traffic.
public struct SamplingCircumstances: Sendable {
    /// What earlier plans expected of past hours (hours since the Unix epoch), in spans per second.
    public var plannedSpansPerSecond: [UInt32: Double]
    /// Hours whose archives were mostly missing: left out, not taken as low traffic.
    public var excludedHours: Set<UInt32>
    /// Local days since 1970-01-01 that count as weekend.
    public var holidays: Set<Int>
    /// By service: operations on which what is published has no effect. They are given no new probability, and what
    /// they cost is taken off the budget.
    public var nonconforming: [String: Set<String>]
    /// Seconds that the local clock is ahead of UTC in an hour; this module knows no time zones.
    public var offsetSeconds: @Sendable (UInt32) -> Int

    /// Nothing to look back on, and a clock in UTC, unless told otherwise.
    public init(
        plannedSpansPerSecond: [UInt32: Double] = [:], excludedHours: Set<UInt32> = [], holidays: Set<Int> = [],
        nonconforming: [String: Set<String>] = [:],
        offsetSeconds: @escaping @Sendable (UInt32) -> Int = { _ in 0 }
    ) {
        self.plannedSpansPerSecond = plannedSpansPerSecond
        self.excludedHours = excludedHours
        self.holidays = holidays
        self.nonconforming = nonconforming
        self.offsetSeconds = offsetSeconds
    }
}

/// The hours that count, seen back from the end of the window just stored, and what each is worth.
///
///     index   … 25 24 │ 23 … 2 1 0 ┃ planned hours: 24 from here
///     age        1    │     0      ┃
///
/// A "day" is 24 hours counted back from the end, so that it is whole in every time zone; what an hour says of the
/// profile is keyed by its local hour, which makes days of 23 and 25 hours come out right.
struct LookBack {
    /// First hour that is not over.
    let endHour: UInt32
    let days: Int
    /// By index: was the hour looked at?
    private(set) var isCovered: [Bool]
    /// By index, 0…23.
    private(set) var localHours: [Int]
    /// By age: half-life and class of day.
    private(set) var weights: [Double]
    /// By age, then local hour: Σ weights of covered hours of this age or less.
    private(set) var weightsUpTo: [[Double]]
    /// Local hours of the 24 hours planned.
    let plannedLocalHours: [Int]

    init(hours: [UInt32], day: Window, policy: SamplingPolicy, circumstances: SamplingCircumstances) {
        let end = day.endNanoseconds == 0 ? 0 : (day.endNanoseconds - 1) / Nanoseconds.hour + 1
        let endHour = UInt32(clamping: end)
        let days = min(max(policy.lookBackDays, 1), 400)
        func local(_ hour: UInt32) -> (day: Int, hour: Int) {
            let seconds = Int(hour) * 3600 + min(max(circumstances.offsetSeconds(hour), -86_400), 86_400)
            let whole = Int((Double(seconds) / 3600).rounded(.down))
            let day = Int((Double(whole) / 24).rounded(.down))
            return (day, whole - day * 24)
        }
        func isFree(_ hour: UInt32) -> Bool {
            let day = local(hour).day
            return circumstances.holidays.contains(day) || (day + 3) % 7 >= 5
        }
        self.endHour = endHour
        self.days = days
        let first = hours.min() ?? endHour
        let indices = (0..<days * 24).map { UInt32(clamping: Int(endHour) - 1 - $0) }
        isCovered = indices.enumerated().map { index, hour in
            index < Int(endHour) && hour >= first && !circumstances.excludedHours.contains(hour)
        }
        localHours = indices.map { local($0).hour }
        let target = isFree(endHour + 12)
        weights = (0..<days).map { age in
            let sameClass = isFree(UInt32(clamping: Int(endHour) - 24 * age - 12)) == target
            return exp2(-Double(age) / policy.halfLifeDays) * (sameClass ? 1 : policy.otherDayClassWeight)
        }
        plannedLocalHours = (0..<24).map { local(endHour + $0).hour }
        weightsUpTo = []
        var sums = [Double](repeating: 0, count: 24)
        for age in 0..<days {
            for index in age * 24..<(age + 1) * 24 where isCovered[index] { sums[localHours[index]] += weights[age] }
            weightsUpTo.append(sums)
        }
    }

    /// Hours back from the end; nil outside the look-back and for hours that were left out.
    func index(_ hour: UInt32) -> Int? {
        guard hour < endHour else { return nil }
        let index = Int(endHour - 1 - hour)
        return index < isCovered.count && isCovered[index] ? index : nil
    }

    /// Whole days' worth of hours looked at.
    var coveredDays: Double { Double(isCovered.count { $0 }) / 24 }

    /// Of the oldest hour looked at; nil when there is none.
    var oldestAge: Int? { isCovered.lastIndex(of: true).map { $0 / 24 } }

    /// Hours looked at of one day.
    func coveredHours(age: Int) -> Int { isCovered[age * 24..<(age + 1) * 24].count { $0 } }

    /// Seconds that the weighted hours stand for.
    var weightedSeconds: Double { (weightsUpTo.last ?? []).reduce(0, +) * 3600 }
}
