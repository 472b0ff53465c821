import Glibc

/// The standard normal deviate below which a share `p` of the mass lies.
///
/// Acklam's rational form and one Halley step: absolute error below 1e-12.
///
/// - Parameter p: 0…1; the ends give ∓∞.
public func normalQuantile(_ p: Double) -> Double {
    if p <= 0 { return -.infinity }
    if p >= 1 { return .infinity }
    let x = acklam(p)
    let error = 0.5 * erfc(-x / 2.0.squareRoot()) - p
    let step = error * (2 * Double.pi).squareRoot() * exp(x * x / 2)
    return x - step / (1 + x * step / 2)
}

private func acklam(_ p: Double) -> Double {
    let tail = 0.02425
    if p < tail { return acklamTail((-2 * log(p)).squareRoot()) }
    if p > 1 - tail { return -acklamTail((-2 * log(1 - p)).squareRoot()) }
    let t = p - 0.5
    let r = t * t
    let numerator = polynomial(
        [
            -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02,
            -3.066479806614716e+01, 2.506628277459239e+00,
        ], r)
    let denominator = polynomial(
        [
            -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
            -1.328068155288572e+01, 1,
        ], r)
    return numerator * t / denominator
}

private func acklamTail(_ t: Double) -> Double {
    let numerator = polynomial(
        [
            -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00, -2.549732539343734e+00,
            4.374664141464968e+00, 2.938163982698783e+00,
        ], t)
    let denominator = polynomial(
        [7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00, 1], t)
    return numerator / denominator
}

/// Highest power first.
private func polynomial(_ coefficients: [Double], _ x: Double) -> Double {
    coefficients.reduce(0) { $0 * x + $1 }
}

/// κ_q: the relative variance of a log-normal q-quantile is κ_q·σ²/m with m samples.
public func tailCoefficient(_ q: Double) -> Double {
    let z = normalQuantile(q)
    let density = exp(-z * z / 2) / (2 * Double.pi).squareRoot()
    return q * (1 - q) / (density * density)
}

/// The one-sided upper limit of a Poisson mean after `n` events.
///
/// Exact by bisection up to 200 events, Wilson–Hilferty beyond.
public func poissonUpperLimit(_ n: Int, confidence: Double = 0.95) -> Double {
    let events = max(n, 0)
    if events > 200 {
        let z = normalQuantile(confidence)
        let k = Double(events) + 1
        let root = 1 - 1 / (9 * k) + z / (3 * k.squareRoot())
        return k * root * root * root
    }
    var low = Double(events)
    var high = Double(events) + 10 + 10 * Double(events + 1).squareRoot()
    for _ in 0..<200 {
        let middle = (low + high) / 2
        if poissonCumulative(events, mean: middle) > 1 - confidence { low = middle } else { high = middle }
    }
    return (low + high) / 2
}

private func poissonCumulative(_ n: Int, mean: Double) -> Double {
    var term = exp(-mean)
    var sum = term
    for k in stride(from: 1, through: n, by: 1) {
        term *= mean / Double(k)
        sum += term
    }
    return sum
}

/// The Wilson interval of a share.
func shareInterval(_ part: UInt64, of total: UInt64, confidence: Double) -> (low: Double, high: Double) {
    guard total > 0 else { return (0, 1) }
    let n = Double(total)
    let share = min(Double(part) / n, 1)
    let z = normalQuantile(0.5 + confidence / 2)
    let centre = share + z * z / (2 * n)
    let half = z * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    let scale = 1 + z * z / n
    return (max(0, (centre - half) / scale), min(1, (centre + half) / scale))
}
