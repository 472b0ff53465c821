import Glibc
import SpanModel

@testable import Sampling

/// Three weeks of traces that begin with one of 300 operations, minute by minute.
///
/// 240 operations whose rates fall off as n^−1.5 and 60 rare ones of 5 to 500 traces a day; days and nights, weekends,
/// 30 nightly batches, noise from day to day, bursts, half hours in which everything doubles, operations that appear
/// and that vanish.
struct SimulatedTraffic: Sendable {
    struct Operation: Sendable {
        var service: String
        var name: String
        var spansPerTrace: Double
        /// Of the natural logarithm of the duration.
        var sigma: Double
        var errorRate: Double
    }

    static let days = 21
    static let minutes = days * 1440
    /// Days before it are not scored.
    static let firstScoredDay = 14
    static let firstHour = Story.firstHour

    var operations: [Operation] = []
    /// By operation, then minute.
    var traces: [[UInt32]] = []

    init(seed: UInt64) {
        var draw = Seeded(state: seed)
        let bases = Self.bases(&draw)
        let costs = Self.costs(bases, &draw)
        let shared = Self.sharedNoise(&draw)
        let batches = Set(Self.chosen(30, of: bases.count, &draw))
        let new = Set(Self.chosen(10, of: 240, &draw))
        let gone = Set(Self.chosen(20, of: 240, &draw)).subtracting(new).sorted().prefix(10)
        for index in bases.indices {
            operations.append(
                Operation(
                    service: "service \(Int.random(in: 0..<12, using: &draw))", name: "operation \(index)",
                    spansPerTrace: costs[index], sigma: draw.uniform(0.3, 1.6), errorRate: draw.spread(1e-4, 0.1)))
            var rates = Self.rates(bases[index], shared, isBatch: batches.contains(index), &draw)
            if new.contains(index) { for minute in 0..<16 * 1440 { rates[minute] = 0 } }
            if gone.contains(index) { for minute in 17 * 1440..<Self.minutes { rates[minute] = 0 } }
            traces.append(rates.map { UInt32(draw.poisson($0 * 60)) })
        }
    }

    /// Traces per second.
    private static func bases(_ draw: inout Seeded) -> [Double] {
        let shares = (1...240).map { pow(Double($0), -1.5) }
        let sum = shares.reduce(0, +)
        return shares.map { 5000 * $0 / sum } + (0..<60).map { _ in draw.spread(5, 500) / 86_400 }
    }

    /// Spans per trace, log-normal; 12.1 on average over all traffic.
    private static func costs(_ bases: [Double], _ draw: inout Seeded) -> [Double] {
        let raw = bases.map { _ in min(400, max(2, exp(draw.normal(log(12), 0.9)))) }
        let mean = zip(bases, raw).reduce(0) { $0 + $1.0 * $1.1 } / bases.reduce(0, +)
        return raw.map { min(400, max(2, $0 * 12.1 / mean)) }
    }

    /// What all operations share, as a factor by minute.
    private static func sharedNoise(_ draw: inout Seeded) -> [Double] {
        let minutes = draw.wandering(0.05, memory: 0.98, steps: minutes)
        let days = (0..<days).map { _ in draw.normal(0, 0.08) }
        var noise = minutes.indices.map { exp(minutes[$0] + days[$0 / 1440]) }
        for _ in 0..<days.count / 3 {
            let start = Int.random(in: 0..<noise.count, using: &draw)
            for minute in start..<min(start + 30, noise.count) { noise[minute] *= 2 }
        }
        return noise
    }

    private static func chosen(_ count: Int, of all: Int, _ draw: inout Seeded) -> [Int] {
        Array((0..<all).shuffled(using: &draw).prefix(count))
    }

    private static func rates(_ base: Double, _ shared: [Double], isBatch: Bool, _ draw: inout Seeded) -> [Double] {
        let (swing, peak) = (draw.uniform(0.3, 0.9), draw.normal(14, 2))
        let (weekend, batchStart) = (draw.uniform(0.3, 1), draw.uniform(0, 5))
        let days = (0..<days).map { day in exp(draw.normal(0, 0.15)) * (day % 7 >= 5 ? weekend : 1) }
        var rates = shared.indices.map { minute in
            let hour = Double(minute % 1440) / 60
            let shape =
                isBatch
                ? (hour >= batchStart && hour < batchStart + 2 ? 12 : 0.02)
                : 1 + swing * cos(2 * Double.pi * (hour - peak) / 24)
            return base * shape * days[minute / 1440] * shared[minute]
        }
        for _ in 0..<draw.poisson(0.3 * Double(days.count)) {
            let start = Int.random(in: 0..<rates.count, using: &draw)
            let factor = draw.uniform(3, 10)
            for minute in start..<min(start + Int.random(in: 10...60, using: &draw), rates.count) {
                rates[minute] *= factor
            }
        }
        return rates
    }
}
