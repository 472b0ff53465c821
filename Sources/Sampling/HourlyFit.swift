import Glibc
import SpanModel

/// A probability for every planned hour, between the floors and caps that the fit of one probability found.
///
/// Gives the night's unused budget to the night. What it buys in samples it pays in risk: a burst meets the hour's
/// own, higher probability.
struct HourlyFit {
    var fit: Fit
    /// The solution with one probability all day.
    var flat: Fit.Result
    /// By operation: what was in effect, by planned hour; nil where there was nothing.
    var previous: [[Double]?]

    func solve() -> Fit.Result {
        let allocation = flat.allocation
        let operations = fit.operations.indices.map { i in
            var operation = DayOperation(
                rates: fit.rates[i], spansPerTrace: fit.operations[i].cost, bytesPerTrace: fit.bytesPerTrace[i],
                gain: fit.operations[i].utility * fit.operations[i].variance, minimum: allocation.floors[i],
                maximum: allocation.caps[i])
            operation.maximums = caps(i)
            return operation
        }
        let spansLimits = fit.fixedSpans.map { max(0, (fit.spansLimit ?? .infinity) - $0) }
        let bytesLimit = max(0, (fit.bytesLimit ?? .infinity) - fit.fixedBytes) * 86_400
        let raw = allocateDay(
            operations, spansPerSecond: spansLimits, bytesPerDay: bytesLimit, alpha: fit.settings.alpha
        ).probabilities
        let banded = kept(raw, spansLimits: spansLimits)
        let hours = bytes(banded) <= bytesLimit * (1 + 1e-9) ? banded : raw
        return result(hours, before: raw)
    }

    /// An hour may be raised as far as its own earlier probability allows, not only the mean's.
    private func caps(_ i: Int) -> [Double] {
        let cap = flat.allocation.caps[i]
        guard let old = previous[i] else { return [] }
        let most = min(fit.settings.maximumProbability, max(fit.operations[i].maximum, fit.operations[i].minimum))
        return old.map { max(cap, min($0 * fit.settings.upFactor, most)) }
    }

    /// The dead band, hour by hour; an hour that it makes too dear is lowered as a whole, down to the floors.
    private func kept(_ raw: [[Double]], spansLimits: [Double]) -> [[Double]] {
        let band = log(1 + fit.settings.deadBand)
        var hours = raw
        for (i, old) in previous.enumerated() {
            guard let old else { continue }
            let own = caps(i)
            for hour in old.indices where old[hour] > 0 && raw[i][hour] > 0 {
                let isWithin = abs(log(raw[i][hour] / old[hour])) <= band
                let cap = own.isEmpty ? flat.allocation.caps[i] : own[hour]
                if isWithin, flat.allocation.floors[i] <= old[hour], old[hour] <= cap { hours[i][hour] = old[hour] }
            }
        }
        for hour in spansLimits.indices {
            let excess = spans(hours, hour) / max(spansLimits[hour], 1e-12)
            guard excess > 1 else { continue }
            for i in hours.indices {
                let least = min(hours[i][hour], flat.allocation.floors[i])
                hours[i][hour] = max(hours[i][hour] / excess, least)
            }
            // Floors that could not give way would leave the hour too dear.
            if spans(hours, hour) > spansLimits[hour] * (1 + 1e-9) {
                for i in hours.indices { hours[i][hour] = raw[i][hour] }
            }
        }
        return hours
    }

    private func spans(_ hours: [[Double]], _ hour: Int) -> Double {
        var sum = 0.0
        for (i, operation) in fit.operations.enumerated() {
            sum += fit.rates[i][hour] * operation.cost * hours[i][hour]
        }
        return sum
    }

    private func bytes(_ hours: [[Double]]) -> Double {
        var sum = 0.0
        for i in hours.indices {
            for hour in hours[i].indices { sum += fit.rates[i][hour] * fit.bytesPerTrace[i] * hours[i][hour] * 3600 }
        }
        return sum
    }

    private func result(_ hours: [[Double]], before raw: [[Double]]) -> Fit.Result {
        var result = flat
        func means(_ hours: [[Double]]) -> [Double] { hours.map { $0.reduce(0, +) / Double(max($0.count, 1)) } }
        result.hours = hours
        result.allocation.probabilities = means(hours)
        result.allocation.beforeDeadBand = means(raw)
        result.allocation.level = .infinity
        result.allocation.frozen = hours.indices.map { i in previous[i] == hours[i] }
        result.spans = fit.fixedSpans.indices.map { fit.fixedSpans[$0] + spans(hours, $0) }
        let bytesPerSecond = fit.fixedBytes + bytes(hours) / 86_400
        let isOver =
            result.spans.contains { $0 > (fit.spansLimit ?? .infinity) * (1 + 1e-6) }
            || bytesPerSecond > (fit.bytesLimit ?? .infinity) * (1 + 1e-6)
        let isSlack = hours.indices.allSatisfy { i in hours[i].allSatisfy { $0 >= flat.allocation.caps[i] } }
        result.allocation.status = isOver ? .infeasible : isSlack ? .slack : .ok
        return result
    }
}
