import Glibc
import SpanModel
import Testing

@testable import Sampling

/// What users may decide, and properties of whole plans.
struct PolicyTests {
    private func shop() -> Story {
        var story = Story()
        story.add("shop", "GET /cart", days: 0..<14) { _, hour in 36_000 + 1000 * Double(hour) }
        story.add("shop", "GET /health", days: 0..<14, spans: 1) { _, _ in 72_000 }
        story.add("pay", "POST /pay", days: 0..<14, spans: 40) { _, hour in hour < 8 ? 360 : 7200 }
        return story
    }

    @Test("a pin holds, is rounded down to an exact threshold, and is paid by the others")
    func pin() throws {
        let plain = try #require(shop().plan(after: 13, policy: policy(spansPerSecond: 60)))
        let pinned = try #require(
            shop().plan(
                after: 13,
                policy: policy(spansPerSecond: 60) {
                    $0.overrides = [
                        SamplingOverride(pattern: OperationPattern(operation: Glob("*health*")), probability: 0),
                        SamplingOverride(pattern: OperationPattern(service: Glob("pay")), probability: 0.3),
                    ]
                }))
        #expect(pinned.operation("shop", "GET /health")?.probability == 0)
        #expect(pinned.operation("pay", "POST /pay")?.probability == quantiseDown(0.3).probability)
        #expect(pinned.operation("pay", "POST /pay")?.reason == "set to 0.3 by sampling.overrides")
        #expect(pinned.strategies.predictedSpansPerSecond <= 60)
        #expect(plain.operation("pay", "POST /pay")?.probability != 0.3)
    }

    @Test("floors, ceilings and weights of the user hold; the first match decides")
    func bounds() throws {
        let plan = try #require(
            shop().plan(
                after: 13,
                policy: policy(spansPerSecond: 60) {
                    $0.overrides = [
                        SamplingOverride(pattern: OperationPattern(service: Glob("pay")), minimum: 0.5),
                        SamplingOverride(pattern: OperationPattern(operation: Glob("GET /c*")), maximum: 0.02),
                        SamplingOverride(pattern: OperationPattern(operation: Glob("GET /health")), weight: 0),
                        SamplingOverride(pattern: OperationPattern(), probability: 1),
                    ]
                }))
        #expect(try #require(plan.operation("pay", "POST /pay")).probability >= 0.49)
        #expect(try #require(plan.operation("shop", "GET /cart")).probability <= 0.02)
        #expect(plan.operation("shop", "GET /cart")?.reason.contains("maximum of sampling.overrides") == true)
        #expect(try #require(plan.operation("shop", "GET /health")).probability <= 1e-5)
    }

    @Test("the budget of a part holds inside the global one and leaves the rest to others")
    func part() throws {
        let plain = try #require(shop().plan(after: 13, policy: policy(spansPerSecond: 100)))
        let limited = try #require(
            shop().plan(
                after: 13,
                policy: policy(spansPerSecond: 100) {
                    $0.partBudgets = [
                        PartBudget(pattern: OperationPattern(service: Glob("pay")), spansPerSecond: 5)
                    ]
                }))
        let pay = try #require(limited.operation("pay", "POST /pay"))
        #expect(2 * 40 * pay.probability <= 5)
        #expect(pay.reason.contains("sampling.budgets"))
        let cart = try #require(limited.operation("shop", "GET /cart"))
        #expect(cart.probability > (try #require(plain.operation("shop", "GET /cart")).probability))
    }

    @Test("a budget of bytes holds, alone and beside one of spans")
    func bytes() throws {
        for spans in [nil, 1000.0] {
            let plan = try #require(
                shop().plan(after: 13, policy: policy(spansPerSecond: spans, bytesPerDay: 5e8)))
            let used = plan.strategies.services.flatMap(\.operations).reduce(0) {
                $0 + $1.predictedTracesPerDay * 5000
            }
            #expect(used <= 5e8)
            #expect(used > 3.5e8)
        }
    }

    @Test("an operation renamed later is published under the name the sampler sees")
    func alias() throws {
        let plan = try #require(
            shop().plan(
                after: 13,
                policy: policy(spansPerSecond: 60) {
                    $0.aliases = [OperationAlias(service: Glob("shop"), seen: Glob("GET /*"), published: "GET")]
                }))
        #expect(plan.strategies.services.first { $0.service == "shop" }?.operations.map(\.operation) == ["GET"])
    }

    @Test("beyond the limit of a service the busiest operations and pinned ones are listed")
    func crowded() throws {
        var story = Story()
        for i in 0..<12 { story.add("web", "op \(i + 10)", days: 0..<3) { _, _ in Double(100 * (i + 1)) } }
        let plan = try #require(
            story.plan(
                after: 2,
                policy: policy(spansPerSecond: 5) {
                    $0.operationsPerService = 4
                    $0.overrides = [
                        SamplingOverride(pattern: OperationPattern(operation: Glob("op 10")), probability: 1)
                    ]
                }))
        #expect(plan.strategies.services[0].operations.map(\.operation) == ["op 10", "op 19", "op 20", "op 21"])
        #expect(plan.strategies.predictedSpansPerSecond <= 5)
    }

    @Test("defaults stay within the reserve and their bounds")
    func defaults() throws {
        let plan = try #require(shop().plan(after: 13, policy: policy(spansPerSecond: 60)))
        for service in plan.strategies.services {
            #expect(service.defaultProbability >= 9.9e-6 && service.defaultProbability <= 0.1)
            #expect(quantiseDown(service.defaultProbability).probability == service.defaultProbability)
        }
    }

    @Test("operations without a name are not listed, but their cost is counted")
    func nameless() throws {
        var story = shop()
        story.add("", "GET /", days: 0..<14) { _, _ in 3600 }
        let plain = try #require(shop().plan(after: 13, policy: policy(spansPerSecond: 60)))
        let plan = try #require(story.plan(after: 13, policy: policy(spansPerSecond: 60)))
        #expect(plan.strategies.services.map(\.service) == ["pay", "shop"])
        #expect(
            try #require(plan.operation("shop", "GET /cart")).probability
                < (try #require(plain.operation("shop", "GET /cart")).probability))
    }

    @Test("days of 23 and 25 hours leave the profile at local hours", arguments: [true, false])
    func clockChange(spring: Bool) throws {
        // The clock changes at the end of day 12: after that the local day is shifted by an hour against UTC.
        let change = Story.firstHour + 13 * 24
        let (before, after) = spring ? (3600, 7200) : (7200, 3600)
        var story = Story()
        story.add("web", "GET /", days: 0..<14, probability: 1) { day, hour in
            let local = (hour + (day >= 13 ? after : before) / 3600) % 24
            return local == 9 ? 36_000 : 360
        }
        let plan = try #require(
            story.plan(
                after: 13, policy: policy(spansPerSecond: 5),
                circumstances: SamplingCircumstances(offsetSeconds: { $0 < change ? before : after })))
        let peak = try #require(plan.plannedSpansPerSecond.max { $0.value < $1.value }).key
        #expect((Int(peak) + after / 3600) % 24 == 9)
        let others = plan.plannedSpansPerSecond.filter { $0.key != peak }.values
        #expect(try #require(others.max()) < 0.05 * plan.strategies.predictedSpansPerSecond)
    }

    @Test("the order of the rows changes nothing", arguments: 0..<5)
    func permutation(seed: Int) throws {
        var generator = Seeded(state: UInt64(seed))
        var story = shop()
        for i in 0..<30 {
            let rate = generator.spread(0.5, 500)
            story.add("s\(i % 4)", "op \(i)", days: i % 9..<14, probability: i % 2 == 0 ? 1 : 0.25) { _, hour in
                rate * Double(hour + 3)
            }
        }
        let policy = policy(spansPerSecond: 30)
        let first = try #require(story.plan(after: 12, policy: policy))
        let wanted = story.plan(after: 13, previous: first.strategies, policy: policy)
        story.rows.shuffle(using: &generator)
        #expect(story.plan(after: 13, previous: first.strategies, policy: policy) == wanted)
    }

    @Test("whole plans are sorted, exact, explained and within budget", arguments: 0..<8)
    func wholePlan(seed: Int) throws {
        var generator = Seeded(state: UInt64(seed) + 50)
        var story = Story()
        for i in 0..<40 {
            let rate = generator.spread(0.3, 2000)
            let phase = Int.random(in: 0..<24, using: &generator)
            story.add("s\(i % 5)", "op \(i)", days: 0..<14, spans: UInt64(generator.spread(1, 100))) { _, hour in
                (hour + phase) % 24 < 6 ? rate * 4 : rate
            }
        }
        let budget = generator.spread(2, 200)
        let policy = policy(spansPerSecond: budget)
        var previous: StrategySet?
        for day in 10..<14 {
            let plan = try #require(story.plan(after: day, previous: previous, policy: policy))
            if plan.strategies.status != .infeasible {
                #expect(plan.strategies.predictedSpansPerSecond <= budget)
            }
            #expect(plan.strategies.services.map(\.service) == plan.strategies.services.map(\.service).sorted())
            for service in plan.strategies.services {
                #expect(service.operations.map(\.operation) == service.operations.map(\.operation).sorted())
                for operation in service.operations {
                    #expect(quantiseDown(operation.probability).probability == operation.probability)
                    #expect(operation.probability > 0)
                    #expect(!operation.reason.isEmpty)
                    #expect(operation.steps.allSatisfy { $0.value.isFinite })
                    #expect(operation.steps.last?.value == operation.probability)
                }
            }
            previous = plan.strategies
        }
    }

    @Test("a greater budget never buys fewer spans")
    func monotone() throws {
        let story = shop()
        var last = 0.0
        for budget in [1.0, 2, 5, 10, 20, 50, 100, 200, 500, 1000] {
            let plan = try #require(
                story.plan(after: 13, policy: policy(spansPerSecond: budget) { $0.allocation.deadBand = 0 }))
            #expect(plan.strategies.predictedSpansPerSecond >= last * (1 - 1e-4))
            last = plan.strategies.predictedSpansPerSecond
        }
    }

    @Test("numbers in sentences have three digits and no exponent")
    func numbers() {
        #expect(Text.number(2) == "2")
        #expect(Text.number(14.4) == "14.4")
        #expect(Text.number(0.00123456) == "0.00123")
        #expect(Text.number(123_456) == "123456")
        #expect(Text.number(.infinity) == "0")
        #expect(Text.percent(0.373) == "37 %")
        #expect(Text.percent(0.005) == "0.5 %")
    }
}
