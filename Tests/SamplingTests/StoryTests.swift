import Glibc
import SpanModel
import Testing

@testable import Sampling

/// One rule of the nightly choice per test.
struct StoryTests {
    @Test("without a budget no strategies are made")
    func noBudget() {
        var story = Story()
        story.add("web", "GET /", days: 0..<3) { _, _ in 100 }
        #expect(story.plan(after: 2, policy: policy()) == nil)
    }

    @Test("when everything fits, every trace is kept and the plan says so")
    func slack() throws {
        var story = Story()
        story.add("web", "GET /", days: 0..<3) { _, _ in 100 }
        let plan = try #require(story.plan(after: 2, policy: policy(spansPerSecond: 1000)))
        #expect(plan.strategies.status == .slack)
        let only = try #require(plan.operation("web", "GET /"))
        #expect(only.probability == 1)
        #expect(only.reason.contains("fits the budget"))
        #expect(abs(only.estimatedRatePerSecond - 100.0 / 3600) < 1e-9)
    }

    @Test("weights scale the counts back to true traffic")
    func weighted() throws {
        var story = Story()
        story.add("web", "GET /", days: 0..<3, probability: 0.125) { _, _ in 8000 }
        let plan = try #require(story.plan(after: 2, policy: policy(spansPerSecond: 5)))
        #expect(abs(try #require(plan.operation("web", "GET /")).estimatedRatePerSecond - 8000.0 / 3600) < 1e-6)
    }

    @Test("the newest days count most, and work days count little for a weekend")
    func level() throws {
        var story = Story()
        // Day 11 is a Friday: the plan is for a Saturday, so last weekend is what it goes by.
        story.add("web", "GET /", days: 0..<12) { day, _ in day % 7 >= 5 ? 100 : 1000 }
        let plan = try #require(story.plan(after: 11, policy: policy(spansPerSecond: 1000)))
        let rate = try #require(plan.operation("web", "GET /")).estimatedRatePerSecond * 3600
        let days = (0..<12).map { age in (exp2(-Double(age) / 3), (11 - age) % 7 >= 5) }
        let weights = days.map { $0 * ($1 ? 1 : 0.15) }
        let wanted = zip(days, weights).reduce(0) { $0 + $1.1 * ($1.0.1 ? 100 : 1000) } / weights.reduce(0, +)
        #expect(abs(rate - wanted) < 1e-6)
    }

