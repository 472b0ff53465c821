import Mill
import Rendering
import SpanModel
import Testing

@testable import Workload

/// How a scan is done changes no byte of what it says.
@Suite("Same spans, same bytes")
struct EquivalenceTests {
    private func document(_ report: Report) throws -> [UInt8] {
        let renderer = try #require(Renderer.named("json", for: .report))
        return renderer.render(RenderInput(.report, version: "test", report: report), RenderOptions())
    }

    @Test("workers, shards and memory change nothing, down to spilling nearly everything")
    func resources() async throws {
        let scratch = try Scratch()
        let (_, files) = try scratch.workload(seed: 9, traces: 1500, samples: true, damages: true)
        let expected = try await scratch.report(files)
        let bytes = try document(expected)
        for (workers, shards, memory) in [
            (1, 1, 512 << 20), (2, 64, 512 << 20), (4, 512, 64 << 20), (3, 7, 4 << 30), (2, 4096, 32 << 20),
            (4, 1, 16 << 20),
        ] {
            var job = scratch.job()
            job.workers = workers
            job.shards = shards
            job.memoryBytes = memory
            let report = try await scratch.report(files, job)
            #expect(report == expected, "\(workers) workers, \(shards) shards, \(memory) bytes")
            #expect(try document(report) == bytes)
        }
    }

    @Test("what exceeds the memory is set aside and comes back")
    func spilling() async throws {
        let scratch = try Scratch()
        let (summary, files) = try scratch.workload(seed: 4, traces: 12_000, layouts: [.protobuf])
        var small = scratch.job()
        small.memoryBytes = 16 << 20
        small.workers = 2
        small.shards = 64
        let report = try await scratch.report(files, small)
        #expect(report == (try await scratch.report(files)))
        #expect(report.quality.spans == summary.kept.spans)
    }

    @Test("the order of the archives changes nothing")
    func order() async throws {
        let scratch = try Scratch()
        let (_, files) = try scratch.workload(seed: 8, samples: true, damages: true)
        let expected = try document(try await scratch.report(files))
        #expect(try document(try await scratch.report(files.reversed())) == expected)
        let riffled = files.enumerated().sorted { ($0.offset % 7, $0.offset) < ($1.offset % 7, $1.offset) }
        #expect(try document(try await scratch.report(riffled.map(\.element))) == expected)
    }

    @Test("the layout of OTLP archives changes only how many bytes were read")
    func layouts() async throws {
        let scratch = try Scratch()
        var documents: Set<[UInt8]> = []
        for layout in ArchiveLayout.allCases where layout.payload == .json || layout.payload == .proto {
            let (_, files) = try scratch.workload(
                layout.rawValue, seed: 6, samples: true, damages: true, layouts: [layout])
            var report = try await scratch.report(files)
            report.quality.bytesRead = 0
            documents.insert(try document(report))
        }
        #expect(documents.count == 1)
    }

    @Test("the same spans twice are the same report with twice the archives, each span merged")
    func twice() async throws {
        let scratch = try Scratch()
        let (summary, files) = try scratch.workload(seed: 12)
        _ = try scratch.workload("copies", seed: 12)
        var report = try await scratch.report(
            ArchiveList(inputs: [scratch.path + "/archives", scratch.path + "/copies"]).files)
        let once = try await scratch.report(files)
        #expect(report.quality[.spansDuplicate] == summary.kept.spans)
        #expect(report.edges.map(\.calls) == once.edges.map(\.calls))
        report.quality = once.quality
        #expect(report.operations.map(\.latency) == once.operations.map(\.latency))
    }
}
