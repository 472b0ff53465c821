import Mill
import SpanModel
import Testing

@testable import Workload

/// Estimates from sampled archives, held against what happened before sampling.
@Suite("Estimates of a sampled day")
struct CoverageTests {
    /// Whether an interval holds the truth, for many edges and roots of many days.
    private struct Score {
        var covered = 0
        var all = 0
        /// Σ estimate and Σ truth.
        var estimate = 0.0
        var truth = 0.0

        mutating func add(_ sums: WeightedSums, counted: UInt64, truth: UInt64) {
            guard let interval = sums.interval(counted: counted) else { return }
            all += 1
            if (interval.low...interval.high).contains(Double(truth)) { covered += 1 }
            estimate += sums.estimate
            self.truth += Double(truth)
        }
    }

    /// Operations that the tracers keep by chance without a word, and what only they call.
    private static let silent: Set<String> = ["PUT /stock"]
    private static let fedBySilent: Set<[String]> = [
        ["partner-api", "inventory"], ["inventory", "stock-db"], ["inventory", "warehouse"],
    ]

    @Test("95 % intervals hold the truth in at least 93 of 100 cases, and the estimates add up")
    func coverage() async throws {
        var edges = Score()
        var roots = Score()
        for seed in 1...24 as ClosedRange<UInt64> {
            let scratch = try Scratch()
            let (summary, files) = try scratch.workload(seed: seed, traces: 1500, samples: true)
            let report = try await scratch.report(files)
            for edge in report.edges where !Self.fedBySilent.contains([edge.caller, edge.callee]) {
                let key = Truth.EdgeKey(caller: edge.caller, callee: edge.callee, kind: edge.kind)
                guard let estimated = edge.estimated, let calls = summary.before.edges[key]?.calls else { continue }
                edges.add(estimated, counted: edge.calls, truth: calls)
            }
            addRoots(report, summary.before, to: &roots)
        }
        #expect(edges.all > 800 && roots.all > 150)
        #expect(Double(edges.covered) >= 0.93 * Double(edges.all), "\(edges)")
        #expect(Double(roots.covered) >= 0.93 * Double(roots.all), "\(roots)")
        #expect(abs(edges.estimate / edges.truth - 1) < 0.02, "\(edges)")
        #expect(abs(roots.estimate / roots.truth - 1) < 0.02, "\(roots)")
    }

    private func addRoots(_ report: Report, _ truth: Truth, to score: inout Score) {
        for (key, traces) in truth.roots where !Self.silent.contains(key.operation) {
            var sums = WeightedSums()
            var counted: UInt64 = 0
            for hour in report.roots where hour.service == key.service && hour.operation == key.operation {
                sums.merge(hour.estimated)
                counted += hour.roots
            }
            score.add(sums, counted: counted, truth: traces)
        }
    }

    /// What a report says of the operation whose tracer samples by half and leaves no word of it.
    private func stock(_ report: Report) throws -> (kept: Double, estimated: Double) {
        let stock = report.operations.first { $0.operation == "PUT /stock" && $0.kind == .server }
        let kept = try #require(stock)
        return (Double(kept.count), kept.estimated.estimate)
    }

    @Test("without a sampler's word the ids of enough traces tell, whatever the job assumes")
    func inferred() async throws {
        let scratch = try Scratch()
        let (summary, files) = try scratch.workload(seed: 2, traces: 1500, samples: true)
        var job = scratch.job()
        job.sampling.assumedProbability = 0.25
        for report in [try await scratch.report(files), try await scratch.report(files, job)] {
            let (kept, estimated) = try stock(report)
            #expect(abs(estimated / (2 * kept) - 1) < 0.1)
            #expect(report.quality[.spansUnweighted] == 0 && report.quality.evidence[.inferred] > 0)
        }
        #expect(summary.before.roots.values.reduce(0, +) > summary.kept.roots.values.reduce(0, +))
    }

    @Test("where the ids of a few tell nothing either, a count stands for itself, or for what the job assumes")
    func assumed() async throws {
        let scratch = try Scratch()
        let files = try scratch.workload(seed: 2, traces: 300, samples: true).files
        var job = scratch.job()
        job.sampling.assumedProbability = 0.5
        for (report, factor) in [
            (try await scratch.report(files), 1.0), (try await scratch.report(files, job), 2.0),
        ] {
            let (kept, estimated) = try stock(report)
            try #require(kept > 0)
            #expect(estimated == kept * factor)
            #expect(report.quality[.spansUnweighted] > 0 || factor == 2)
        }
    }
}
