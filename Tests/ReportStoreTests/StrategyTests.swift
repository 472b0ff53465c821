import SpanModel
import Testing

@testable import ReportStore

@Suite struct StrategyTests {
    static func sample(_ probability: Double, extra: Bool = true) -> StrategySet {
        let steps = [
            ExplanationStep(step: "level", value: 12.5, unit: "traces/s", source: "14 days of \"roots\""),
            ExplanationStep(step: "cap", value: .infinity, unit: "", source: ""),
        ]
        var operations = [
            OperationStrategy(
                operation: "GET /cart", probability: probability, previousProbability: 0.125,
                reason: "the budget binds",
                evidence: .threshold, estimatedRatePerSecond: 3, predictedTracesPerDay: 4, predictedSpansPerSecond: 5,
                steps: steps)
        ]
        if extra { operations.append(OperationStrategy(operation: "POST /x", probability: 1, reason: "rare")) }
        return StrategySet(
            budgetSpansPerSecond: 100, predictedSpansPerSecond: 90, status: .ok, defaultProbability: 0.01,
            services: [
                ServiceStrategy(
                    service: "api", defaultProbability: 0.5, lowerBoundPerSecond: 0.1, operations: operations),
                ServiceStrategy(service: "empty", defaultProbability: 1, operations: []),
            ])
    }

    @Test("strategies read back equal, with their number and time")
    func roundTrip() throws {
        try withDirectory { directory in
            let store = try ReportStore(directory: directory)
            var expected = Self.sample(0.25)
            expected.versionID = try store.save(expected, publishedNanoseconds: 7)
            expected.publishedAtNanoseconds = 7
            #expect(try store.latestStrategies() == expected)
            let second = try store.save(Self.sample(0.5), publishedNanoseconds: 8)
            #expect(second > expected.versionID)
            #expect(try store.strategies(version: expected.versionID) == expected)
            #expect(try store.strategies(version: 99) == nil)
            #expect(try store.strategyVersions().map(\.publishedNanoseconds) == [7, 8])
            #expect(try store.version() == StoreVersion(run: 0, strategies: second))
        }
    }

