import Foundation
import Rendering
import SpanModel
import Testing

/// Cases taken down from the servers whose protocols are spoken.
struct SharedCases {
    /// The `cases` of a group; nil where the file is not there.
    static func group(_ name: String) -> [[String: Any]]? {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let shared = ProcessInfo.processInfo.environment["SPANMILL_SHARED"] ?? root.path + "/shared"
        guard let data = FileManager.default.contents(atPath: shared + "/cases/jaeger.json"),
            let document = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
            let groups = document["groups"] as? [String: [String: Any]]
        else { return nil }
        return groups[name]?["cases"] as? [[String: Any]]
    }
}

@Suite struct BodyTests {
    private func body(_ strategy: ServiceStrategy) -> String {
        String(decoding: jaegerStrategyBody(strategy), as: UTF8.self)
    }

    @Test(
        "bodies are Jaeger's, byte for byte",
        .enabled(if: SharedCases.group("json_rendering") != nil, "the shared cases are not beside the checkout"))
    func jaegerBodies() throws {
        let cases = try #require(SharedCases.group("json_rendering"))
        var seen = 0
        for example in cases {
            guard let name = example["name"] as? String, let expected = example["jaeger_json"] as? String else {
                continue
            }
            if name.hasPrefix("probabilistic "), let rate = Double(name.dropFirst(14)) {
                #expect(body(ServiceStrategy(service: "s", defaultProbability: rate, operations: [])) == expected)
                seen += 1
            }
            if name == "file, probabilistic + operation" {
                let operations = [OperationStrategy(operation: "op1", probability: 0.2)]
                #expect(
                    body(ServiceStrategy(service: "s", defaultProbability: 0.8, operations: operations)) == expected)
                seen += 1
            }
            if name == "adaptive, two operations" {
                // Ours has the member for clients that know nothing of operations as well.
                let operations = [
                    OperationStrategy(operation: "POST /x", probability: 1e-5),
                    OperationStrategy(operation: "GET /a&b<c>", probability: 0.25),
                ]
                let strategy = ServiceStrategy(
                    service: "s", defaultProbability: 0.001, lowerBoundPerSecond: 1.0 / 60, operations: operations)
                let member = #""probabilisticSampling":{"samplingRate":0.001},"operationSampling""#
                let ours = expected.replacingOccurrences(of: "\"operationSampling\"", with: member)
                #expect(body(strategy) == ours)
                seen += 1
            }
        }
        #expect(seen == 8)
    }

    @Test(
        "numbers have Go's forms",
        arguments: [
            (0.5, "0.5"), (1, "1"), (0, "0"), (0.001, "0.001"), (1e-6, "0.000001"), (1e-7, "1e-7"), (1.5e-9, "1.5e-9"),
            (123.25, "123.25"), (1e20, "100000000000000000000"), (1e21, "1e+21"),
            (0.016666666666666666, "0.016666666666666666"),
            (.nan, "0"), (1e16, "10000000000000000"), (-2.5, "-2.5"),
        ] as [(Double, String)])
    func numbers(value: Double, text: String) {
        let body = body(ServiceStrategy(service: "", defaultProbability: value, operations: []))
        #expect(body.hasSuffix(#"{"samplingRate":\#(text)}}"#), "\(body)")
    }

    @Test("an operation without a name, which some clients cannot read, is not listed")
    func namelessOperation() {
        let operations = [OperationStrategy(operation: "", probability: 1)]
        #expect(
            !body(ServiceStrategy(service: "s", defaultProbability: 1, operations: operations)).contains("operation"))
    }

    @Test("errors that never happened are left out for Zipkin")
    func zipkin() {
        let links: [DependencyLink] = [("a", "b", 5, 0), ("b", "c", .max, 1)]
        #expect(
            String(decoding: zipkinDependencyBody(links), as: UTF8.self) == """
                [{"parent":"a","child":"b","callCount":5},\
                {"parent":"b","child":"c","callCount":18446744073709551615,"errorCount":1}]
                """)
    }
}
