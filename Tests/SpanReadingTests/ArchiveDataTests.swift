import Glibc
import SpanModel
import Testing

@testable import SpanReading

/// Recorded archives beside the checkout, which are no part of it.
enum RecordedArchives {
    static let root: String? = {
        let checkout = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let fallback = "/\(checkout)/../shared"
        let root = getenv("SPANMILL_SHARED").map { String(cString: $0) } ?? fallback
        return access(root + "/data", R_OK) == 0 ? root + "/data" : nil
    }()

    static var isPresent: Bool { root != nil }

    static var hasJSON: Bool { isPresent && spanFormats.contains { $0.name == "otlp-json" } }
}

@Suite(
    "Recorded archives",
    .enabled(if: RecordedArchives.isPresent, "set SPANMILL_SHARED to the folder that holds data/"))
struct ArchiveDataTests {
    /// Reads files into one batch.
    private func read(_ paths: [String]) throws -> (summaries: [ArchiveSummary], batch: SpanBatch) {
        let root = try #require(RecordedArchives.root)
        var reader = ArchiveReader(settings: ReadingSettings())
        var batch = SpanBatch()
        var spans: [SpanRecord] = []
        let summaries = paths.map { path in
            reader.read("\(root)/\(path)", into: &batch) { spans += $0.spans }
        }
        batch.spans = spans
        return (summaries, batch)
    }

    private func services(_ batch: SpanBatch) -> Set<String> {
        Set(batch.spans.map { batch.names.text(batch.names.operations[Int($0.operation)].service) })
    }

    static let framings: [(String, [String])] = [
        ("file-proto-legacy-zstd.bin", ["length-prefixed", "zstd"]),
        ("file-proto-native.zst", ["zstd", "length-prefixed"]),
        ("file-proto-plain.bin", ["length-prefixed"]),
        ("proto-varint-delimited.bin", ["varint-delimited"]),
    ]

    static let jsonFramings: [(String, [String])] = [
        ("file-json-legacy-zstd.bin", ["length-prefixed", "zstd"]),
        ("file-json-native-flushed-frames.jsonl.zst", ["zstd"]),
        ("file-json-native-rotated-frames.jsonl.zst", ["zstd"]),
        ("json.gz-multi-member.jsonl.gz", ["gzip"]),
    ]

    @Test("protobuf framings hold the same 1,066 spans of 168 traces and 3 services", arguments: framings)
    func protobuf(_ file: String, _ layers: [String]) throws {
        try expectWhole(file, layers)
    }

    @Test(
        "JSON framings hold the same 1,066 spans of 168 traces and 3 services", .enabled(if: RecordedArchives.hasJSON),
        arguments: jsonFramings)
    func json(_ file: String, _ layers: [String]) throws {
        try expectWhole(file, layers)
    }

    private func expectWhole(_ file: String, _ layers: [String]) throws {
        let (summaries, batch) = try read(["framings/\(file)"])
        #expect(summaries[0].layers == layers)
        #expect(summaries[0].error == nil)
        #expect(summaries[0].spans == 1066)
        #expect(Set(batch.spans.map(\.traceID)).count == 168)
        #expect(services(batch).count == 3)
        #expect(batch.spans.count { $0.flags.contains(.error) } == 57)
    }

    @Test("the objects of a bucket hold the same spans together", .enabled(if: RecordedArchives.hasJSON))
    func bucket() throws {
        let hour = "framings/s3-bucket/otel/year=2026/month=02/day=18/hour=18"
        let (summaries, batch) = try read(
            [
                "minute=36/traces_123456789.json", "minute=36/traces_223456781.json.gz",
                "minute=36/traces_323456782.binpb", "minute=37/traces_423456783.binpb.gz",
                "minute=37/traces_523456784.json", "minute=37/traces_623456785.json.gz",
                "minute=38/traces_723456786.binpb", "minute=38/traces_823456787.binpb.gz",
            ].map { "\(hour)/\($0)" })
        #expect(summaries.allSatisfy { $0.error == nil })
        #expect(summaries.reduce(0) { $0 + $1.spans } == 1066)
        #expect(Set(batch.spans.map(\.traceID)).count == 168)
        #expect(services(batch).count == 3)
    }

    @Test("a file cut inside a message gives its whole messages and says where it ends")
    func truncatedMessages() throws {
        let (summaries, _) = try read(["framings/truncated-tail-proto.bin"])
        #expect((1..<1066).contains(summaries[0].spans))
        #expect(summaries[0].truncatedAt != nil)
        #expect(summaries[0].error?.code == .truncated)
    }

    @Test(
        "a file cut inside a frame gives its whole lines and says where it ends",
        .enabled(if: RecordedArchives.hasJSON))
    func truncatedFrame() throws {
        let (summaries, _) = try read(["framings/truncated-tail.jsonl.zst"])
        #expect((1..<1066).contains(summaries[0].spans))
        #expect(summaries[0].truncatedAt == summaries[0].bytes)
        #expect(summaries[0].error?.code == .truncated)
    }

    @Test("Zipkin's protobuf is named, not misread")
    func zipkinProtobuf() throws {
        let (summaries, _) = try read(["framings/zipkin-yelp.proto3.bin"])
        #expect(summaries[0].error?.code == .unknownFormat)
        #expect(summaries[0].error?.message.contains("Zipkin") == true)
    }
}
