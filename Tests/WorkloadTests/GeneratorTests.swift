import Compression
import Foundation
import SpanModel
import Testing

@testable import Workload

/// The generator itself; what its days mean is proved where they are scanned.
struct GeneratorTests {
    private func generate(_ change: (inout WorkloadSettings) -> Void) throws -> (WorkloadSummary, [Data]) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("workload-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        var settings = WorkloadSettings()
        settings.traces = 200
        change(&settings)
        let summary = try generateWorkload(settings, into: folder.path)
        let files = try summary.files.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
        return (summary, files)
    }

    @Test("equal seeds give equal bytes, others do not")
    func seeds() throws {
        let (first, bytes) = try generate { $0.seed = 1 }
        let (second, sameBytes) = try generate { $0.seed = 1 }
        let (_, otherBytes) = try generate { $0.seed = 2 }
        #expect(bytes == sameBytes)
        #expect(bytes != otherBytes)
        #expect(first.before.edges == second.before.edges)
        #expect(first.bytes == UInt64(bytes.reduce(0) { $0 + $1.count }))
    }

    @Test("without the truth the same bytes are written, and traces and spans still counted")
    func bare() throws {
        let (whole, bytes) = try generate { $0.keepsTruth = true }
        let (bare, bareBytes) = try generate { $0.keepsTruth = false }
        #expect(bytes == bareBytes)
        #expect(bare.kept.spans == whole.kept.spans && bare.before.traces == whole.before.traces)
        #expect(bare.before.operations.isEmpty && bare.before.edges.isEmpty)
        #expect(bare.duplicates == whole.duplicates && bare.orphans == whole.orphans)
    }

    @Test("every layout writes something, with its own ending", arguments: ArchiveLayout.allCases)
    func layout(_ layout: ArchiveLayout) throws {
        let (summary, files) = try generate { $0.layouts = [layout] }
        #expect(summary.files.allSatisfy { $0.hasSuffix(layout.ending) })
        #expect(files.allSatisfy { !$0.isEmpty })
        #expect(summary.files.allSatisfy { $0.contains("/year=2026/month=0") && $0.contains("/hour=") })
    }

    @Test("each line of the JSON is a document")
    func documents() throws {
        let (summary, files) = try generate { settings in
            settings.layouts = [.jsonLines]
            settings.samples = false
            settings.damages = false
        }
        var spans = 0
        for line in files.flatMap({ $0.split(separator: UInt8(ascii: "\n")) }) {
            let document = try JSONSerialization.jsonObject(with: line) as? [String: Any]
            let resources = try #require(document?["resourceSpans"] as? [[String: Any]])
            for scopes in resources.compactMap({ $0["scopeSpans"] as? [[String: Any]] }) {
                spans += scopes.reduce(0) { $0 + (($1["spans"] as? [Any])?.count ?? 0) }
            }
        }
        #expect(spans >= Int(summary.kept.spans) && spans > 1000)
    }

    @Test("spans are about as long and as varied as real ones, and their traces are scattered over requests")
    func realism() throws {
        let (summary, files) = try generate { settings in
            settings.layouts = [.jsonLines]
            settings.singleFile = NSTemporaryDirectory() + "workload-\(UUID().uuidString).jsonl"
            settings.traces = 2000
            settings.samples = false
            settings.damages = false
        }
        defer { try? FileManager.default.removeItem(atPath: summary.files[0]) }
        let spans = Double(summary.kept.spans)
        let bytes = Array(files[0])
        var compressor = try ZstdCompressor(level: 3)
        var compressed: [UInt8] = []
        try compressor.compress(bytes, into: &compressed)
        #expect((1000...1300).contains(Double(bytes.count) / spans))
        #expect((12...14.5).contains(Double(bytes.count) / Double(compressed.count)))

        var lines: [String: Set<Int>] = [:]
        for (number, line) in files[0].split(separator: UInt8(ascii: "\n")).enumerated() {
            let text = String(decoding: line, as: UTF8.self)
            for part in text.components(separatedBy: "\"traceId\":\"").dropFirst() {
                lines[String(part.prefix(32)), default: []].insert(number)
            }
        }
        #expect(lines.values.count { $0.count > 1 } * 2 > lines.count)
    }

    @Test("an archive of many frames has many, another one", arguments: [ArchiveLayout.jsonZstdMany, .jsonZstd])
    func frames(_ layout: ArchiveLayout) throws {
        let path = NSTemporaryDirectory() + "workload-\(UUID().uuidString).zst"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let (_, files) = try generate { settings in
            settings.layouts = [layout]
            settings.singleFile = path
            settings.traces = 1500
            settings.samples = false
        }
        let magic = Data([0x28, 0xb5, 0x2f, 0xfd])
        var (count, rest) = (0, files[0][...])
        while let found = rest.firstRange(of: magic) {
            count += 1
            rest = rest[found.upperBound...]
        }
        #expect(layout == .jsonZstdMany ? count > 3 : count == 1)
    }

    @Test("numbers are as wide as they are written", arguments: [0, 9, 10, 127, 128, 16_383, 16_384, .max] as [UInt64])
    func widths(_ value: UInt64) {
        var decimal: [UInt8] = []
        decimal.append(decimal: value)
        #expect(String(decoding: decimal, as: UTF8.self) == String(value))
        #expect(value.decimalWidth == decimal.count)
        var varint: [UInt8] = []
        varint.append(varint: value)
        #expect(value.varintWidth == varint.count)
    }

    @Test("a file that cannot be written is an error that names it")
    func unwritable() throws {
        var settings = WorkloadSettings()
        settings.traces = 10
        settings.samples = false
        settings.singleFile = "/proc/nowhere/file"
        #expect(throws: WorkloadError.self) { try generateWorkload(settings, into: "/proc/nowhere") }
    }
}
