import SpanModel
import Testing

@testable import Sampling

/// What every plan keeps to, for hundreds of made-up fleets: one probability a day, or one an hour.
struct FleetPropertyTests {
    private static let seeds = 0..<200

    /// A few services with a few days of history, and a policy: all drawn from one seed.
    private struct Fleet {
        var story = Story()
        var policy: SamplingPolicy
        var bytesPerTrace: [String: Double] = [:]
        var generator: Seeded

        init(_ seed: Int) {
            generator = Seeded(state: UInt64(seed) &* 977)
            let isHourly = seed % 2 == 1
            policy = FleetPropertyTests.drawnPolicy(&generator, isHourly: isHourly)
            for index in 0..<Int.random(in: 1...10, using: &generator) {
                let (name, rate) = ("op \(index)", generator.spread(2, 20_000))
                let (phase, swing) = (Int.random(in: 0..<24, using: &generator), generator.uniform(1, 8))
                let (spans, first) = (UInt64(generator.spread(1, 60)), Int.random(in: 0..<3, using: &generator))
                bytesPerTrace[name] = Double(spans * 300)
                story.add(
                    "s\(index % 3)", name, days: first..<4, probability: index % 2 == 0 ? 1 : 0.25, spans: spans,
                    bytes: spans * 300, durations: 10
                ) { _, hour in (hour + phase) % 24 < 5 ? rate * swing : rate }
            }
        }

        mutating func plan(_ change: (inout SamplingPolicy) -> Void = { _ in }) throws -> SamplingPlan {
            var policy = policy
            change(&policy)
            let before = try #require(story.plan(after: 2, policy: policy))
            return try #require(story.plan(after: 3, previous: before.strategies, policy: policy))
        }
    }

    fileprivate static func drawnPolicy(_ generator: inout Seeded, isHourly: Bool) -> SamplingPolicy {
        var policy = SamplingPolicy()
        policy.profile = isHourly ? .hourly : .flat
        let kind = Int.random(in: 0..<3, using: &generator)
        if kind != 1 { policy.budgetSpansPerSecond = generator.spread(0.5, 500) }
        if kind != 0 { policy.budgetBytesPerDay = generator.spread(0.5, 500) * 300 * 86_400 }
        if Bool.random(using: &generator) {
            policy.overrides = [
                SamplingOverride(
                    pattern: OperationPattern(operation: Glob("op 1")), probability: generator.spread(1e-3, 1)),
                SamplingOverride(
                    pattern: OperationPattern(operation: Glob("op 2")), minimum: generator.spread(1e-3, 0.1)),
                SamplingOverride(
                    pattern: OperationPattern(operation: Glob("op 3")), maximum: generator.spread(1e-3, 0.1)),
            ]
        }
        if Bool.random(using: &generator) {
            policy.partBudgets = [
                PartBudget(pattern: OperationPattern(service: Glob("s2")), spansPerSecond: generator.spread(0.1, 50))
            ]
        }
        return policy
    }

    @Test("no hour costs more spans, and no day more bytes, than the budget, unless the plan says so", arguments: seeds)
    func budgets(seed: Int) throws {
        var fleet = Fleet(seed)
        let plan = try fleet.plan()
        guard plan.strategies.status != .infeasible else {
            // Only what the user insists on, or the least probabilities, can cost more than there is.
            let free = try fleet.plan {
                $0.overrides = []
                $0.partBudgets = []
            }
            let isTiny = (fleet.policy.budgetSpansPerSecond ?? .infinity) < 5 || fleet.policy.budgetBytesPerDay != nil
            #expect(free.strategies.status != .infeasible || isTiny)
            return
        }
        let budget = fleet.policy.budgetSpansPerSecond ?? .infinity
        #expect(plan.plannedSpansPerSecond.count == 24)
        #expect(plan.plannedSpansPerSecond.values.allSatisfy { $0 <= budget })
        #expect(plan.strategies.predictedSpansPerSecond == plan.plannedSpansPerSecond.values.max())
        let bytes = plan.strategies.services.flatMap(\.operations).reduce(0) {
            $0 + $1.predictedTracesPerDay * (fleet.bytesPerTrace[$1.operation] ?? 0)
        }
        #expect(bytes <= (fleet.policy.budgetBytesPerDay ?? .infinity) * (1 + 1e-6))
    }

