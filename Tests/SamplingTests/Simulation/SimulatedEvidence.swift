import Glibc
import SpanModel

@testable import Sampling

/// What SDKs leave in the archive of the probability that chose a trace.
enum SimulatedEvidence: String, CaseIterable, Sendable {
    /// A threshold in the tracestate, or a sampler's tag: the very probability.
    case stated
    /// Nothing, but what was published when is known.
    case ledger
    /// Of a third of the operations each: a threshold, a tag, nothing.
    case mixed
    /// Nothing, and no ledger: only the trace ids themselves.
    case inferred

    func evidence(of operation: Int) -> WeightEvidence {
        switch self {
        case .stated: .threshold
        case .ledger: .ledger
        case .inferred: .inferred
        case .mixed: [.threshold, .tag, .ledger][operation % 3]
        }
    }
}

/// Traces of one operation that one probability chose in one hour.
struct SampledGroup {
    /// Of the day.
    var hour: Int
    var count: Int
    /// True; and as the ledger has it.
    var probability: Double
    var ledgerProbability: Double?
}

/// Weighs one day of one operation as the program would.
struct DayWeighing {
    /// By hour of the day.
    var sums = [WeightedSums](repeating: WeightedSums(), count: 24)
    var uncounted = [Double](repeating: 0, count: 24)
    var unweighted = [Int](repeating: 0, count: 24)

    /// - Parameter assumed: for traces of which nothing is known.
    init(
        _ groups: [SampledGroup], evidence: WeightEvidence, assumed: Double, dayStart: UInt64, draw: inout Seeded
    ) {
        guard evidence != .inferred else {
            infer(groups, assumed: assumed, dayStart: dayStart, draw: &draw)
            return
        }
        for group in groups {
            let known = evidence == .ledger ? group.ledgerProbability ?? assumed : group.probability
            add(Weight(probability: known) ?? .one, times: Double(group.count), hour: group.hour)
        }
    }

    private mutating func add(_ weight: Weight, times: Double, hour: Int) {
        guard weight.units > 0 else {
            uncounted[hour] += times
            return
        }
        let w = Double(weight.units)
        sums[hour].s1 += UInt128((w * times).rounded())
        sums[hour].s2 += UInt128((w * (w - Double(Weight.one.units)) * times).rounded())
        sums[hour].s3 += UInt128((w * w * times).rounded())
    }

    /// The ids of at most so many traces of an hour are drawn, each standing for its share: fewer ids tell less, so
    /// this flatters nothing. Where the probability changes within the hour, the traces of the lower one stand for all.
    private static let idsPerHour = 120
    private static let idsPerHourOfChange = 1000

    private mutating func infer(
        _ groups: [SampledGroup], assumed: Double, dayStart: UInt64, draw: inout Seeded
    ) {
        var sample = TraceIDSample()
        var drawn: [(hour: Int, id: TraceID, times: Double)] = []
        for group in groups where group.count > 0 {
            let beside = groups.filter { $0.hour == group.hour && $0.count > 0 }
            let hourCount = beside.reduce(0) { $0 + $1.count }
            let hasChange = beside.contains { $0.probability != group.probability }
            let most = hasChange ? Self.idsPerHourOfChange : Self.idsPerHour
            let room = max(1, most * group.count / max(hourCount, most))
            let ids = min(group.count, room)
            for _ in 0..<ids {
                let id = Self.id(below: group.probability, &draw)
                let start = dayStart + UInt64(group.hour) * Nanoseconds.hour
                sample.add(id, startNanoseconds: start)
                drawn.append((group.hour, id, Double(group.count) / Double(ids)))
            }
        }
        let inference = sample.inference()
        for (hour, id, times) in drawn {
            let start = dayStart + UInt64(hour) * Nanoseconds.hour
            if let inference {
                add(inference.weight(of: id, startNanoseconds: start), times: times, hour: hour)
            } else {
                add(.one, times: times, hour: hour)
                unweighted[hour] += Int(times.rounded())
            }
        }
    }

    /// An id that a consistent probability sampler keeps.
    private static func id(below probability: Double, _ draw: inout Seeded) -> TraceID {
        let fraction = UInt64(draw.unit() * probability * 0x1p56)
        return TraceID(high: draw.next(), low: draw.next() & ~((1 << 56) - 1) | (((1 << 56) - 1) - fraction))
    }
}
