import Foundation
import Rendering
import SpanModel
import Testing

@testable import Serving

/// What clients make of bodies: the rules of the strictest of them, held against recorded cases and then against ours.
@Suite struct ClientTests {
    private static let strategy = ServiceStrategy(
        service: "s", defaultProbability: 0.001, lowerBoundPerSecond: 2,
        operations: [OperationStrategy(operation: "op", probability: 0.002)])

    @Test(
        "the strict parser of OpenTelemetry's Go client takes our bodies",
        .enabled(if: SharedCases.group("otel_go_client_parse") != nil, "the shared cases are not beside the checkout"))
    func strictParser() throws {
        for example in try #require(SharedCases.group("otel_go_client_parse")) {
            let body = try #require(example["body"] as? String)
            #expect(StrictParser.accepts(body) == (example["accepted"] as? Bool), "\(body)")
        }
        for strategy in [Self.strategy, ServiceStrategy(service: "", defaultProbability: 1e-7, operations: [])] {
            #expect(StrictParser.accepts(String(decoding: jaegerStrategyBody(strategy), as: UTF8.self)))
        }
    }

    @Test(
        "Jaeger's Python client takes over our bodies",
        .enabled(if: SharedCases.group("python_client_update") != nil, "the shared cases are not beside the checkout"))
    func pythonUpdate() throws {
        for example in try #require(SharedCases.group("python_client_update")) {
            let response = try #require(example["response"] as? [String: Any])
            let (before, after) = (example["before"] as? String ?? "", example["after"] as? String ?? "")
            let next = pythonSampler(response)
            #expect((next ?? before) == after, "\(response)")
            #expect((next == nil ? 1 : 0) == (example["errors"] as? Int))
        }
        let body = try JSONSerialization.jsonObject(with: Data(jaegerStrategyBody(Self.strategy)))
        #expect(
            pythonSampler(try #require(body as? [String: Any])) == "Adaptive(default 0.001, lower bound 2, max ops 10)")
    }

    /// The sampler after an update; nil where the client reports an error and keeps what it has.
    private func pythonSampler(_ response: [String: Any]) -> String? {
        if let operations = response["operationSampling"] as? [String: Any] {
            guard operations["perOperationStrategies"] is [Any],
                let standard = operations["defaultSamplingProbability"] as? NSNumber,
                let bound = operations["defaultLowerBoundTracesPerSecond"] as? NSNumber
            else { return nil }
            return "Adaptive(default \(standard), lower bound \(bound), max ops 10)"
        }
        switch response["strategyType"] as? String {
        case "PROBABILISTIC":
            guard
                let rate = (response["probabilisticSampling"] as? [String: Any])?["samplingRate"] as? NSNumber,
                (0...1).contains(rate.doubleValue)
            else { return nil }
            return "Probabilistic(\(rate))"
        case "RATE_LIMITING":
            guard
                let limit = (response["rateLimitingSampling"] as? [String: Any])?["maxTracesPerSecond"] as? NSNumber,
                limit.doubleValue >= 0, limit.doubleValue < 500
            else { return nil }
            return "RateLimiting(\(limit))"
        default: return nil
        }
    }
}

/// Accepts what a strict reader of the protocol's messages accepts: no unknown member, whole numbers without a point.
private enum StrictParser {
    private indirect enum Kind: Sendable {
        case strategyType, number, integer, text, list(Kind), message([String: Kind])
    }

    private static let rate = Kind.message(["samplingRate": .number])
    private static let response = Kind.message([
        "strategyType": .strategyType, "probabilisticSampling": rate,
        "rateLimitingSampling": .message(["maxTracesPerSecond": .integer]),
        "operationSampling": .message([
            "defaultSamplingProbability": .number, "defaultLowerBoundTracesPerSecond": .number,
            "defaultUpperBoundTracesPerSecond": .number,
            "perOperationStrategies": .list(.message(["operation": .text, "probabilisticSampling": rate])),
        ]),
    ])

    static func accepts(_ body: String) -> Bool {
        var rest = Substring(body)
        return read(response, &rest) && rest.isEmpty
    }

    private static func read(_ kind: Kind, _ rest: inout Substring) -> Bool {
        if take("null", &rest) { return true }
        switch kind {
        case .message(let members):
            return items("{", "}", &rest) { rest in
                guard let key = string(&rest), let member = members[key], take(":", &rest) else { return false }
                return read(member, &rest)
            }
        case .list(let element): return items("[", "]", &rest) { read(element, &$0) }
        case .text: return string(&rest) != nil
        case .strategyType:
            if let name = string(&rest) { return ["PROBABILISTIC", "RATE_LIMITING"].contains(name) }
            return number(&rest).map { Int32($0) != nil } ?? false
        case .number: return (string(&rest) ?? number(&rest)).map { Double($0) != nil } ?? false
        case .integer: return (string(&rest) ?? number(&rest)).map { Int32($0) != nil } ?? false
        }
    }

    private static func items(
        _ open: String, _ close: String, _ rest: inout Substring, _ item: (inout Substring) -> Bool
    ) -> Bool {
        guard take(open, &rest) else { return false }
        if take(close, &rest) { return true }
        repeat {
            guard item(&rest) else { return false }
        } while take(",", &rest)
        return take(close, &rest)
    }

    private static func take(_ token: String, _ rest: inout Substring) -> Bool {
        guard rest.hasPrefix(token) else { return false }
        rest = rest.dropFirst(token.count)
        return true
    }

    private static func string(_ rest: inout Substring) -> String? {
        guard rest.first == "\"" else { return nil }
        var text = ""
        var index = rest.index(after: rest.startIndex)
        while index < rest.endIndex, rest[index] != "\"" {
            if rest[index] == "\\" {
                index = rest.index(after: index)
                guard index < rest.endIndex else { return nil }
            }
            text.append(rest[index])
            index = rest.index(after: index)
        }
        guard index < rest.endIndex else { return nil }
        rest = rest[rest.index(after: index)...]
        return text
    }

    private static func number(_ rest: inout Substring) -> String? {
        let digits = rest.prefix { $0.isNumber || "+-.eE".contains($0) }
        rest = rest.dropFirst(digits.count)
        return digits.isEmpty ? nil : String(digits)
    }
}
