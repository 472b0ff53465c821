import Glibc
import SpanModel

@testable import Sampling

/// The closed loop: fleets sample as they were told, archives are weighed, history becomes the next day's plan.
struct Simulation {
    let traffic: SimulatedTraffic
    let evidence: SimulatedEvidence
    let policy: SamplingPolicy
    /// Mean spans per second of a day, and in any hour.
    let meanBudget: Double
    let peakBudget: Double

    private static let bytesPerSpan = 500.0
    /// New strategies are out ten minutes after midnight; fleets take a minute to learn of them.
    private static let publishMinute = 10
    /// Until something is published, and what is assumed where nothing is known.
    private static let initialProbability = 0.01

    private var draw: Seeded
    private var history: [RootThroughput] = []
    private var planned: [UInt32: Double] = [:]
    private var ledger: [LedgerExcerpt.Line] = []
    private var before: StrategySet?
    private var current: StrategySet?
    private(set) var score: SimulationScore

    init(
        _ traffic: SimulatedTraffic, evidence: SimulatedEvidence, meanBudget: Double, peakBudget: Double,
        profile: SamplingPolicy.Profile = .flat, seed: UInt64 = 17
    ) {
        self.traffic = traffic
        self.evidence = evidence
        self.meanBudget = meanBudget
        self.peakBudget = peakBudget
        var policy = SamplingPolicy()
        policy.budgetSpansPerSecond = peakBudget
        policy.budgetBytesPerDay = meanBudget * 86_400 * Self.bytesPerSpan
        policy.profile = profile
        self.policy = policy
        draw = Seeded(state: seed)
        score = SimulationScore(meanBudget: meanBudget, peakBudget: peakBudget)
    }

    /// Runs all days.
    mutating func run() -> SimulationScore {
        for day in 0..<SimulatedTraffic.days {
            let isScored = day >= SimulatedTraffic.firstScoredDay
            history.removeAll { Int($0.hour) < Int(SimulatedTraffic.firstHour) + (day - 14) * 24 }
            var minuteSpans = [Double](repeating: 0, count: 1440)
            let excerpt = LedgerExcerpt(ledger)
            let (old, new) = (Lookup(before), Lookup(current))
            for index in traffic.operations.indices {
                sample(index, day: day, old, new, excerpt, &minuteSpans, isScored: isScored)
            }
            if isScored { score.add(minuteSpans: minuteSpans) }
            plan(after: day)
        }
        return score
    }

    /// Probabilities by operation.
    private struct Lookup {
        var set: StrategySet?
        var operations: [OperationKey: OperationStrategy] = [:]
        var defaults: [String: Double] = [:]

        init(_ set: StrategySet?) {
            self.set = set
            for service in set?.services ?? [] {
                defaults[service.service] = service.defaultProbability
                for operation in service.operations {
                    operations[OperationKey(service: service.service, operation: operation.operation)] = operation
                }
            }
        }

        func probability(_ operation: SimulatedTraffic.Operation, at instant: UInt64) -> Double {
            let key = OperationKey(service: operation.service, operation: operation.name)
            if let own = operations[key] { return own.probability(atNanoseconds: instant) }
            return defaults[operation.service] ?? set?.defaultProbability ?? Simulation.initialProbability
        }
    }

    private mutating func sample(
        _ index: Int, day: Int, _ old: Lookup, _ new: Lookup, _ excerpt: LedgerExcerpt, _ minuteSpans: inout [Double],
        isScored: Bool
    ) {
        let operation = traffic.operations[index]
        let dayStart = Story.window(day).startNanoseconds
        let isLedger = evidence.evidence(of: index) == .ledger
        let timeline = excerpt.timeline(service: operation.service, operation: operation.name)
        var groups: [SampledGroup] = []
        var (all, kept) = (0, 0)
        func probability(_ minute: Int) -> Double {
            let instant = dayStart - 60 * Nanoseconds.second + UInt64(minute + 1) * 60 * Nanoseconds.second
            return (minute < Self.publishMinute ? old : new).probability(operation, at: instant)
        }
        var earlier = probability(-1)
        for minute in 0..<1440 {
            // What is in force changes at the publication and, with a profile, on the hour.
            let isBorder = minute == Self.publishMinute || minute % 60 == 0
            let now = isBorder ? probability(minute) : earlier
            defer { earlier = now }
            let count = Int(traffic.traces[index][day * 1440 + minute])
            guard count > 0 else { continue }
            let middle = dayStart + UInt64(minute) * 60 * Nanoseconds.second + 30 * Nanoseconds.second
            let known = isLedger ? timeline.probability(atNanoseconds: middle) : nil
            // Fleets learn of it evenly over a minute: half of that minute's traces are chosen by the old one.
            let late = now == earlier ? 0 : count / 2
            var hits = 0
            for (part, probability) in [(late, earlier), (count - late, now)] where part > 0 {
                let sampled = draw.binomial(part, probability)
                hits += sampled
                if let last = groups.last, last.hour == minute / 60, last.probability == probability,
                    last.ledgerProbability == known
                {
                    groups[groups.count - 1].count += sampled
                } else {
                    groups.append(
                        SampledGroup(
                            hour: minute / 60, count: sampled, probability: probability, ledgerProbability: known))
                }
            }
            all += count
            kept += hits
            minuteSpans[minute] += Double(hits) * operation.spansPerTrace / 60
        }
        let weighing = DayWeighing(
            groups, evidence: evidence.evidence(of: index), assumed: Self.initialProbability, dayStart: dayStart,
            draw: &draw)
        record(index, day: day, groups, weighing)
        if isScored {
            let estimate = weighing.sums.reduce(0) { $0 + $1.estimate }
            score.add(
                traces: all, sampled: kept, estimate: estimate,
                probability: new.probability(operation, at: dayStart + 12 * Nanoseconds.hour), sigma: operation.sigma)
        }
    }

