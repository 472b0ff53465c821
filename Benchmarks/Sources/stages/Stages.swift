import Compression
import Foundation
import Measuring
import Rendering
import SpanModel
import SpanReading
import TraceAnalysis

/// One archive through every stage, one after the other in one thread.
///
///     stages ARCHIVE            what each stage takes for a span
///     stages --once ARCHIVE     all of them once, for a profiler
@main
struct Stages {
    let path: String

    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let path = arguments.last, !path.hasPrefix("-") else {
            return print("usage: stages [--once] ARCHIVE")
        }
        let stages = Stages(path: path)
        if arguments.first == "--once" { try stages.once() } else { try stages.measure() }
    }

    /// As `spanmill report --json --workers 1` does it, without the program around it.
    private func once() throws {
        let gatherer = try gatherer(try dealt().dealt)
        let answer = try render(try aggregate(gatherer), gatherer)
        print(answer.count)
    }

    private func measure() throws {
        var spans: UInt64 = 0
        let read = try Clock.measure { spans = try readOnly() }
        guard spans > 0 else { return print("no spans in \(path)") }
        let decompressed = try Clock.measure { try decompress() }
        var made: DealtSpans?
        let dealing = try Clock.measure { made = try dealt().dealt }
        guard let made else { return }
        var gathered: Gatherer?
        let names = try Clock.measure { gathered = try gatherer(made) }
        guard let gatherer = gathered else { return }
        let gathering = try Clock.measure { try gather(gatherer) { _ in } }
        var observation = TraceObservation()
        guard var rules = ruleSet(settings: settings) else { return }
        let linking = try Clock.measure { try gather(gatherer) { rules.observe($0, into: &observation) } }
        var result = Aggregate(settings: settings)
        let analyses = try Clock.measure { result = try aggregate(gatherer) }
        let rendering = try Clock.measure { _ = try render(result, gatherer) }

        let rows: [(String, Double)] = [
            ("decompression", decompressed.cpu), ("reading", read.cpu - decompressed.cpu),
            ("dealing", dealing.cpu - read.cpu), ("names", names.cpu), ("gathering", gathering.cpu),
            ("linking", linking.cpu - gathering.cpu), ("analyses", analyses.cpu - linking.cpu),
            ("report as JSON", rendering.cpu),
        ]
        print("\(path): \(spans) spans\n\n| stage | ns a span |\n|---|---|")
        for (name, seconds) in rows { print("| \(name) | \(text(seconds * 1e9 / Double(spans), 1)) |") }
    }

    private var settings: AnalysisSettings { AnalysisSettings() }
    private var budget: MemoryBudget { MemoryBudget(bytes: 4 << 30, workers: 1) }

    private func readOnly() throws -> UInt64 {
        var reader = ArchiveReader(settings: ReadingSettings())
        var batch = SpanBatch()
        return try reader.read(path, into: &batch) { (_: inout SpanBatch) throws(ScratchError) in }.spans
    }

    private func dealt() throws -> (dealt: DealtSpans, spans: UInt64) {
        var reader = ArchiveReader(settings: ReadingSettings())
        var batch = SpanBatch()
        var dealer = Dealer(pool: ChunkPool(budget), scratchDirectory: NSTemporaryDirectory())
        let summary = try reader.read(path, into: &batch) { batch throws(ScratchError) in try dealer.deal(&batch) }
        return (try dealer.finish(names: batch.names), summary.spans)
    }

    private func gatherer(_ dealt: DealtSpans) throws -> Gatherer {
        try Gatherer([dealt], settings: settings, budget: budget)
    }

    private func gather(_ gatherer: Gatherer, _ body: (borrowing TraceRecords) -> Void) throws {
        for shard in 0..<gatherer.shardCount { try gatherer.gather(shard: shard, body) }
    }

    private func aggregate(_ gatherer: Gatherer) throws -> Aggregate {
        guard let rules = ruleSet(settings: settings) else { return Aggregate(settings: settings) }
        var observer = TraceObserver(rules, settings: settings)
        try gather(gatherer) { observer.observe($0) }
        observer.aggregate.settle()
        return observer.aggregate
    }

    private func render(_ aggregate: Aggregate, _ gatherer: Gatherer) throws -> [UInt8] {
        let window = aggregate.enclosingHours ?? Window(startNanoseconds: 0, endNanoseconds: 0)
        let report = aggregate.report(
            names: gatherer.names, settings: settings, window: window, quality: Quality())
        let input = RenderInput(.report, version: "benchmark", report: report)
        return Renderer.named("json", for: .report)?.render(input, RenderOptions()) ?? []
    }

    /// The outer layer alone, where it is zstd.
    private func decompress() throws {
        let file = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
        guard file.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) else { return }
        var decompressor = try ZstdDecompressor()
        var room = [UInt8](repeating: 0, count: 2 << 20)
        try file.withUnsafeBytes { bytes in
            var taken = 0
            while taken < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[taken...])
                taken += try room.withUnsafeMutableBytes { try decompressor.decompress(rest, into: $0).taken }
            }
        }
    }
}
