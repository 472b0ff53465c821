import ReportStore
import SpanModel
import Testing
import Workload

@testable import Mill

/// What one run publishes is what the next one weighs by: traces of `PUT /stock` do not say how they were sampled, and
/// are too few for their ids to tell.
@Suite("Runs one after the other, over one store")
struct LedgerRunTests {
    private let service = "partner-api"
    private let seen = "PUT /stock"

    /// Archives of yesterday and of tomorrow, which begins after the first run's publication, and a job that pins the
    /// operation to what its tracer really does.
    private func prepared(
        published: String, aliases: [Job.SamplingSettings.Alias] = []
    ) throws -> (job: Job, yesterday: Window, tomorrow: Window) {
        let scratch = try Scratch()
        let today = Clock.nowNanoseconds / Nanoseconds.day * Nanoseconds.day
        let days = [today - Nanoseconds.day, today + Nanoseconds.day].map {
            Window(startNanoseconds: $0, endNanoseconds: $0 + Nanoseconds.day)
        }
        for (index, day) in days.enumerated() {
            var settings = WorkloadSettings()
            settings.seed = UInt64(index) + 2
            settings.traces = 300
            settings.day = day
            settings.layouts = [.protobufZstd]
            _ = try generateWorkload(settings, into: "\(scratch.path)/archives")
        }
        var job = scratch.job()
        job.inputs = [scratch.path + "/archives"]
        job.state = scratch.path + "/state"
        job.sampling.budgetSpansPerSecond = 1
        job.sampling.aliases = aliases
        job.sampling.overrides = [.init(service: service, operation: published, probability: 0.5)]
        return (job, days[0], days[1])
    }

    private func run(_ job: Job, _ window: Window) async throws -> RunSummary {
        var request = RunRequest()
        request.window = window
        return try await Run(job: job, request: request).perform()
    }

    /// The operation's traces, their estimate and what it rests on.
    private func stock(_ report: Report) throws -> (traces: UInt64, estimate: Double, evidence: EvidenceCounts) {
        let rows = report.roots.filter { $0.service == service && $0.operation == seen }
        let evidence = try #require(report.evidence.first { $0.service == service && $0.operation == seen })
        return (rows.reduce(0) { $0 + $1.roots }, rows.reduce(0) { $0 + $1.estimated.estimate }, evidence.traces)
    }

    @Test("the second run weighs silent traces by what the first published; before, each stood for itself")
    func ledger() async throws {
        let (job, yesterday, tomorrow) = try prepared(published: seen)
        let first = try await run(job, yesterday)
        #expect(first.refusal == nil && first.strategies?.versionID == 1)
        let before = try stock(first.scans[0].report)
        #expect(
            before.traces > 0 && before.estimate == Double(before.traces) && before.evidence[.none] == before.traces)

        let second = try await run(job, tomorrow)
        let after = try stock(second.scans[0].report)
        #expect(after.traces > 0 && after.estimate == 2 * Double(after.traces))
        #expect(after.evidence[.ledger] == after.traces)
        // What the archives say themselves is believed before the ledger.
        let told = second.scans[0].report.evidence.filter { $0.service == "web" }
        #expect(!told.isEmpty && told.allSatisfy { $0.traces[.ledger] == 0 })
        #expect(second.strategies?.versionID == 2)
        #expect(try ReportStore(directory: job.state).strategyVersions().map(\.id) == [1, 2])
    }

    @Test("a second run that does not know what was published counts silent traces as they are")
    func withoutLedger() async throws {
        var (job, _, tomorrow) = try prepared(published: seen)
        job.state += "-other"
        let only = try stock(try await run(job, tomorrow).scans[0].report)
        #expect(only.traces > 0 && only.estimate == Double(only.traces) && only.evidence[.ledger] == 0)
    }

    @Test("an alias is published by the name tracers ask by, and what archives show is weighed by it")
    func alias() async throws {
        let alias = Job.SamplingSettings.Alias(service: "partner-*", seen: "PUT *", published: "PUT")
        let (job, yesterday, tomorrow) = try prepared(published: "PUT", aliases: [alias])
        let first = try await run(job, yesterday)
        let listed = try #require(first.strategies?.services.first { $0.service == service }).operations
        #expect(listed.map(\.operation) == ["PUT"] && listed.map(\.probability) == [0.5])
        #expect(job.publishedOperation(service: service, operation: seen) == "PUT")
        #expect(job.publishedOperation(service: "web", operation: seen) == seen)

        let after = try stock(try await run(job, tomorrow).scans[0].report)
        #expect(after.evidence[.ledger] == after.traces && after.estimate == 2 * Double(after.traces))
    }
}