    @Test("pins, least and greatest probabilities hold in every hour, whatever the budget", arguments: seeds)
    func bounds(seed: Int) throws {
        var fleet = Fleet(seed)
        let plan = try fleet.plan()
        for service in plan.strategies.services {
            for operation in service.operations {
                let all = operation.hours.isEmpty ? [operation.probability] : operation.hours
                #expect(all.count == 1 || (all.count == 24 && fleet.policy.profile == .hourly))
                let override = fleet.policy.overrides.first {
                    $0.pattern.matches(service: service.service, operation: operation.operation)
                }
                let least = override?.minimum ?? fleet.policy.allocation.minimumProbability
                for probability in all {
                    #expect(quantiseDown(probability).probability == probability)
                    #expect(
                        probability >= quantiseDown(least).probability && probability <= 1, "\(operation.operation)")
                    if let most = override?.maximum { #expect(probability <= most) }
                    if let pin = override?.probability { #expect(probability == quantiseDown(pin).probability) }
                }
            }
        }
    }

    @Test("the order of the history changes nothing", arguments: seeds)
    func permutation(seed: Int) throws {
        var fleet = Fleet(seed)
        let plan = try fleet.plan()
        fleet.story.rows.shuffle(using: &fleet.generator)
        #expect(try fleet.plan() == plan)
    }

    @Test("before the dead band, more budget never buys less", arguments: seeds)
    func monotone(seed: Int) throws {
        let fleet = Fleet(seed)
        var (last, rank) = (0.0, 0)
        for factor in [1.0, 1.3, 2, 5, 30] {
            var policy = fleet.policy
            policy.allocation.deadBand = 0
            policy.budgetSpansPerSecond? *= factor
            policy.budgetBytesPerDay? *= factor
            let plan = try #require(fleet.story.plan(after: 3, policy: policy))
            let traces = plan.strategies.services.flatMap(\.operations)
            let spans = traces.reduce(0) {
                $0 + $1.predictedTracesPerDay * (fleet.bytesPerTrace[$1.operation] ?? 0) / 300
            }
            // Quantising takes up to 0.025 % of each probability.
            #expect(spans >= last * (1 - 5e-4), "budget × \(factor)")
            last = spans
            let now = [StrategySet.Status.infeasible: 0, .ok: 1, .slack: 2][plan.strategies.status] ?? 0
            #expect(now >= rank, "budget × \(factor)")
            rank = now
        }
    }

    private static func day(_ generator: inout Seeded) -> [DayOperation] {
        (0..<Int.random(in: 1...20, using: &generator)).map { _ in
            let rate = generator.spread(1e-3, 1e3)
            let least = generator.spread(1e-5, 1e-2)
            var operation = DayOperation(
                rates: (0..<24).map { _ in rate * generator.uniform(0.1, 3) },
                spansPerTrace: generator.spread(1, 300), bytesPerTrace: generator.spread(100, 1e6),
                gain: generator.uniform(0.25, 30), minimum: least, maximum: generator.spread(least, 1))
            if Bool.random(using: &generator) {
                operation.maximums = (0..<24).map { _ in generator.spread(least, 1) }
            }
            return operation
        }
    }

    @Test("a day's hours: budgets and bounds hold, order does not matter, more budget never lowers", arguments: seeds)
    func days(seed: Int) {
        var generator = Seeded(state: UInt64(seed) &* 31)
        let operations = Self.day(&generator)
        let (spans, bytes) = ((0..<24).map { _ in generator.spread(1, 1e4) }, generator.spread(1e6, 1e12))
        let found = allocateDay(operations, spansPerSecond: spans, bytesPerDay: bytes, alpha: 0.25)
        var (least, used) = (0.0, 0.0)
        for hour in 0..<24 {
            var (cost, floor) = (0.0, 0.0)
            for (operation, hours) in zip(operations, found.probabilities) {
                let most = operation.maximums.isEmpty ? operation.maximum : operation.maximums[hour]
                #expect(hours[hour] >= operation.minimum && hours[hour] <= most)
                cost += operation.rates[hour] * operation.spansPerTrace * hours[hour]
                floor += operation.rates[hour] * operation.spansPerTrace * operation.minimum
                used += operation.rates[hour] * operation.bytesPerTrace * hours[hour] * 3600
                least += operation.rates[hour] * operation.bytesPerTrace * operation.minimum * 3600
            }
            #expect(cost <= max(spans[hour], floor) * (1 + 1e-9), "hour \(hour)")
        }
        #expect(used <= max(bytes, least) * (1 + 1e-9))
        let order = Array(operations.indices).shuffled(using: &generator)
        let other = allocateDay(
            order.map { operations[$0] }, spansPerSecond: spans, bytesPerDay: bytes, alpha: 0.25)
        for (place, index) in order.enumerated() {
            for (a, b) in zip(other.probabilities[place], found.probabilities[index]) {
                #expect(abs(a - b) <= 1e-9 * b)
            }
        }
        let richer = allocateDay(
            operations, spansPerSecond: spans.map { $0 * 1.5 }, bytesPerDay: bytes * 1.5, alpha: 0.25)
        for (more, hours) in zip(richer.probabilities, found.probabilities) {
            // With two budgets an hour may give way to others, its spans being cheaper than its bytes; never below both.
            if found.bytePrice == 0, richer.bytePrice == 0 {
                for (a, b) in zip(more, hours) { #expect(a >= b * (1 - 1e-9)) }
            }
        }
        #expect(richer.bytesPerDay >= found.bytesPerDay * (1 - 1e-9))
    }

    @Test("the order of the operations changes nothing in one window either", arguments: seeds)
    func window(seed: Int) {
        var generator = Seeded(state: UInt64(seed) &* 71)
        let operations = (0..<Int.random(in: 1...40, using: &generator)).map { _ in
            AllocationOperation(
                rate: generator.spread(1e-4, 1e3), cost: generator.spread(1, 300),
                variance: generator.uniform(0.25, 16),
                previousProbability: Bool.random(using: &generator) ? generator.spread(1e-4, 1) : nil,
                minimum: generator.uniform(0, 1) < 0.2 ? 0.01 : 0)
        }
        let budget = generator.spread(0.1, 1e5)
        let found = allocate(operations, budget: budget)
        let order = Array(operations.indices).shuffled(using: &generator)
        let other = allocate(order.map { operations[$0] }, budget: budget)
        #expect(other.status == found.status)
        for (place, index) in order.enumerated() {
            #expect(abs(other.probabilities[place] - found.probabilities[index]) <= 1e-9 * found.probabilities[index])
            #expect(other.frozen[place] == found.frozen[index])
        }
    }
}
