import Foundation
import SpanModel
import Testing

@testable import SpanReading

/// The template for attributes must agree with the general walker whatever the text looks like.
@Suite struct OTLPJSONFuzzTests {
    /// Writes JSON values with random white space, member order and escapes.
    private struct Writer {
        var generator: SplitMix
        var isPlain: Bool

        mutating func space() -> String {
            isPlain || Bool.random(using: &generator)
                ? "" : [" ", "\n", "\t", "  ", "\r\n"].randomElement(using: &generator) ?? ""
        }

        mutating func string(_ text: String) -> String {
            let characters = text.unicodeScalars.map { scalar -> String in
                if scalar == "\"" || scalar == "\\" { return "\\\(scalar)" }
                if isPlain || Int.random(in: 0..<8, using: &generator) > 0 { return "\(scalar)" }
                return scalar.utf16.map {
                    "\\u" + String(repeating: "0", count: 4 - String($0, radix: 16).count) + String($0, radix: 16)
                }
                .joined()
            }
            return "\"\(characters.joined())\""
        }

        mutating func object(_ members: [(String, String)]) -> String {
            let ordered = isPlain ? members : members.shuffled(using: &generator)
            var parts: [String] = []
            for (name, value) in ordered {
                parts.append("\(space())\(string(name))\(space()):\(space())\(value)\(space())")
            }
            return "{\(parts.joined(separator: ","))}"
        }

        mutating func list(_ elements: [String]) -> String {
            var parts: [String] = []
            for element in elements { parts.append("\(space())\(element)\(space())") }
            return "[\(parts.joined(separator: ","))]"
        }
    }

    private typealias Attribute = (key: String, type: String, value: String)

    private static let keys = [
        "peer.service", "db.name", "server.address", "server.port", "http.method", "k", "messaging.destination.name",
        "sampler.type", "sampler.param", "rpc.method", "url.full", "ключ", "a\"b", "error", "net.peer.name",
    ]
    private static let texts = [
        "", "bank", "é漢😀", "quote\"back\\slash", "x]}y", "probabilistic", "http://h:1/p", "a.b/C", "8080", "1",
        "long " + String(repeating: "z", count: 60),
    ]

    private func attributes(_ generator: inout SplitMix) -> [Attribute] {
        (0..<Int.random(in: 0..<14, using: &generator)).map { _ in
            let key = Self.keys.randomElement(using: &generator) ?? ""
            switch Int.random(in: 0..<7, using: &generator) {
            case 0: return (key, "intValue", "\"\(Int.random(in: -9...70000, using: &generator))\"")
            case 1: return (key, "intValue", "\(Int.random(in: 0...70000, using: &generator))")
            case 2: return (key, "boolValue", Bool.random(using: &generator) ? "true" : "false")
            case 3:
                return (key, "doubleValue", ["0.25", "\"NaN\"", "1e-3", "2"].randomElement(using: &generator) ?? "1")
            case 4: return (key, "arrayValue", "{\"values\":[{\"stringValue\":\"]}\"}]}")
            default: return (key, "stringValue", Self.texts.randomElement(using: &generator) ?? "")
            }
        }
    }

    private func document(_ spans: [[Attribute]], _ writer: inout Writer) -> String {
        var objects: [String] = []
        for (index, attributes) in spans.enumerated() {
            var list: [String] = []
            for attribute in attributes {
                let value = attribute.type == "stringValue" ? writer.string(attribute.value) : attribute.value
                let typed = writer.object([(attribute.type, value)])
                list.append(writer.object([("key", writer.string(attribute.key)), ("value", typed)]))
            }
            objects.append(
                writer.object([
                    ("traceId", "\"0102030405060708090a0b0c0d0e0f10\""),
                    ("spanId", "\"\(Hex.text(UInt64(index + 1)))\""),
                    ("name", writer.string("op \(index)")), ("kind", "3"),
                    ("startTimeUnixNano", "\"1700000000000000000\""),
                    ("endTimeUnixNano", "\"1700000000000000500\""), ("attributes", writer.list(list)),
                    ("unknown", "{\"a\":[\"}]\",{}]}"), ("status", "{}"),
                ]))
        }
        let service = writer.object([
            ("key", "\"service.name\""), ("value", writer.object([("stringValue", writer.string("shop"))])),
        ])
        let resource = writer.object([("attributes", writer.list([service]))])
        let scope = writer.object([("spans", writer.list(objects))])
        let resourceSpans = writer.object([("resource", resource), ("scopeSpans", writer.list([scope]))])
        return writer.object([("resourceSpans", writer.list([resourceSpans]))])
    }

    @Test func styleNeverChangesWhatIsRead() {
        var generator = SplitMix(state: 42)
        var namedPeers = 0
        for round in 0..<300 {
            let spans = (0..<6).map { _ in attributes(&generator) }
            var plain = Writer(generator: SplitMix(state: 0), isPlain: true)
            var wild = Writer(generator: SplitMix(state: UInt64(round)), isPlain: false)
            let expected = ReadResult.of(OTLPJSONFormat.self, document(spans, &plain))
            let found = ReadResult.of(OTLPJSONFormat.self, document(spans, &wild))
            #expect(expected.spans.count == 6 && expected.report.badRecords == 0)
            #expect(found.fingerprint == expected.fingerprint)
            namedPeers += expected.spans.count { $0.peer != 0 }
        }
        #expect(namedPeers > 500)
    }

    @Test func damagedLinesNeverCostTheirNeighbours() {
        var generator = SplitMix(state: 5)
        var plain = Writer(generator: SplitMix(state: 0), isPlain: true)
        for _ in 0..<500 {
            let good = document([attributes(&generator)], &plain)
            var damaged = Array(document([attributes(&generator), attributes(&generator)], &plain).utf8)
            let place = Int.random(in: 0..<damaged.count, using: &generator)
            if Bool.random(using: &generator) {
                damaged.removeSubrange(place...)
            } else {
                damaged[place] = UInt8.random(in: 0...255, using: &generator)
            }
            // A newline inside would make it two lines.
            damaged.removeAll { $0 == 0x0a }
            let bytes = Array(good.utf8) + [0x0a] + damaged + [0x0a] + Array(good.utf8) + [0x0a] + Array(good.utf8)
            let found = ReadResult.of(OTLPJSONFormat.self, bytes)
            let isWhole = (try? JSONSerialization.jsonObject(with: Data(damaged))) != nil
            #expect(found.spans.count >= 3 && found.spans.count <= 5 && found.left == 0)
            if !isWhole, !damaged.isEmpty { #expect(found.spans.count == 3 && found.report.badRecords >= 1) }
        }
    }
}
