import Foundation
import Mill
import SpanModel
import Testing

@testable import Workload

/// Archives that a disk or a wire has damaged.
@Suite("Damaged archives")
struct DamagedArchiveTests {
    @Test(
        "flipped and missing bytes lose spans, never the run, and as many with any number of workers",
        arguments: ArchiveLayout.allCases, 1...3 as ClosedRange<UInt64>)
    func flipped(_ layout: ArchiveLayout, seed: UInt64) async throws {
        let scratch = try Scratch()
        let (summary, files) = try scratch.workload(seed: seed, traces: 60, layouts: [layout])
        var random = RandomSource(seed: seed)
        for file in files { try damage(file.path, &random) }
        var job = scratch.job()
        let result = try await Scan(job: job, window: nil).run(files)
        #expect(result.report.quality.archivesBad + result.report.quality.recordsBad > 0)
        #expect(result.archives.reduce(0) { $0 + $1.spans } < summary.kept.spans + 100)
        job.workers = 3
        job.shards = 5
        #expect(try await Scan(job: job, window: nil).run(files).report == result.report)
    }

    private func damage(_ path: String, _ random: inout RandomSource) throws {
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        for _ in 0..<3 {
            bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= UInt8(1) << Int.random(in: 0...7, using: &random)
        }
        if random.chance(0.3) { bytes = bytes.prefix(.random(in: 0..<bytes.count, using: &random)) }
        try bytes.write(to: URL(fileURLWithPath: path))
    }
}
