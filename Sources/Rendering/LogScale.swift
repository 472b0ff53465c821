import Glibc

/// Where a number stands between the least and the greatest of its kind, on a logarithmic scale.
struct LogScale {
    let least: UInt64
    let most: UInt64

    /// Of numbers; zeros do not widen the scale.
    init(_ numbers: [UInt64]) {
        let positive = numbers.filter { $0 > 0 }
        least = positive.min() ?? 0
        most = positive.max() ?? 0
    }

    /// 0…1; one half where all are equal.
    func place(_ number: UInt64) -> Double {
        guard number > 0 else { return 0 }
        guard most > least else { return 0.5 }
        let place = (log(Double(number)) - log(Double(least))) / (log(Double(most)) - log(Double(least)))
        return min(max(place, 0), 1)
    }
}
