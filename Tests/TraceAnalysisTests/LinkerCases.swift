import Foundation
import SpanModel
import Testing

@testable import TraceAnalysis

/// A case of the shared linker collection: spans, and what a peer makes of them.
struct LinkerCase: Decodable, CustomTestStringConvertible {
    struct Span: Decodable {
        struct Link: Decodable {
            var traceId: String
            var spanId: String
        }
        var traceId: String
        var spanId: String
        var parentId: String?
        var kind: String?
        var service: String?
        var remoteService: String?
        var name: String?
        var timestampUs: UInt64
        var durationUs: UInt64?
        var error: Bool
        var shared: Bool?
        var ip: String?
        var tags: [String: String]?
        var links: [Link]?
    }
    struct DependencyLink: Decodable {
        var parent: String
        var child: String
        var callCount: Int
        var errorCount: Int?
    }
    var id: String
    var sourceSystem: String
    var spans: [Span]
    var expectedLinks: [DependencyLink]
    var putTimes: Int?
    var mergeInput: [DependencyLink]?

    var testDescription: String { id }

    /// All cases; nil where the collection is not at hand.
    static let all: [LinkerCase]? = {
        guard let data = SharedFiles.read("cases/linker.json") else { return nil }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try? decoder.decode([LinkerCase].self, from: data)
    }()

    static func of(_ systems: String...) -> [LinkerCase] {
        (all ?? []).filter { systems.contains($0.sourceSystem) && $0.mergeInput == nil }
    }

    /// Parent, child, calls, errors as the peer has them.
    var expected: [String] {
        Self.lines(expectedLinks.map { ($0.parent, $0.child, $0.callCount, $0.errorCount ?? 0) })
    }

    static func lines(_ links: [(String, String, Int, Int)]) -> [String] {
        links.map { "\($0.0)->\($0.1) \($0.2)" + ($0.3 > 0 ? " failed \($0.3)" : "") }.sorted()
    }
}

/// Files beside the checkout that tests may use but never need.
enum SharedFiles {
    static let checkout = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func read(_ path: String) -> Data? {
        let given = ProcessInfo.processInfo.environment["SPANMILL_SHARED"]
        let folder = given.map { URL(filePath: $0) } ?? checkout.deletingLastPathComponent().appending(path: "shared")
        return try? Data(contentsOf: folder.appending(path: path))
    }
}

extension LinkerCase {
    /// The spans as a reader of Zipkin documents would hand them over: names folded, shared flags, addresses.
    var zipkinDrawings: [Drawing] {
        drawings { span in
            var drawn = base(span)
            drawn.service = (span.service ?? "").lowercased()
            drawn.peer = (span.remoteService ?? "").lowercased()
            drawn.record.peerSource = drawn.peer.isEmpty ? .none : .remoteEndpoint
            if span.shared == true { drawn.record.flags.insert(.shared) }
            if let address = span.ip {
                drawn.record.endpointHash = max(1, address.utf8.reduce(17) { $0 &* 31 &+ UInt32($1) })
            }
            return drawn
        }
    }

    /// The spans as a reader of OTLP would hand them over: the peer by the order of names, names as sent.
    var otlpDrawings: [Drawing] {
        drawings { span in
            var drawn = base(span)
            let tags = span.tags ?? [:]
            drawn.service = span.service ?? ""
            if !tags.keys.filter({ $0.hasPrefix("db.") }).isEmpty { drawn.record.flags.insert(.database) }
            let order: [NameSource] = [
                .peerService, .dbNamespace, .dbName, .serverAddress, .networkPeerAddress, .dbSystemName, .dbSystem,
            ]
            for source in order {
                var name = source == .peerService ? span.remoteService : source.key.flatMap { tags[$0] }
                if source == .networkPeerAddress, let port = tags["network.peer.port"] { name? += ":\(port)" }
                guard let name, !name.isEmpty else { continue }
                (drawn.peer, drawn.record.peerSource) = (name, source)
                break
            }
            return drawn
        }
    }

    private func drawings(_ draw: (Span) -> Drawing.DrawnSpan) -> [Drawing] {
        let byTrace = Dictionary(grouping: spans) { Self.low64($0.traceId) }
        return byTrace.map { trace, spans in Drawing(traceID: trace, spans: spans.map(draw)) }
    }

    private func base(_ span: Span) -> Drawing.DrawnSpan {
        let id = TraceID(high: 0, low: Self.low64(span.traceId))
        var drawn = Drawing.DrawnSpan(record: SpanRecord(traceID: id, spanID: Self.low64(span.spanId)))
        drawn.name = span.name ?? ""
        drawn.record.parentID = Self.low64(span.parentId ?? "0")
        drawn.record.startNanoseconds = span.timestampUs * 1000
        drawn.record.durationNanoseconds = (span.durationUs ?? 0) * 1000
        if span.durationUs == nil { drawn.record.flags.insert(.noDuration) }
        drawn.record.kind = SpanKind.allCases.first { $0.label.uppercased() == span.kind } ?? .unset
        if span.error { drawn.record.flags.insert([.error, .errorTag]) }
        if span.tags?["error"] != nil { drawn.record.flags.insert(.errorTag) }
        for link in span.links ?? [] {
            let (trace, target) = (Self.low64(link.traceId), Self.low64(link.spanId))
            // Readers drop links to the span itself or its parent.
            let isOwn = trace == id.low && (target == drawn.record.spanID || target == drawn.record.parentID)
            if isOwn { continue }
            drawn.record.flags.insert(.links)
            drawn.links.append((trace, target))
        }
        return drawn
    }

    private static func low64(_ hex: String) -> UInt64 { UInt64(hex.suffix(16), radix: 16) ?? 0 }
}
