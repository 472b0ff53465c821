import Foundation
import SpanModel
import SpanReading
import Testing

@testable import Mill
@testable import Workload

/// One archive of several megabytes, long enough to be read in many blocks.
@Suite("One archive and several workers")
struct SharedReadingTests {
    /// What is done to an archive before it is read.
    enum Damage: CaseIterable {
        case none, cut, flippedBytes, overRecordLimit, overArchiveLimit
    }

    @Test(
        "equal reports and summaries for any number of workers, however the archive is damaged",
        arguments: [
            ArchiveLayout.jsonLines, .jsonGzip, .jsonZstd, .jsonZstdMany, .jsonFrames, .protobuf, .protobufZstd,
            .protobufFrames, .jaegerZstd, .zipkinZstd,
        ])
    func equalForAnyNumber(_ layout: ArchiveLayout) async throws {
        let scratch = try Scratch()
        var settings = WorkloadSettings()
        settings.traces = 500
        settings.layouts = [layout]
        settings.singleFile = scratch.path + "/one"
        let made = try generateWorkload(settings, into: scratch.path)
        let whole = try Data(contentsOf: URL(fileURLWithPath: scratch.path + "/one"))
        for damage in Damage.allCases {
            var job = scratch.job()
            var bytes = whole
            switch damage {
            case .none: break
            case .cut: bytes = bytes.prefix(bytes.count * 3 / 4 + 1)
            case .flippedBytes: for part in [5, 7] { bytes[bytes.count * part / 10] ^= 0x44 }
            case .overRecordLimit: job.maximumRecordBytes = 100 << 10
            case .overArchiveLimit: job.maximumDecompressedBytes = 3 << 20
            }
            try bytes.write(to: URL(fileURLWithPath: scratch.path + "/one"))
            let files = ArchiveList(inputs: [scratch.path + "/one"]).files
            let expected = try await Scan(job: job, window: Scratch.day).run(files)
            if damage == .none { #expect(expected.report.quality.spans == made.kept.spans) }
            for workers in [2, 4] {
                job.workers = workers
                let result = try await Scan(job: job, window: Scratch.day).run(files)
                #expect(result.archives == expected.archives, "\(damage), \(workers) workers")
                #expect(result.report == expected.report, "\(damage), \(workers) workers")
            }
        }
    }

    @Test("an archive that never ends is left when the scan is asked to stop", arguments: [1, 2, 4])
    func stopping(_ workers: Int) async throws {
        signal(SIGPIPE, SIG_IGN)
        let scratch = try Scratch()
        let path = scratch.path + "/endless"
        try #require(mkfifo(path, 0o600) == 0)
        let meter = ProgressMeter()
        let lines = Array(String(repeating: "{\"resourceSpans\":[]}\n", count: 20_000).utf8)
        Thread.detachNewThread {
            let descriptor = open(path, O_WRONLY)
            defer { close(descriptor) }
            for round in 0... {
                if round == 20 { meter.stop() }
                guard lines.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) > 0 else { return }
            }
        }
        var job = scratch.job()
        job.workers = workers
        let files = [ArchiveFile(path: path, bytes: 0, modifiedNanoseconds: 0)]
        let error = await #expect(throws: MillError.self) {
            _ = try await Scan(job: job, window: nil, meter: meter).run(files)
        }
        #expect(error?.code == .interrupted)
    }

    @Test("archives are handed out whole, the largest first; then those that are still being read")
    func queue() throws {
        let scratch = try Scratch()
        let files = try ["a", "b", "c"].enumerated().map { index, name in
            let path = try scratch.write(#"{"resourceSpans":[]}"#, to: name)
            return ArchiveFile(path: path, bytes: UInt64(index), modifiedNanoseconds: 0)
        }
        let queue = ArchiveQueue(files)
        var reader = ArchiveReader(settings: ReadingSettings())
        var batch = SpanBatch()
        let first = queue.next(&reader)
        let second = queue.next(&reader)
        #expect([first?.path, second?.path] == [files[2].path, files[1].path])
        read(first, &reader, &batch)
        let third = queue.next(&reader)
        #expect(third?.path == files[0].path)
        // All are begun: helpers are spread over those that are not exhausted.
        let helped = [queue.next(&reader), queue.next(&reader), queue.next(&reader)].map { $0?.path }
        #expect(Set(helped) == [second?.path, third?.path])
        read(second, &reader, &batch)
        read(third, &reader, &batch)
        let isDone = queue.next(&reader) == nil
        #expect(isDone)
    }

    private func read(_ archive: SharedArchive?, _ reader: inout ArchiveReader, _ batch: inout SpanBatch) {
        guard let archive else { return }
        let summary = reader.read(archive, into: &batch, progress: { _ in }, flush: { _ in })
        #expect(summary != nil)
    }
}