    /// One row of root throughput per hour.
    private mutating func record(_ index: Int, day: Int, _ groups: [SampledGroup], _ weighing: DayWeighing) {
        let operation = traffic.operations[index]
        for hour in 0..<24 {
            let count = groups.reduce(0) { $0 + ($1.hour == hour ? $1.count : 0) }
            guard count > 0 else { continue }
            var row = RootThroughput(
                service: operation.service, operation: operation.name,
                hour: SimulatedTraffic.firstHour + UInt32(day * 24 + hour))
            row.roots = UInt64(count)
            row.uncounted = UInt64(min(Double(count), weighing.uncounted[hour].rounded()))
            row.unweighted = UInt64(weighing.unweighted[hour])
            row.estimated = weighing.sums[hour]
            row.evidence = evidence.evidence(of: index)
            row.spans = UInt64((Double(count) * operation.spansPerTrace).rounded())
            row.bytes = UInt64((Double(row.spans) * Self.bytesPerSpan).rounded())
            row.errors = UInt64(draw.binomial(count, operation.errorRate))
            row.durations = UInt64(count)
            let (mean, deviation) = (24.0, operation.sigma / log(2))
            row.logSum = UInt128(Double(count) * mean * 65_536)
            row.logSquareSum = UInt128(Double(count) * (mean * mean + deviation * deviation) * 4_294_967_296)
            row.firstSeenNanoseconds = UInt64(row.hour) * Nanoseconds.hour
            row.lastSeenNanoseconds = row.firstSeenNanoseconds + Nanoseconds.hour - 1
            history.append(row)
        }
    }

    private mutating func plan(after day: Int) {
        let window = Story.window(day)
        let plan = planStrategies(
            history: history, previous: current, policy: policy, day: window,
            circumstances: SamplingCircumstances(plannedSpansPerSecond: planned))
        before = current
        guard let plan else { return }
        guard refusal(of: plan.strategies, previous: current, history: history, day: window) == nil else {
            score.refusals += 1
            return
        }
        let published = window.endNanoseconds + UInt64(Self.publishMinute) * 60 * Nanoseconds.second
        note(plan.strategies, publishedNanoseconds: published)
        current = plan.strategies
        planned.merge(plan.plannedSpansPerSecond) { $1 }
        if day + 1 >= SimulatedTraffic.firstScoredDay, day + 1 < SimulatedTraffic.days {
            score.addChanges(plan.strategies)
        }
    }

    /// The ledger; lines of more than a few days ago are not needed.
    private mutating func note(_ set: StrategySet, publishedNanoseconds: UInt64) {
        ledger.removeAll { $0.publishedNanoseconds + 3 * Nanoseconds.day < publishedNanoseconds }
        func add(_ service: String?, _ operation: String?, _ probability: Double?, at instant: UInt64? = nil) {
            ledger.append(
                LedgerExcerpt.Line(
                    service: service, operation: operation, publishedNanoseconds: instant ?? publishedNanoseconds,
                    probability: probability))
        }
        add(nil, nil, set.defaultProbability)
        var listed = Set<OperationKey>()
        for service in set.services {
            add(service.service, nil, service.defaultProbability)
            for operation in service.operations {
                listed.insert(OperationKey(service: service.service, operation: operation.operation))
                guard !operation.hours.isEmpty else {
                    add(service.service, operation.operation, operation.probability)
                    continue
                }
                // Until the next publication, on the day after.
                var instant = publishedNanoseconds
                while instant < publishedNanoseconds + Nanoseconds.day {
                    let own = operation.probability(atNanoseconds: instant)
                    add(service.service, operation.operation, own, at: instant)
                    instant = (instant / Nanoseconds.hour + 1) * Nanoseconds.hour
                }
            }
        }
        for service in current?.services ?? [] {
            for operation in service.operations
            where !listed.contains(OperationKey(service: service.service, operation: operation.operation)) {
                add(service.service, operation.operation, nil)
            }
        }
    }
}
