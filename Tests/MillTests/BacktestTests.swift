import ReportStore
import Sampling
import SpanModel
import Testing
import Workload

@testable import Mill

/// Replays of stored days.
struct BacktestTests {
    private static let length = Nanoseconds.day

    /// The day that many days after the first.
    private static func day(_ number: UInt64) -> Window {
        let start = Scratch.day.startNanoseconds + number * length
        return Window(startNanoseconds: start, endNanoseconds: start + length)
    }

    /// A store with so many days, each of other traffic, and a job over it.
    private func stored(days: UInt64, budget: Double? = 0.02) async throws -> (job: Job, store: ReportStore) {
        let scratch = try Scratch()
        var job = scratch.job()
        job.inputs = [scratch.path + "/archives"]
        job.state = scratch.path + "/state"
        job.sampling.assumedProbability = 1
        for number in 0..<days {
            var settings = WorkloadSettings()
            settings.seed = number + 1
            settings.traces = 300
            settings.day = Self.day(number)
            settings.layouts = [.protobufZstd]
            _ = try generateWorkload(settings, into: "\(scratch.path)/archives")
            var request = RunRequest()
            request.window = Self.day(number)
            _ = try await Run(job: job, request: request).perform()
        }
        job.sampling.budgetSpansPerSecond = budget
        return (job, try ReportStore(directory: job.state))
    }

    @Test("each day is replayed with the plan of the night before; what was never published has no line")
    func replay() async throws {
        let (job, store) = try await stored(days: 3)
        let backtest = try BacktestRun(job: job, store: store).replay(days: 7)
        #expect(backtest.days == [Self.day(1), Self.day(2)])
        #expect(backtest.notes == ["only 2 of 7 days could be replayed: no more are stored"])
        #expect(backtest.figures.map(\.rule) == [.planned, .hindsight, .fixed, .jaeger])
        let rules = Dictionary(uniqueKeysWithValues: backtest.figures.map { ($0.rule, $0) })
        let (planned, hindsight) = (try #require(rules[.planned]), try #require(rules[.hindsight]))
        #expect(planned.spansPerSecond > 0 && hindsight.loss == 1 && planned.loss >= 1)
        for rule in [Backtest.Rule.fixed, .jaeger] {
            let spend = try #require(rules[rule]).spansPerSecond
            #expect(abs(spend / planned.spansPerSecond - 1) < 1e-6, "\(rule) spends what the plan does")
        }
        for figures in backtest.figures {
            #expect((0...1).contains(figures.coverage) && (0...1).contains(figures.hoursOver))
            #expect(figures.costP50 <= figures.costP90 && figures.costP90 <= figures.costMaximum)
        }
        #expect(try store.strategyVersions().isEmpty && store.windows().count == 3)
    }

    @Test("what the plan would have cost is its probabilities times the day's estimated spans")
    func cost() async throws {
        let (job, store) = try await stored(days: 2)
        let planned = try BacktestRun(job: job, store: store).replay(days: 1).figures.first { $0.rule == .planned }
        let plan = try #require(try SamplingInputs(job, store: store, after: Self.day(0)).plan).strategies
        var spans = 0.0
        let rows = try store.throughput(from: Self.day(1).startNanoseconds, to: Self.day(1).endNanoseconds)
        for row in rows where row.roots > 0 {
            let service = plan.services.first { $0.service == row.service }
            let listed = service?.operations.first { $0.operation == row.operation }?.probability
            let probability = listed ?? service?.defaultProbability ?? plan.defaultProbability
            // Spans of a sampled trace, times the traces there truly were.
            spans += probability * row.estimated.estimate * Double(row.spans) / Double(row.roots)
        }
        let expected = spans / 86_400
        #expect(abs(try #require(planned).spansPerSecond / expected - 1) < 0.02)
    }

    @Test("a version that was in force on a replayed day stands beside the plan")
    func published() async throws {
        let (job, store) = try await stored(days: 3)
        let set = StrategySet(
            budgetSpansPerSecond: 1, predictedSpansPerSecond: 1, status: .ok, defaultProbability: 1, services: [])
        try store.save(set, publishedNanoseconds: Self.day(2).startNanoseconds - 1)
        let backtest = try BacktestRun(job: job, store: store).replay(days: 1)
        let published = try #require(backtest.figures.first { $0.rule == .published })
        #expect(backtest.days == [Self.day(2)] && published.coverage > 0.99 && published.floorCoverage == 1)
        let planned = try #require(backtest.figures.first { $0.rule == .planned })
        #expect(published.spansPerSecond > planned.spansPerSecond && published.costMaximum > planned.costMaximum)
    }

    @Test("without a budget there is nothing to try (78), with a single day nothing to try it on (66)")
    func impossible() async throws {
        let (job, store) = try await stored(days: 1)
        #expect(throws: MillError(.noInput, "at least two days must be stored, one to plan from and one to replay")) {
            try BacktestRun(job: job, store: store).replay(days: 7)
        }
        var poor = job
        poor.sampling.budgetSpansPerSecond = nil
        let error = #expect(throws: MillError.self) { try BacktestRun(job: poor, store: store).replay(days: 7) }
        #expect(error?.exitStatus == 78 && error?.message.contains("sampling.budget.spans_per_second") == true)
    }
}
