import Foundation
import Mill
import Rendering
import SpanModel
import Testing

/// Archives that other programs wrote, beside the checkout and no part of it.
enum RecordedArchives {
    static let root: String? = {
        let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let named = ProcessInfo.processInfo.environment["SPANMILL_SHARED"]
        let data = (named ?? checkout.deletingLastPathComponent().appendingPathComponent("shared").path) + "/data"
        return FileManager.default.isReadableFile(atPath: data) ? data : nil
    }()

    static var isPresent: Bool { root != nil }
}

@Suite(
    "Recorded archives through the mill",
    .enabled(if: RecordedArchives.isPresent, "set SPANMILL_SHARED to the folder that holds data/"))
struct RecordedArchiveTests {
    private func scan(_ names: String...) async throws -> ScanResult {
        let root = try #require(RecordedArchives.root)
        let scratch = try Scratch()
        let files = ArchiveList(inputs: names.map { "\(root)/\($0)" }).files
        try #require(!files.isEmpty)
        return try await Scan(job: scratch.job(), window: nil).run(files)
    }

    /// Files or folders with their spans before merging, traces and services.
    static let counts: [(String, spans: UInt64, traces: UInt64, services: Int)] = [
        ("otlp-collector-file/otel-traces.json", 1066, 168, 3),
        ("otlp-collector-file/diverse_trace_full.json", 1632, 1, 1),
        ("otlp-collector-file/pabot_trace.json", 18, 1, 1),
        ("otlp-collector-file/malformed_trace.json", 3, 3, 1),
        ("framings/s3-bucket", 1066, 168, 3),
        ("framings/zipkin-messaging-kafka.ndjson.gz", 28, 1, 2),
        ("jaeger-hotel-reservation", 2200, 200, 6),
        ("zipkin-lens/smartthings-mobile-web-install.json", 1041, 1, 16),
        ("zipkin-lens/smartthings-oauth-authorization.json", 175, 1, 8),
        ("zipkin-lens/messaging-kafka.json", 28, 1, 2),
        ("zipkin-lens/yelp.json", 16, 1, 6),
        ("zipkin-lens/messaging2.json", 11, 1, 4),
        ("zipkin-lens/netflix.json", 8, 1, 3),
        ("zipkin-lens/ascend.json", 8, 1, 3),
        ("zipkin-lens/malformed.json", 7, 1, 1),
    ]

    @Test("spans, traces and services are those that were counted with another program", arguments: counts)
    func counted(_ name: String, spans: UInt64, traces: UInt64, services: Int) async throws {
        let result = try await scan(name)
        #expect(result.archives.reduce(0) { $0 + $1.spans } == spans)
        #expect(result.report.quality.spans + result.report.quality[.spansDuplicate] == spans)
        #expect(result.report.quality.traces == traces)
        #expect(Set(result.report.operations.map(\.service)).subtracting([""]).count == services)
    }

    @Test("whole framings of the same spans give byte-identical reports")
    func framings() async throws {
        var documents: [[UInt8]: [String]] = [:]
        let renderer = try #require(Renderer.named("json", for: .report))
        for name in [
            "otlp-collector-file/otel-traces.json", "framings/file-json-legacy-zstd.bin",
            "framings/file-json-native-flushed-frames.jsonl.zst", "framings/file-json-native-rotated-frames.jsonl.zst",
            "framings/file-proto-legacy-zstd.bin", "framings/file-proto-native.zst", "framings/file-proto-plain.bin",
            "framings/json.gz-multi-member.jsonl.gz", "framings/proto-varint-delimited.bin", "framings/s3-bucket",
        ] {
            var report = try await scan(name).report
            report.quality.archives = 1
            report.quality.bytesRead = 0
            let bytes = renderer.render(RenderInput(.report, version: "test", report: report), RenderOptions())
            documents[bytes, default: []].append(name)
        }
        #expect(documents.count == 1, "\(documents.values)")
    }

    @Test(
        "a truncated archive gives the spans before the cut and says where it is",
        arguments: ["truncated-tail-proto.bin", "truncated-tail.jsonl.zst"])
    func truncated(_ name: String) async throws {
        let archive = try await scan("framings/\(name)").archives[0]
        #expect(archive.spans > 0 && archive.spans < 1066)
        #expect(archive.truncatedAt != nil)
        #expect(archive.error?.code == .truncated)
        #expect(archive.error?.path.hasSuffix(name) == true)
    }

    @Test("every file there is read, or refused with a reason")
    func everyFile() async throws {
        let root = try #require(RecordedArchives.root)
        let scratch = try Scratch()
        for file in ArchiveList(inputs: [root]).files {
            let result = try await Scan(job: scratch.job(), window: nil).run([file])
            let archive = try #require(result.archives.first)
            if archive.spans == 0 {
                let error = try #require(archive.error, "\(file.path) gave neither spans nor a reason")
                #expect(!error.message.isEmpty && error.message.first?.isUppercase == false, "\(error)")
            }
            #expect(result.report.quality.spans <= archive.spans, "\(file.path)")
        }
    }

    @Test("all of it together is one report, in any order and with any number of workers")
    func together() async throws {
        let root = try #require(RecordedArchives.root)
        let scratch = try Scratch()
        let files = ArchiveList(inputs: [root]).files
        var job = scratch.job()
        let one = try await Scan(job: job, window: nil).run(files).report
        job.workers = 4
        job.shards = 3
        job.memoryBytes = 32 << 20
        #expect(try await Scan(job: job, window: nil).run(files.reversed()).report == one)
        #expect(one.quality.traces > 380)
    }
}
