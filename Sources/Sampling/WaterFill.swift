public import SpanModel

/// What a water-fill found.
public struct WaterFill: Hashable, Sendable {
    public var probabilities: [Double]
    /// θ, the water level; infinite when everything fits, zero when nothing beyond the minimums does.
    public var level: Double
    public var status: StrategySet.Status
}

/// The greatest level θ with Σ costᵢ·clip(θ·gainᵢ, minimumᵢ, maximumᵢ) ≤ budget.
///
/// The cost is continuous, never falls and is piecewise linear in θ; its corners are sorted and swept, so the
/// answer is exact. Arrays are parallel.
///
/// - Complexity: O(n log n).
public func waterFill(
    cost: [Double], gain: [Double], minimum: [Double], maximum: [Double], budget: Double
) -> WaterFill {
    let base = total(cost, minimum)
    if base >= budget {
        let status: StrategySet.Status = base > budget * (1 + 1e-12) ? .infeasible : .ok
        return WaterFill(probabilities: minimum, level: 0, status: status)
    }
    if total(cost, maximum) <= budget {
        return WaterFill(probabilities: maximum, level: .infinity, status: .slack)
    }
    let swept = sweep(cost, gain, minimum, maximum, base: base, budget: budget)
    let level = polished(swept, cost, gain, minimum, maximum, budget: budget)
    let probabilities = gain.indices.map { min(maximum[$0], max(minimum[$0], level * gain[$0])) }
    return WaterFill(probabilities: probabilities, level: level, status: .ok)
}

/// Where the line of the cost begins or ends to rise for one operation.
private struct Corner {
    var level: Double
    var slope: Double
    var constant: Double
    /// Ties go by index, so that equal input gives equal bits.
    var order: Int
}

private func sweep(
    _ cost: [Double], _ gain: [Double], _ minimum: [Double], _ maximum: [Double], base: Double, budget: Double
) -> Double {
    var corners: [Corner] = []
    corners.reserveCapacity(2 * cost.count)
    for i in cost.indices where maximum[i] > minimum[i] && gain[i] > 0 && cost[i] > 0 {
        let slope = cost[i] * gain[i]
        corners.append(
            Corner(level: minimum[i] / gain[i], slope: slope, constant: -cost[i] * minimum[i], order: 2 * i))
        corners.append(
            Corner(level: maximum[i] / gain[i], slope: -slope, constant: cost[i] * maximum[i], order: 2 * i + 1))
    }
    corners.sort { ($0.level, $0.order) < ($1.level, $1.order) }
    var slope = 0.0
    var constant = base
    var last = 0.0
    for corner in corners {
        if slope > 0, constant + slope * corner.level >= budget { break }
        slope += corner.slope
        constant += corner.constant
        last = corner.level
    }
    return slope > 0 ? (budget - constant) / slope : last
}

/// The level again, from the operations that are between their bounds there: the sweep's running sums lose digits
/// where huge slopes have come and gone.
private func polished(
    _ level: Double, _ cost: [Double], _ gain: [Double], _ minimum: [Double], _ maximum: [Double], budget: Double
) -> Double {
    var slope = 0.0
    var constant = 0.0
    for i in cost.indices {
        let wanted = level * gain[i]
        if wanted > minimum[i], wanted < maximum[i] {
            slope += cost[i] * gain[i]
        } else {
            constant += cost[i] * min(maximum[i], max(minimum[i], wanted))
        }
    }
    let exact = (budget - constant) / slope
    return slope > 0 && exact > 0 && exact.isFinite && abs(exact - level) < level * 1e-6 ? exact : level
}

/// Σ aᵢ·bᵢ in index order.
func total(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for i in a.indices { sum += a[i] * b[i] }
    return sum
}
