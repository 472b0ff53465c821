import Foundation
import SpanModel

@testable import SpanReading

/// Everything a format made of some bytes, with names as text.
struct ReadResult {
    var spans: [SpanRecord] = []
    var links: [LinkRecord] = []
    var names = NameTable()
    var report = ReadingReport()
    /// Bytes left when the reader took no more.
    var left = 0

    func service(_ operation: UInt32) -> String { names.text(names.operations[Int(operation)].service) }
    func name(_ operation: UInt32) -> String { names.text(names.operations[Int(operation)].name) }
    var services: [String] { spans.map { service($0.operation) } }
    var operations: [String] { spans.map { name($0.operation) } }
    var peers: [String] { spans.map { names.text($0.peer) } }
    var traceCount: Int { Set(spans.map(\.traceID)).count }
    var serviceCount: Int { Set(services.filter { !$0.isEmpty }).count }

    /// What must not depend on how the bytes came.
    var fingerprint: [String] {
        spans.map { span in
            let parts: [String] = [
                span.traceID.hex, Hex.text(span.spanID), Hex.text(span.parentID), "\(span.startNanoseconds)",
                "\(span.durationNanoseconds)", service(span.operation), name(span.operation), names.text(span.peer),
                "\(span.peerSource)", names.text(span.destination), "\(span.kind)", "\(span.flags.rawValue)",
                "\(span.weight.units)",
            ]
            return parts.joined(separator: "|")
        }
            + links.map { "\($0.targetTraceID.hex) \(Hex.text($0.targetSpanID)) \(service($0.operation)) \($0.kind)" }
    }

    /// Feeds bytes to a format as an archive reader does, in pieces of `step`.
    static func of<F: SpanFormat>(
        _ format: F.Type, _ bytes: [UInt8], step: Int = .max, settings: ReadingSettings = ReadingSettings()
    ) -> ReadResult {
        var result = ReadResult()
        var reader = format.init(settings: settings)
        var batch = SpanBatch(names: result.names)
        var start = 0
        var end = min(step, bytes.count)
        while true {
            let isLast = end == bytes.count
            let window = bytes.span.bytes.extracting(start..<end)
            let taken = reader.read(window, isLast: isLast, into: &batch, report: &result.report)
            result.spans += batch.spans
            result.links += batch.links
            batch.removeSpans()
            start += taken
            if taken == 0 || result.report.isFinished {
                if isLast || result.report.isFinished { break }
                end = min(end + step, bytes.count)
            }
        }
        result.names = batch.names
        result.left = bytes.count - start
        return result
    }

    static func of<F: SpanFormat>(_ format: F.Type, _ text: String, step: Int = .max) -> ReadResult {
        of(format, Array(text.utf8), step: step)
    }
}

extension ReadResult {
    /// What a request of one span, of a resource without attributes, reads as.
    static func ofProtobufSpan(_ body: (inout ProtobufBuilder) -> Void) -> ReadResult {
        of(
            OTLPProtobufFormat.self,
            ProtobufBuilder.message { request in
                request.message(1) { resource in resource.message(2) { scope in scope.message(2, body) } }
            } + ProtobufBuilder.room)
    }
}

/// Real archives, which are not part of the project.
enum SharedData {
    static let directory: URL? = {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let path = ProcessInfo.processInfo.environment["SPANMILL_SHARED"]
        let shared = path.map { URL(filePath: $0) } ?? package.deletingLastPathComponent().appending(path: "shared")
        let data = shared.appending(path: "data")
        return FileManager.default.fileExists(atPath: data.path) ? data : nil
    }()

    static func bytes(_ path: String) throws -> [UInt8] {
        guard let directory else { return [] }
        return Array(try Data(contentsOf: directory.appending(path: path)))
    }

    static func files(_ folder: String) throws -> [String] {
        guard let directory else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: directory.appending(path: folder).path).sorted()
            .map { "\(folder)/\($0)" }
    }
}
