import Glibc
import SpanModel
import Testing

@testable import Sampling

/// A probability for every hour.
struct HourlyTests {
    private func shop() -> Story {
        var story = Story()
        story.add("shop", "GET /cart", days: 0..<14) { _, hour in hour == 12 ? 360_000 : 36_000 }
        story.add("shop", "POST /order", days: 0..<14, spans: 30) { _, hour in hour < 8 ? 3600 : 36_000 }
        story.add("night", "batch", days: 0..<14) { _, hour in hour == 3 ? 36_000 : 10 }
        return story
    }

    private func hourly(_ spans: Double?, _ bytes: Double? = nil) -> SamplingPolicy {
        policy(spansPerSecond: spans, bytesPerDay: bytes) { $0.profile = .hourly }
    }

    @Test("every hour spends its budget: the night keeps a larger share, no hour costs more than allowed")
    func spends() throws {
        let flat = try #require(shop().plan(after: 13, policy: policy(spansPerSecond: 60)))
        let plan = try #require(shop().plan(after: 13, policy: hourly(60)))
        #expect(plan.strategies.isHourly && plan.strategies.status == .ok)
        #expect(plan.strategies.predictedSpansPerSecond <= 60)
        let total = plan.plannedSpansPerSecond.values.reduce(0, +)
        #expect(total > 1.5 * flat.plannedSpansPerSecond.values.reduce(0, +))
        let cart = try #require(plan.operation("shop", "GET /cart"))
        #expect(cart.hours.count == 24)
        #expect(cart.hours[4] > 1.5 * cart.hours[12])
        #expect(cart.hours.allSatisfy { quantiseDown($0).probability == $0 && $0 > 0 })
        #expect(cart.value("greatest_hour") == cart.hours.max())
        // What is planned is what the hours' own probabilities cost.
        let noon = try #require(plan.plannedSpansPerSecond.first { $0.key % 24 == 12 }?.value)
        let costs: [String: Double] = ["GET /cart": 1000, "POST /order": 300, "batch": 100.0 / 3600]
        var spans = 0.0
        for operation in plan.strategies.services.flatMap(\.operations) {
            spans += (costs[operation.operation] ?? 0) * operation.hours[12]
        }
        #expect(abs(noon - spans) < 0.02 * noon)
    }

    @Test("bytes of the day bind beside the spans of the hours")
    func bytes() throws {
        let free = try #require(shop().plan(after: 13, policy: hourly(60)))
        let bound = try #require(shop().plan(after: 13, policy: hourly(60, 5e8)))
        func bytes(_ plan: SamplingPlan) -> Double {
            plan.strategies.services.flatMap(\.operations).reduce(0) { $0 + $1.predictedTracesPerDay * 5000 }
        }
        #expect(bytes(free) > 6e8)
        #expect(bytes(bound) <= 5e8 && bytes(bound) > 3.5e8)
    }

    @Test("an hour that hardly changes stays, to the bit")
    func deadBand() throws {
        let first = try #require(shop().plan(after: 12, policy: hourly(60)))
        let second = try #require(shop().plan(after: 13, previous: first.strategies, policy: hourly(60)))
        for (service, other) in zip(first.strategies.services, second.strategies.services) {
            for (operation, before) in zip(other.operations, service.operations) {
                #expect(operation.hours == before.hours)
            }
        }
    }

    @Test("what is served is the hour's own probability")
    func inForce() throws {
        let plan = try #require(shop().plan(after: 13, policy: hourly(60)))
        let cart = try #require(plan.operation("shop", "GET /cart"))
        for hour in [0, 12, 23] as [UInt64] {
            let instant = (UInt64(Story.firstHour) + 14 * 24 + hour) * Nanoseconds.hour + 1
            let served = plan.strategies.inForce(atNanoseconds: instant)
            #expect(!served.isHourly)
            let operation = served.services.first { $0.service == "shop" }?.operations.first
            #expect(operation?.probability == cart.hours[Int(hour)])
        }
    }

    @Test("floors and pins hold in every hour, and least probabilities that cost too much are infeasible")
    func bounds() throws {
        var own = hourly(60)
        own.overrides = [
            SamplingOverride(pattern: OperationPattern(operation: Glob("batch")), probability: 0.5),
            SamplingOverride(pattern: OperationPattern(operation: Glob("POST*")), minimum: 0.01, maximum: 0.02),
        ]
        let plan = try #require(shop().plan(after: 13, policy: own))
        #expect(plan.operation("night", "batch")?.hours == [])
        #expect(plan.operation("night", "batch")?.probability == 0.5)
        let order = try #require(plan.operation("shop", "POST /order"))
        #expect(order.hours.allSatisfy { $0 >= 0.0099 && $0 <= 0.02 })
        own.overrides = [SamplingOverride(pattern: OperationPattern(), minimum: 0.9)]
        #expect(try #require(shop().plan(after: 13, policy: own)).strategies.status == .infeasible)
    }
}
