import Foundation
import SpanModel
import Testing

@testable import Rendering

@Suite struct JSONWriterTests {
    private func parsed(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    @Test("numbers are exact and never have an exponent")
    func numbers() {
        let bytes = JSONWriter.document { json in
            json.member("u64", UInt64.max)
            json.member("u128", UInt128.max)
            json.member("i64", Int64.min)
            json.member("small", 0.00001)
            json.member("tiny", 1.25e-9)
            json.member("great", 1.5e21)
            json.member("whole", 3.0)
            json.member("nan", Double.nan)
            json.member("infinite", -Double.infinity)
            json.member("absent", String?.none)
        }
        #expect(
            String(decoding: bytes, as: UTF8.self) == """
                {
                  "u64": 18446744073709551615,
                  "u128": 340282366920938463463374607431768211455,
                  "i64": -9223372036854775808,
                  "small": 0.00001,
                  "tiny": 0.00000000125,
                  "great": 1500000000000000000000.0,
                  "whole": 3.0,
                  "nan": null,
                  "infinite": null,
                  "absent": null
                }

                """)
    }

    @Test("a number reads back as itself")
    func roundTrip() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let number = Double(bitPattern: generator.next())
            guard number.isFinite else { continue }
            #expect(Double(Decimal.plain(number)) == number)
        }
    }

    @Test("any text reads back as itself, and no control character is written")
    func texts() throws {
        for text in hostileNames {
            let bytes = JSONWriter.document { $0.member("name", text) }
            #expect(try parsed(bytes)["name"] as? String == text)
            #expect(bytes.dropLast().allSatisfy { $0 >= 0x20 || $0 == 0x0a })
        }
    }

    @Test("empty containers stay on one line")
    func empty() {
        let bytes = JSONWriter.document { json in json.member("nodes") { $0.array([Int](), .lines) { $0.value($1) } } }
        #expect(String(decoding: bytes, as: UTF8.self) == "{\n  \"nodes\": []\n}\n")
    }

    @Test("every document begins with what all have in common, in one order", arguments: RenderInput.Verb.allCases)
    func header(_ verb: RenderInput.Verb) throws {
        let bytes = jsonDocument(Sample.input(verb), RenderOptions())
        let document = try parsed(bytes)
        #expect(document["schema"] as? String == "spanmill.\(verb == .run ? "report" : verb.rawValue)")
        #expect(document["version"] as? Int == 1)
        for key in ["spanmill_version", "window", "rules", "quality"] { #expect(document[key] != nil) }
        if let quality = document["quality"] as? [String: Any] {
            let keys = [
                "archives", "archives_bad", "spans", "spans_duplicate", "spans_orphan", "traces", "traces_complete",
                "traces_cut", "bytes_read", "self_parents", "extra_roots", "cycles", "inner_entries", "unnamed",
                "unknown_caller", "crossings", "links_unresolved", "links_to_parent", "links_local",
                "unresolved_outgoing", "outer_exits", "spans_invalid",
            ]
            for key in keys { #expect(quality[key] is NSNumber, "\(key)") }
        }
    }

    @Test("an edge and an operation have every promised key, null where there is nothing")
    func promisedKeys() throws {
        let graph = try parsed(jsonDocument(Sample.input(.graph), RenderOptions()))
        let latencyKeys = ["count", "min", "p50", "p75", "p90", "p95", "p99", "p999", "max", "sum"].map {
            $0 == "count" ? $0 : $0 + "_nanoseconds"
        }
        let edges = try #require(graph["edges"] as? [[String: Any]])
        let edgeKeys = [
            "caller", "callee", "kind", "name_source", "calls", "errors", "client_only_errors", "destinations",
            "estimated_calls", "estimated_calls_interval", "client", "server", "exemplars",
        ]
        for edge in edges {
            #expect(Set(edge.keys) == Set(edgeKeys))
            for side in ["client", "server"] {
                #expect(Set((edge[side] as? [String: Any] ?? [:]).keys) == Set(latencyKeys))
            }
        }
        let link = try #require(edges.first { $0["kind"] as? String == "link" })
        #expect(link["estimated_calls"] is NSNull && link["estimated_calls_interval"] is NSNull)
        let latency = try parsed(jsonDocument(Sample.input(.latency), RenderOptions()))
        let operation = try #require((latency["operations"] as? [[String: Any]])?.first)
        for key in ["p50", "p75", "p90", "p95", "p99", "p999"] {
            #expect(operation[key + "_nanoseconds"] != nil && operation[key + "_interval"] != nil)
        }
        #expect(Set((operation["exemplars"] as? [String: Any] ?? [:]).keys) == ["p50", "p95", "p99", "error"])
    }
}

/// Names that strangers might send.
let hostileNames = [
    "", "plain", "quote\" and 'quote'", "back\\slash\\", "line\nfeed\r\n", "tab\tbell\u{7}nul\u{0}",
    "\u{1b}[31mred\u{1b}[0m", "\u{9b}31m", "\u{202e}gnp.exe", "\u{2066}isolate\u{2069}", "zero\u{200b}width",
    "שלום", "👩‍👩‍👧 family 🚀", "日本語サービス", "e\u{301}", "{record|<port> field}", "<b>html</b> &amp; &lt;",
    "a;b,c=d#e//f/*g*/", "\\N\\G\\l", "%s%n", "\u{2028}line\u{2029}", "\u{feff}bom", "node [shape=none]; x -> y",
    String(repeating: "\u{202e}", count: 1365), String(repeating: "x", count: 4096),
    String(repeating: "é\"\\", count: 1000),
]