    @Test("the ledger takes down changes only, and what is named no longer")
    func ledger() throws {
        try withDirectory { directory in
            let store = try ReportStore(directory: directory)
            let first = try store.save(Self.sample(0.25), publishedNanoseconds: 10)
            try store.save(Self.sample(0.25), publishedNanoseconds: 20)
            let third = try store.save(Self.sample(0.5, extra: false), publishedNanoseconds: 30)
            let all = try store.ledger(in: Window(startNanoseconds: 0, endNanoseconds: 100))
            func line(
                _ service: String?, _ operation: String?, _ time: UInt64, _ probability: Double?, _ version: Int64
            ) -> Publication {
                Publication(
                    service: service, operation: operation, publishedNanoseconds: time, probability: probability,
                    versionID: version)
            }
            #expect(
                all == [
                    line(nil, nil, 10, 0.01, first), line("api", nil, 10, 0.5, first),
                    line("api", "GET /cart", 10, 0.25, first), line("api", "GET /cart", 30, 0.5, third),
                    line("api", "POST /x", 10, 1, first), line("api", "POST /x", 30, nil, third),
                    line("empty", nil, 10, 1, first),
                ])
            let late = try store.ledger(in: Window(startNanoseconds: 30, endNanoseconds: 40))
            #expect(late == all.filter { $0.versionID == third || $0.operation == nil })
            #expect(try store.ledger(in: Window(startNanoseconds: 0, endNanoseconds: 10)).isEmpty)
        }
    }

    @Test("probabilities by hour, the plan's costs and the note read back; the ledger tells every hour")
    func hourly() throws {
        try withDirectory { directory in
            let store = try ReportStore(directory: directory)
            let hour = Nanoseconds.hour
            var set = Self.sample(0.25)
            set.services[0].operations[0].hours = (0..<24).map { Double($0 + 1) / 32 }
            set.plannedSpansPerSecond = [5: 1.5, 6: 2.5]
            set.note = "rolled back to version 7"
            try store.save(set, publishedNanoseconds: 5 * hour + 7)
            var flat = Self.sample(0.5)
            flat.plannedSpansPerSecond = [7: 4]
            try store.save(flat, publishedNanoseconds: 7 * hour + 9)
            var expected = set
            expected.versionID = 1
            expected.publishedAtNanoseconds = 5 * hour + 7
            #expect(try store.strategies(version: 1) == expected)
            #expect(try store.strategyVersions().map(\.note) == ["rolled back to version 7", ""])
            let all = try store.ledger(in: Window(startNanoseconds: 0, endNanoseconds: 20 * hour))
            let lines = all.filter { $0.operation == "GET /cart" }
            #expect(lines.map(\.publishedNanoseconds) == [5 * hour + 7, 6 * hour, 7 * hour, 7 * hour + 9])
            #expect(lines.map(\.probability) == [0.1875, 0.21875, 0.25, 0.5])
            let late = try store.ledger(in: Window(startNanoseconds: 7 * hour, endNanoseconds: 7 * hour + 8))
            #expect(late.filter { $0.operation == "GET /cart" }.map(\.publishedNanoseconds) == [6 * hour, 7 * hour])
            // In the middle of hour 5 the first was in force, in that of hour 7 the second.
            #expect(try store.plannedSpansPerSecond(from: 0, to: 20 * hour) == [5: 1.5, 6: 2.5, 7: 4])
            #expect(try store.plannedSpansPerSecond(from: 6 * hour, to: 7 * hour) == [6: 2.5])
        }
    }

    /// Published at 20:30 of one day: hour h has (h + 1)/32; replaced at 10:15 two days later by one half all day.
    private static func hourlyExcerpt(in window: Window, _ store: ReportStore) throws -> LedgerExcerpt {
        let hour = Nanoseconds.hour
        var set = sample(0.25)
        set.services[0].operations[0].hours = (0..<24).map { Double($0 + 1) / 32 }
        try store.save(sample(0.75), publishedNanoseconds: 100 * Nanoseconds.day)
        try store.save(set, publishedNanoseconds: 101 * Nanoseconds.day + 20 * hour + hour / 2)
        try store.save(sample(0.5), publishedNanoseconds: 103 * Nanoseconds.day + 10 * hour + hour / 4)
        return LedgerExcerpt(
            try store.ledger(in: window).map {
                .init(
                    service: $0.service, operation: $0.operation, publishedNanoseconds: $0.publishedNanoseconds,
                    probability: $0.probability)
            })
    }

    @Test("a trace weighs what was published for its hour, over borders of hours by the minute in which tracers poll")
    func weightsByHour() throws {
        try withDirectory { directory in
            let store = try ReportStore(directory: directory)
            let (hour, minute) = (Nanoseconds.hour, 60 * Nanoseconds.second)
            // The day between, read with a margin as a run does.
            let window = Window(
                startNanoseconds: 102 * Nanoseconds.day - 2 * minute, endNanoseconds: 103 * Nanoseconds.day)
            let timeline = try Self.hourlyExcerpt(in: window, store).timeline(service: "api", operation: "GET /cart")
            for index in 0..<24 as Range<UInt64> {
                let (own, start) = (Double(index + 1) / 32, 102 * Nanoseconds.day + index * hour)
                let before = Double((index + 23) % 24 + 1) / 32
                #expect(timeline.probability(atNanoseconds: start) == before, "polled before \(index):00")
                let half = try #require(timeline.probability(atNanoseconds: start + minute / 2))
                #expect(abs(half - (own + before) / 2) < 1e-12, "half have polled")
                #expect(timeline.probability(atNanoseconds: start + minute) == own)
                #expect(timeline.probability(atNanoseconds: start + hour - 1) == own)
                #expect(timeline.highest(atNanoseconds: start + minute / 2) == max(own, before))
            }
            let mean = try #require(
                timeline.mean(
                    in: Window(
                        startNanoseconds: 102 * Nanoseconds.day + 5 * hour,
                        endNanoseconds: 102 * Nanoseconds.day + 6 * hour)))
            #expect(abs(mean - (6 - 0.5 / 60) / 32) < 1e-12)
        }
    }

    @Test("within an hour a publication replaces the hour's probability, whether it has hours itself or not")
    func replacedByHour() throws {
        try withDirectory { directory in
            let store = try ReportStore(directory: directory)
            let (hour, minute) = (Nanoseconds.hour, 60 * Nanoseconds.second)
            let window = Window(startNanoseconds: 101 * Nanoseconds.day, endNanoseconds: 104 * Nanoseconds.day)
            let timeline = try Self.hourlyExcerpt(in: window, store).timeline(service: "api", operation: "GET /cart")
            let evening = 101 * Nanoseconds.day + 20 * hour
            #expect(timeline.probability(atNanoseconds: evening + 29 * minute) == 0.75)
            #expect(timeline.probability(atNanoseconds: evening + 31 * minute) == 21.0 / 32)
            #expect(timeline.probability(atNanoseconds: evening + hour + minute) == 22.0 / 32)
            let morning = 103 * Nanoseconds.day + 10 * hour
            #expect(timeline.probability(atNanoseconds: morning + 14 * minute) == 11.0 / 32)
            #expect(timeline.probability(atNanoseconds: morning + 16 * minute) == 0.5)
            #expect(timeline.probability(atNanoseconds: morning + 5 * hour) == 0.5)
        }
    }

    @Test("windows too long for single hours end with their mean")
    func longWindow() throws {
        try withDirectory { directory in
            let store = try ReportStore(directory: directory)
            var set = Self.sample(0.25)
            set.services[0].operations[0].hours = (0..<24).map { Double($0 + 1) / 32 }
            try store.save(set, publishedNanoseconds: 0)
            let lines = try store.ledger(in: Window(startNanoseconds: 0, endNanoseconds: 400 * Nanoseconds.day))
                .filter { $0.operation == "GET /cart" }
            #expect(lines.count == 40 * 24 + 1)
            #expect(lines.last?.publishedNanoseconds == 40 * Nanoseconds.day && lines.last?.probability == 0.25)
        }
    }

    @Test("pruning keeps the latest strategies and what of the ledger was in force")
    func prune() throws {
        try withDirectory { directory in
            let store = try ReportStore(directory: directory)
            for (time, probability) in [(10, 0.25), (20, 0.5), (30, 0.75)] as [(UInt64, Double)] {
                try store.save(Self.sample(probability), publishedNanoseconds: time)
            }
            try store.prune(hoursBefore: 25, daysBefore: 15)
            #expect(try store.strategyVersions().map(\.publishedNanoseconds) == [20, 30])
            let old = try #require(try store.strategies(version: 2))
            #expect(old.services[0].operations.allSatisfy { $0.steps.isEmpty && !$0.reason.isEmpty })
            try store.prune(hoursBefore: 99, daysBefore: 25)
            #expect(try store.strategyVersions().map(\.publishedNanoseconds) == [30])
            #expect(try store.latestStrategies()?.services == Self.sample(0.75).services)
            let ledger = try store.ledger(in: Window(startNanoseconds: 0, endNanoseconds: 99))
            #expect(ledger.filter { $0.operation == "GET /cart" }.map(\.probability) == [0.5, 0.75])
        }
    }
}
