import Glibc

/// Random draws of the simulation.
extension Seeded {
    /// [0, 1).
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    mutating func normal(_ mean: Double = 0, _ deviation: Double = 1) -> Double {
        let radius = (-2 * log(1 - unit())).squareRoot()
        return mean + deviation * radius * cos(2 * Double.pi * unit())
    }

    /// Exact below a mean of 60, normal above.
    mutating func poisson(_ mean: Double) -> Int {
        guard mean > 0 else { return 0 }
        if mean > 60 { return max(0, Int(normal(mean, mean.squareRoot()).rounded())) }
        var (product, count) = (unit(), 0)
        let limit = exp(-mean)
        while product > limit {
            product *= unit()
            count += 1
        }
        return count
    }

    /// Exact where few of either kind are expected, normal where many are.
    mutating func binomial(_ count: Int, _ probability: Double) -> Int {
        guard count > 0, probability > 0 else { return 0 }
        guard probability < 1 else { return count }
        if probability > 0.5 { return count - binomial(count, 1 - probability) }
        let mean = Double(count) * probability
        if mean > 60 {
            let drawn = normal(mean, (mean * (1 - probability)).squareRoot()).rounded()
            return min(count, max(0, Int(drawn)))
        }
        // Gaps between hits are geometric.
        let step = log1p(-probability)
        var (place, hits) = (0, 0)
        while true {
            let gap = (log(1 - unit()) / step).rounded(.down)
            guard gap < Double(count - place) else { return hits }
            place += Int(gap) + 1
            hits += 1
        }
    }

    /// Noise that remembers: one value per step.
    mutating func wandering(_ deviation: Double, memory: Double, steps: Int) -> [Double] {
        var values: [Double] = []
        var value = normal(0, deviation)
        for _ in 0..<steps {
            values.append(value)
            value = memory * value + normal(0, deviation * (1 - memory * memory).squareRoot())
        }
        return values
    }
}
