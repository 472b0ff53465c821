import ReportStore
import Sampling
import SpanModel
import Testing
import Workload

@testable import Mill

/// What was published, held against the traces of a run: `GET /` is kept at a half and `GET /feed` at a quarter,
/// whatever is published.
@Suite("Tracers that obey and tracers that do not")
struct ConformanceRunTests {
    /// A store in which a version was published the day before the archives begin, and a job over both.
    private func prepared(
        feed: Double = 0.0625, home: Double = 0.5, published: UInt64 = Scratch.day.startNanoseconds - Nanoseconds.day
    ) throws -> (job: Job, store: ReportStore) {
        let scratch = try Scratch()
        _ = try scratch.workload(traces: 1000, samples: true)
        var job = scratch.job()
        job.inputs = [scratch.path + "/archives"]
        job.state = scratch.path + "/state"
        job.sampling.assumedProbability = 1
        try Run(job: job, request: RunRequest()).makeStateDirectory()
        let store = try ReportStore(directory: job.state)
        func service(_ name: String, _ operations: [(String, Double)]) -> ServiceStrategy {
            ServiceStrategy(
                service: name, defaultProbability: 0.001,
                operations: operations.map {
                    OperationStrategy(operation: $0.0, probability: $0.1, predictedTracesPerDay: 100)
                })
        }
        let set = StrategySet(
            budgetSpansPerSecond: 1, predictedSpansPerSecond: 1, status: .ok, defaultProbability: 0.001,
            services: [
                service("mobile", [("GET /feed", feed)]),
                service("web", [("GET /", home), ("GET /product/:id", 0.25)]),
            ])
        try store.save(set, publishedNanoseconds: published)
        return (job, store)
    }

    private func run(_ job: Job) async throws -> RunSummary {
        var request = RunRequest()
        request.window = Scratch.day
        return try await Run(job: job, request: request).perform()
    }

    @Test("a stored window is checked: who obeys, who keeps more, and which published name has become which")
    func check() async throws {
        var (job, store) = try prepared()
        _ = try await run(job)
        let found = try ConformanceRun(job: job, store: store).check()
        func operation(_ service: String, _ name: String) throws -> Conformance.Operation {
            try #require(found.operations.first { $0.service == service && $0.operation == name })
        }
        #expect(found.window == Scratch.day && found.versionID == 1)
        let (home, feed) = (try operation("web", "GET /"), try operation("mobile", "GET /feed"))
        #expect(home.verdict == .obeys && home.evidence == .threshold && home.observed == 0.5)
        #expect(feed.verdict == .keepsMore && feed.evidence == .tag && feed.published == 0.0625...0.0625)
        #expect(found.unseen.map(\.operation) == ["GET /product/:id"])
        #expect(found.unseen.first?.seenAs == "GET /product/{id}")

        // The line that is proposed repairs it.
        job.sampling.aliases = found.aliases.map { .init(service: $0.service, seen: $0.seen, published: $0.published) }
        let repaired = try ConformanceRun(job: job, store: store).check(Scratch.day)
        let product = try #require(repaired.operations.first { $0.alias == "GET /product/:id" })
        #expect(product.operation == "GET /product/{id}" && product.verdict == .obeys && product.isListed)
        #expect(repaired.unseen.isEmpty && repaired.aliases.isEmpty)
    }

    @Test("a run leaves what does not obey as it was, says so, and gives the others less")
    func nonconforming() async throws {
        var (job, store) = try prepared()
        job.sampling.budgetSpansPerSecond = 1000
        let summary = try await run(job)
        #expect(summary.refusal == nil)
        #expect(summary.notes.contains { $0.contains("kept more often") && $0.contains("spanmill sampling check") })
        let inputs = try SamplingInputs(
            job, store: store, after: Scratch.day, previous: try store.strategies(version: 1))
        #expect(inputs.circumstances.nonconforming["mobile"]?.contains("GET /feed") == true)
        #expect(inputs.circumstances.nonconforming["web"]?.contains("GET /") != true)
        func operation(_ set: StrategySet?, _ service: String, _ name: String) throws -> OperationStrategy {
            let operations = set?.services.first { $0.service == service }?.operations
            return try #require(operations?.first { $0.operation == name })
        }
        let feed = try operation(summary.strategies, "mobile", "GET /feed")
        #expect(feed.probability == 0.0625 && feed.reason.contains("has no effect"))

        var (other, _) = try prepared(feed: 0.25)
        other.sampling.budgetSpansPerSecond = 1000
        let obedient = try await run(other)
        #expect(try !operation(obedient.strategies, "mobile", "GET /feed").reason.contains("has no effect"))
    }

    @Test("where no tracer obeys nobody is left as he was: the fleet may not poll yet")
    func deafFleet() async throws {
        var (job, store) = try prepared(feed: 0.0625, home: 0.0625)
        job.sampling.budgetSpansPerSecond = 0.02
        let summary = try await run(job)
        #expect(summary.notes.contains { $0.hasPrefix("no operation is kept at what was published") })
        let inputs = try SamplingInputs(job, store: store, after: Scratch.day)
        #expect(inputs.circumstances.nonconforming.isEmpty)
    }

    @Test("a window for which nothing had been published, or none at all, has nothing to be checked (66)")
    func nothingToObey() async throws {
        let (job, store) = try prepared(published: Scratch.day.endNanoseconds + 1)
        let run = ConformanceRun(job: job, store: store)
        let none = #expect(throws: MillError.self) { try run.check() }
        #expect(none?.exitStatus == 66 && none?.message.hasPrefix("no window is stored to check") == true)
        _ = try await self.run(job)
        let next = Window(
            startNanoseconds: Scratch.day.endNanoseconds, endNanoseconds: Scratch.day.endNanoseconds + Nanoseconds.day)
        let elsewhere = #expect(throws: MillError.self) { try run.check(next) }
        #expect(elsewhere?.exitStatus == 66 && elsewhere?.message.contains("no window of that time") == true)
        let early = #expect(throws: MillError.self) { try run.check() }
        #expect(early?.exitStatus == 66 && early?.message.hasPrefix("nothing had been published before") == true)
        // A run plans as if nothing were known.
        #expect(try SamplingInputs(job, store: store, after: Scratch.day).circumstances.nonconforming.isEmpty)
    }
}