    @Test("a holiday counts as weekend")
    func holiday() throws {
        var story = Story()
        story.add("web", "GET /", days: 0..<12) { day, _ in day == 8 || day % 7 >= 5 ? 100 : 1000 }
        let monday = Int(Story.firstHour) / 24
        let plain = try #require(story.plan(after: 11, policy: policy(spansPerSecond: 1000)))
        let told = try #require(
            story.plan(
                after: 11, policy: policy(spansPerSecond: 1000),
                circumstances: SamplingCircumstances(holidays: [monday + 8])))
        let rates = [plain, told].compactMap { $0.operation("web", "GET /")?.estimatedRatePerSecond }
        #expect(rates[1] < rates[0])
    }

    @Test("a censored operation is taken at its upper limit and may jump to one in a night")
    func censored() throws {
        var story = Story()
        story.add("web", "GET /", days: 0..<14) { _, _ in 720_000 }
        let previous = strategies([("web", "GET /", 0.25, 200), ("web", "POST /rare", 0.001, 0.01)])
        let plan = try #require(story.plan(after: 12, previous: previous, policy: policy(spansPerSecond: 700)))
        let rare = try #require(plan.operation("web", "POST /rare"))
        #expect(abs(rare.estimatedRatePerSecond - 3000.0 / 86_400) < 1e-9)
        #expect(rare.probability == 1)
        #expect(rare.reason.contains("no trace was counted"))
    }

    @Test("lower-bound traces alone leave an operation censored")
    func lowerBoundOnly() throws {
        var story = Story()
        story.add("web", "GET /", days: 0..<3) { _, _ in 1000 }
        story.add("web", "POST /rare", days: 0..<3) { _, _ in 2 }
        for i in story.rows.indices where story.rows[i].operation == "POST /rare" {
            story.rows[i].uncounted = story.rows[i].roots
            story.rows[i].estimated = WeightedSums()
        }
        let previous = strategies([("web", "GET /", 0.5, 0.3), ("web", "POST /rare", 0.01, 0.01)])
        let plan = try #require(story.plan(after: 2, previous: previous, policy: policy(spansPerSecond: 50)))
        #expect(abs(try #require(plan.operation("web", "POST /rare")).estimatedRatePerSecond - 300 / 86_400) < 1e-9)
    }

    @Test("an operation that fell silent is remembered: it may only double")
    func returning() throws {
        var story = Story()
        story.add("web", "GET /", days: 0..<14) { _, _ in 360_000 }
        story.add("web", "GET /batch", days: 0..<8, probability: 0.01) { _, _ in 180_000 }
        let previous = strategies([("web", "GET /", 0.5, 100), ("web", "GET /batch", 0.01, 10)])
        let plan = try #require(story.plan(after: 13, previous: previous, policy: policy(spansPerSecond: 700)))
        let batch = try #require(plan.operation("web", "GET /batch"))
        let memory = try #require(batch.value("upper_limit"))
        #expect(memory >= 50 * exp2(-6.0 / 7) * (1 - 1e-6))
        #expect(batch.probability <= 0.02)
        #expect(batch.probability > 0.0199)
        #expect(batch.reason.contains("capped at ×2 a day"))
    }

    @Test("a new operation gets more, and its days before first sight are no zeros")
    func novelty() throws {
        var story = Story()
        story.add("web", "GET /old", days: 0..<14) { _, _ in 36_000 }
        story.add("web", "GET /new", days: 13..<14) { _, _ in 36_000 }
        let plan = try #require(story.plan(after: 13, policy: policy(spansPerSecond: 100)))
        let (old, new) = (
            try #require(plan.operation("web", "GET /old")), try #require(plan.operation("web", "GET /new"))
        )
        #expect(abs(new.estimatedRatePerSecond - 10) < 1e-9)
        #expect(abs(try #require(new.value("novelty")) - (4 - 3.0 / 7)) < 1e-9)
        #expect(new.probability > old.probability * 1.8)
        #expect(new.reason.hasPrefix("new operation"))
    }

    @Test("on the first day of all nothing is called new")
    func firstDay() throws {
        var story = Story()
        story.add("web", "GET /", days: 0..<1) { _, _ in 1000 }
        let only = try #require(story.plan(after: 0, policy: policy(spansPerSecond: 1))?.operation("web", "GET /"))
        #expect(only.value("novelty") == nil)
    }

    @Test("errors that moved beyond chance are worth more traces for one day")
    func change() throws {
        var story = Story()
        story.add("web", "GET /", days: 0..<6) { _, _ in 1000 }
        story.add("web", "GET /bad", days: 0..<5) { _, _ in 1000 }
        story.add("web", "GET /bad", days: 5..<7, errors: 0.2) { _, _ in 1000 }
        story.add("web", "GET /slow", days: 0..<5) { _, _ in 1000 }
        story.add("web", "GET /slow", days: 5..<7, milliseconds: 80) { _, _ in 1000 }
        let moved = try #require(story.plan(after: 5, policy: policy(spansPerSecond: 5)))
        #expect(moved.operation("web", "GET /bad")?.value("change") == 4)
        #expect(moved.operation("web", "GET /slow")?.value("change") == 4)
        #expect(moved.operation("web", "GET /")?.value("change") == nil)
        let later = try #require(story.plan(after: 6, policy: policy(spansPerSecond: 5)))
        #expect(later.operation("web", "GET /bad")?.value("change") == nil)
    }

    @Test("the budget holds in the busiest hour, not only on average")
    func busiestHour() throws {
        var story = Story()
        story.add("web", "GET /", days: 0..<14) { _, hour in hour == 12 ? 360_000 : 36_000 }
        story.add("night", "batch", days: 0..<14) { _, hour in hour == 3 ? 36_000 : 1 }
        let plan = try #require(story.plan(after: 13, policy: policy(spansPerSecond: 60)))
        #expect(plan.strategies.status == .ok)
        #expect(plan.strategies.predictedSpansPerSecond <= 60)
        #expect(plan.plannedSpansPerSecond.values.max() == plan.strategies.predictedSpansPerSecond)
        #expect(plan.plannedSpansPerSecond.count == 24)
        let first = Story.firstHour + 14 * 24
        #expect(plan.plannedSpansPerSecond.keys.min() == first)
    }

    @Test("headroom follows what busy hours used to cost against the plan")
    func headroom() throws {
        var story = Story()
        story.add("web", "GET /", days: 0..<14) { _, _ in 3600 }
        var planned: [UInt32: Double] = [:]
        for row in story.rows { planned[row.hour] = 8 }
        let policy = policy(spansPerSecond: 6)
        let unknown = try #require(story.plan(after: 13, policy: policy))
        #expect(unknown.headroom == 1.15)
        let known = try #require(
            story.plan(
                after: 13, policy: policy,
                circumstances: SamplingCircumstances(plannedSpansPerSecond: planned)))
        #expect(abs(known.headroom - 1.25) < 1e-9)
        #expect(known.strategies.predictedSpansPerSecond < unknown.strategies.predictedSpansPerSecond)
    }

    @Test("hours left out are not low traffic")
    func excluded() throws {
        var story = Story()
        story.add("web", "GET /", days: 0..<5) { _, hour in 1000 + 100 * Double(hour) }
        let whole = try #require(story.plan(after: 4, policy: policy(spansPerSecond: 5)))
        let hours = Set((0..<20).map { Story.firstHour + 4 * 24 + UInt32($0) })
        story.rows.removeAll { hours.contains($0.hour) }
        let naive = try #require(story.plan(after: 4, policy: policy(spansPerSecond: 5)))
        let told = try #require(
            story.plan(
                after: 4, policy: policy(spansPerSecond: 5), circumstances: SamplingCircumstances(excludedHours: hours)
            ))
        let rates = [whole, naive, told].compactMap { $0.operation("web", "GET /")?.estimatedRatePerSecond }
        #expect(rates[1] < rates[0] * 0.8)
        #expect(abs(rates[2] / rates[0] - 1) < 1e-6)
    }

    @Test("the dead band keeps a probability that hardly changed, to the bit")
    func deadBand() throws {
        var story = Story()
        story.add("web", "GET /", days: 0..<14) { _, _ in 36_000 }
        story.add("web", "POST /", days: 0..<14) { _, _ in 18_000 }
        let policy = policy(spansPerSecond: 60)
        let first = try #require(story.plan(after: 12, policy: policy))
        let second = try #require(story.plan(after: 13, previous: first.strategies, policy: policy))
        for (service, other) in zip(first.strategies.services, second.strategies.services) {
            #expect(service.operations.map(\.probability) == other.operations.map(\.probability))
        }
        #expect(second.operation("web", "GET /")?.reason.contains("it stays") == true)
    }

    @Test("a vanished operation is listed for two weeks and then dropped")
    func vanished() throws {
        var story = Story()
        story.add("web", "GET /", days: 0..<30) { _, _ in 1000 }
        story.add("web", "GET /gone", days: 0..<3) { _, _ in 1000 }
        let previous = strategies([("web", "GET /", 1, 0.27), ("web", "GET /gone", 1, 0.27)])
        let kept = try #require(story.plan(after: 15, previous: previous, policy: policy(spansPerSecond: 50)))
        #expect(kept.operation("web", "GET /gone") != nil)
        let later = try #require(story.plan(after: 17, previous: previous, policy: policy(spansPerSecond: 50)))
        #expect(later.operation("web", "GET /gone") == nil)
    }

    @Test("an operation pinned to zero is never seen and stays listed")
    func pinnedToZero() throws {
        var story = Story()
        story.add("web", "GET /", days: 0..<30) { _, _ in 1000 }
        let previous = strategies([("web", "GET /", 1, 0.27), ("web", "GET /health", 0, 0)])
        let own = policy(spansPerSecond: 50) {
            $0.overrides = [SamplingOverride(pattern: OperationPattern(operation: Glob("*health")), probability: 0)]
        }
        let plan = try #require(story.plan(after: 29, previous: previous, policy: own))
        #expect(plan.operation("web", "GET /health")?.probability == 0)
    }

    @Test("an operation on which nothing published has an effect is left as it was and paid for by the others")
    func nonconforming() throws {
        var story = Story()
        story.add("web", "GET /", days: 0..<14) { _, _ in 36_000 }
        story.add("web", "deaf", days: 0..<14) { _, _ in 3600 }
        story.add("web", "deaf and new", days: 0..<14) { _, _ in 360 }
        let previous = strategies([("web", "GET /", 0.5, 10), ("web", "deaf", 0.01, 1)])
        let own = policy(spansPerSecond: 60)
        let plain = try #require(story.plan(after: 13, previous: previous, policy: own))
        let told = try #require(
            story.plan(
                after: 13, previous: previous, policy: own,
                circumstances: SamplingCircumstances(nonconforming: ["web": ["deaf", "deaf and new"]])))
        let deaf = try #require(told.operation("web", "deaf"))
        #expect(deaf.probability == quantiseDown(0.01).probability)
        #expect(abs(try #require(deaf.value("observed")) - 10) < 1e-9)
        #expect(deaf.reason.contains("has no effect"))
        #expect(told.operation("web", "deaf and new") == nil)
        #expect(told.strategies.predictedSpansPerSecond <= 60)
        let shares = [plain, told].compactMap { $0.operation("web", "GET /")?.predictedSpansPerSecond }
        #expect(shares[1] < shares[0] && shares[1] > 35)
    }

    @Test("a day without any archive changes no estimate")
    func nothingRead() throws {
        let previous = strategies([("web", "GET /", 0.25, 100)])
        let plan = try #require(Story().plan(after: 3, previous: previous, policy: policy(spansPerSecond: 500)))
        #expect(abs(try #require(plan.operation("web", "GET /")).estimatedRatePerSecond - 100) < 1e-9)
    }

    @Test("an empty history gives the initial default probability")
    func emptyHistory() throws {
        let plan = try #require(Story().plan(after: 0, policy: policy(spansPerSecond: 500)))
        #expect(plan.strategies.services.isEmpty)
        #expect(abs(plan.strategies.defaultProbability - 0.01) < 1e-5)
    }
}
