import Glibc
import SpanModel
import Testing

@testable import Sampling

struct AllocationTests {
    private func operations(_ generator: inout Seeded, count: Int, known: Bool) -> [AllocationOperation] {
        (0..<count).map { _ in
            let rate = generator.spread(1e-4, 1e3)
            return AllocationOperation(
                rate: rate, cost: generator.spread(1, 300), variance: generator.uniform(0.25, 16),
                utility: generator.uniform(0.5, 4),
                previousProbability: known ? generator.spread(1e-5, 1) : nil,
                upperRate: rate * generator.uniform(1, 3),
                minimum: generator.uniform(0, 1) < 0.1 ? 0.001 : 0, maximum: generator.uniform(0, 1) < 0.1 ? 0.3 : 1)
        }
    }

    private func cost(_ operations: [AllocationOperation], _ probabilities: [Double]) -> Double {
        total(operations.map { $0.rate * $0.cost }, probabilities)
    }

    @Test("the predicted cost is within the budget unless the floors alone exceed it", arguments: 0..<200)
    func budgetHolds(seed: Int) {
        var generator = Seeded(state: UInt64(seed))
        let operations = operations(&generator, count: 1 + seed * 5, known: seed % 2 == 0)
        let budget = generator.spread(0.01, 1e5)
        let found = allocate(operations, budget: budget)
        if found.status == .infeasible {
            #expect(found.probabilities == found.floors)
        } else {
            #expect(cost(operations, found.probabilities) <= budget * (1 + 1e-9))
        }
    }

    @Test("a budget that binds is spent", arguments: 0..<100)
    func budgetIsSpent(seed: Int) {
        var generator = Seeded(state: UInt64(seed) + 100)
        let operations = operations(&generator, count: 60, known: false)
        var settings = AllocationSettings()
        settings.deadBand = 0
        let budget = generator.spread(100, 2e4)
        let found = allocate(operations, budget: budget, settings: settings)
        if found.status == .ok { #expect(abs(cost(operations, found.probabilities) / budget - 1) < 1e-9) }
    }

    @Test("bounds are kept, whatever the budget", arguments: 0..<200)
    func boundsHold(seed: Int) {
        var generator = Seeded(state: UInt64(seed) + 200)
        let operations = operations(&generator, count: 50, known: true)
        let found = allocate(operations, budget: generator.spread(0.01, 1e5))
        for (i, p) in found.probabilities.enumerated() {
            #expect(found.floors[i] <= p && p <= found.caps[i])
            #expect(p >= operations[i].minimum && p <= max(operations[i].maximum, operations[i].minimum))
        }
    }

    @Test("before the dead band, a greater budget never buys less in total", arguments: 0..<100)
    func monotone(seed: Int) {
        var generator = Seeded(state: UInt64(seed) + 300)
        let operations = operations(&generator, count: 40, known: seed % 2 == 0)
        var settings = AllocationSettings()
        settings.deadBand = 0
        var last = 0.0
        for budget in stride(from: 1.0, through: 60.0, by: 1).map({ exp($0 / 5) }) {
            let now = cost(operations, allocate(operations, budget: budget, settings: settings).probabilities)
            #expect(now >= last * (1 - 1e-9))
            last = now
        }
    }

    @Test("without floors and earlier values, a greater budget never lowers a probability")
    func monotoneEach() {
        var generator = Seeded(state: 7)
        let operations = operations(&generator, count: 40, known: false)
        var settings = AllocationSettings()
        settings.floorTracesPerDay = 0
        var last = operations.map { _ in 0.0 }
        for budget in stride(from: 1.0, through: 60.0, by: 1).map({ exp($0 / 5) }) {
            let now = allocate(operations, budget: budget, settings: settings).probabilities
            for i in now.indices { #expect(now[i] >= last[i] * (1 - 1e-9)) }
            last = now
        }
    }

    @Test("twice the utility is worth √2 times the traces")
    func utility() {
        var settings = AllocationSettings()
        settings.deadBand = 0
        let found = allocate(
            [
                AllocationOperation(rate: 100, cost: 10, utility: 2), AllocationOperation(rate: 100, cost: 10),
            ], budget: 100, settings: settings)
        #expect(abs(found.probabilities[0] / found.probabilities[1] - 2.0.squareRoot()) < 1e-9)
    }

    @Test("no operations are a plan without cost")
    func empty() {
        let found = allocate([], budget: 10)
        #expect(found.probabilities.isEmpty)
        #expect(found.status == .slack)
    }

    @Test("a user's minimum is stronger than the step limit and than the user's maximum")
    func minimumWins() {
        let found = allocate(
            [
                AllocationOperation(rate: 1000, cost: 10, previousProbability: 0.001, minimum: 0.2, maximum: 0.1),
                AllocationOperation(rate: 10, cost: 10),
            ], budget: 5000)
        #expect(found.probabilities[0] == 0.2)
    }

    @Test("quantising never raises, loses less than 0.02 %, and is exact in four digits of threshold")
    func quantising() throws {
        var generator = Seeded(state: 11)
        for _ in 0..<20_000 {
            let p = generator.spread(1e-9, 1)
            let found = quantiseDown(p)
            #expect(found.probability <= p && found.probability > p * (1 - 2.5e-4))
            let digits = try #require(found.threshold)
            let padded = digits + String(repeating: "0", count: 14 - digits.count)
            let threshold = try #require(UInt64(padded, radix: 16))
            #expect(Double((UInt64(1) << 56) - threshold) / Double(UInt64(1) << 56) == found.probability)
            #expect(digits.drop { $0 == "f" }.count <= 4)
            #expect(quantiseDown(found.probability) == found)
        }
    }

    @Test("zero and what is no probability are quantised to zero, one to one")
    func quantisingEnds() {
        #expect(quantiseDown(0) == QuantisedProbability(probability: 0, threshold: nil))
        #expect(quantiseDown(-1).probability == 0)
        #expect(quantiseDown(.nan).probability == 0)
        #expect(quantiseDown(1e-20).probability == 0)
        #expect(quantiseDown(7) == QuantisedProbability(probability: 1, threshold: "0"))
    }
}
