import Mill
import SpanModel
import Testing

@testable import Workload

/// A generated day, scanned, says exactly what happened when it was generated.
@Suite("Truth of a generated day")
struct TruthTests {
    @Test(
        "edges, counts, errors, roots and percentiles are the generator's, in every layout",
        arguments: ArchiveLayout.allCases, [3, 17] as [UInt64])
    func whole(_ layout: ArchiveLayout, seed: UInt64) async throws {
        let scratch = try Scratch()
        let (summary, files) = try scratch.workload(seed: seed, layouts: [layout])
        let report = try await scratch.report(files)
        let truth = summary.kept.told(in: layout)
        expectEdges(report, truth)
        expectOperations(report, truth)
        #expect(report.quality.traces == summary.kept.traces)
        #expect(report.quality.tracesComplete == summary.kept.traces)
        #expect(report.quality.spans == summary.kept.spans)
        #expect(report.quality.entryCalls == truth.entryCalls)
        #expect(summary.before.traces == summary.kept.traces)
        let harmless: Set<Finding.Reason> = [.spansUnweighted]
        #expect(Set(report.quality.counters.keys).subtracting(harmless) == [])
    }

    @Test(
        "lost local spans, repeated spans and wrong clocks change no edge and are counted",
        arguments: 1...6 as ClosedRange<UInt64>)
    func damaged(seed: UInt64) async throws {
        let scratch = try Scratch()
        let (summary, files) = try scratch.workload(seed: seed, traces: 600, damages: true)
        let report = try await scratch.report(files)
        expectEdges(report, summary.kept)
        expectOperations(report, summary.kept)
        #expect(report.quality.spans == summary.kept.spans)
        #expect(report.quality.entryCalls == summary.kept.entryCalls)
        #expect(report.quality[.spansDuplicate] == summary.duplicates)
        #expect(report.quality[.spansOrphan] == summary.orphans)
        #expect(summary.duplicates > 0 && summary.orphans > 0)
    }

    @Test("with tracers that sample, what was kept is the generator's", arguments: 1...8 as ClosedRange<UInt64>)
    func sampled(seed: UInt64) async throws {
        let scratch = try Scratch()
        let (summary, files) = try scratch.workload(seed: seed, traces: 1500, samples: true)
        let report = try await scratch.report(files)
        expectEdges(report, summary.kept)
        expectOperations(report, summary.kept)
        #expect(report.quality.traces == summary.kept.traces)
        #expect(report.quality[.linksUnresolved] == summary.linksUnresolved)
        #expect(summary.linksUnresolved > 0)
        #expect(summary.kept.traces < summary.before.traces)
    }

    @Test("three windows side by side count each trace once")
    func midnight() async throws {
        let scratch = try Scratch()
        let (_, files) = try scratch.workload(traces: 1000, layouts: [.protobuf])
        var job = scratch.job()
        job.sampling.assumedProbability = 1
        var traces: UInt64 = 0
        for age in [-1, 0, 1] {
            let window = Scratch.day.shifted(days: age)
            traces += try await Scan(job: job, window: window).run(files).report.quality.traces
        }
        let all = try await Scan(job: job, window: nil).run(files).report
        #expect(traces == all.quality.traces)
        #expect(all.window.startNanoseconds < Scratch.day.startNanoseconds)
        #expect(all.window.endNanoseconds > Scratch.day.endNanoseconds)
    }

    private func expectEdges(_ report: Report, _ truth: Truth) {
        let found = report.edges.map { edge in
            let key = Truth.EdgeKey(caller: edge.caller, callee: edge.callee, kind: edge.kind)
            var calls = Truth.Calls()
            calls.calls = edge.calls
            calls.errors = edge.errors
            calls.clientOnlyErrors = edge.clientOnlyErrors
            return (key, calls)
        }
        let edges = Dictionary(found) { first, _ in first }
        #expect(edges.count == found.count)
        #expect(Set(edges.keys).symmetricDifference(truth.edges.keys).sorted() == [])
        for (key, calls) in truth.edges { #expect(edges[key] == calls, "\(key)") }
    }

    private func expectOperations(_ report: Report, _ truth: Truth) {
        let names = report.operations.map {
            Truth.OperationKey(service: $0.service, operation: $0.operation, kind: $0.kind)
        }
        #expect(Set(names).symmetricDifference(truth.operations.keys).sorted() == [])
        for (key, operation) in zip(names, report.operations) {
            guard let durations = truth.operations[key] else { continue }
            #expect(operation.count == UInt64(durations.nanoseconds.count), "\(key)")
            #expect(operation.errors == durations.errors, "\(key)")
            #expect(operation.roots == truth.roots[key, default: 0], "\(key)")
            let sorted = durations.nanoseconds.sorted()
            for perMille in [500, 750, 900, 950, 990, 999] {
                let exact = sorted[(perMille * sorted.count + 999) / 1000 - 1]
                let found = operation.latency.percentile(Double(perMille) / 1000) ?? 0
                #expect(found.distance(from: exact) * 129 <= exact, "\(key) at \(perMille) ‰")
            }
        }
    }
}

extension Truth {
    /// What a payload can tell of it: Jaeger and Zipkin count microseconds, Zipkin knows neither links nor the kind of
    /// internal spans.
    fileprivate func told(in layout: ArchiveLayout) -> Truth {
        var told = self
        guard layout.payload == .jaeger || layout.payload == .zipkin else { return told }
        told.operations = [:]
        for (var key, var durations) in operations {
            durations.nanoseconds = durations.nanoseconds.map { max(1, $0 / 1000) * 1000 }
            if layout.payload == .zipkin, key.kind == .internal { key.kind = .unset }
            told.operations[key] = durations
        }
        guard layout.payload == .zipkin else { return told }
        // Without its link a batch is an entry, and its producers call the topic.
        for key in edges.keys where key.kind == .link {
            told.edges[key] = nil
            for (topic, consumer) in Shop.standard.batchConsumers where consumer.service == key.callee {
                let sent = OperationKey(service: key.caller, operation: "\(topic) send", kind: .producer)
                let calls = UInt64(operations[sent]?.nanoseconds.count ?? 0)
                told.edges[EdgeKey(caller: key.caller, callee: topic, kind: .external)] = Calls(calls: calls)
            }
        }
        told.entryCalls += roots.reduce(0) { $1.key.kind == .consumer ? $0 + $1.value : $0 }
        told.roots = [:]
        for (var key, count) in roots {
            if key.kind == .internal { key.kind = .unset }
            told.roots[key] = count
        }
        return told
    }
}

extension UInt64 {
    func distance(from other: UInt64) -> UInt64 { self > other ? self - other : other - self }
}

extension Window {
    func shifted(days: Int) -> Window {
        let length = Int64(bitPattern: Nanoseconds.day) * Int64(days)
        return Window(
            startNanoseconds: startNanoseconds &+ UInt64(bitPattern: length),
            endNanoseconds: endNanoseconds &+ UInt64(bitPattern: length))
    }
}
