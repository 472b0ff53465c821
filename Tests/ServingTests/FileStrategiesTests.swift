import Foundation
import Rendering
import SpanModel
import Testing

/// The strategies file read as its readers read it: their rules held against recorded cases, then ours against them.
@Suite struct FileStrategiesTests {
    @Test(
        "files mean what Jaeger says they mean",
        .enabled(if: SharedCases.group("file_strategies") != nil, "the shared cases are not beside the checkout"))
    func recordedFiles() throws {
        let cases = try #require(SharedCases.group("file_strategies"))
        #expect(!cases.isEmpty)
        for example in cases {
            let file = try (example["file"] as? [String: Any]).map { try JSONSerialization.data(withJSONObject: $0) }
            let strategies = try FileStrategies(
                file, defaultProbability: (example["default_sampling_probability"] as? NSNumber)?.doubleValue ?? 0.001,
                inherits: example["include_default_operation_strategies"] as? Bool ?? true)
            for (service, expected) in try #require(example["expect"] as? [String: Any]) {
                // Integers and decimals of the same value are equal here.
                #expect(
                    NSDictionary(dictionary: strategies.response(service))
                        == NSDictionary(dictionary: try #require(expected as? [String: Any])), "\(service)")
            }
            let warnings = example["expect_warnings"] as? [String] ?? []
            #expect(Set(strategies.warnings).isSuperset(of: warnings))
        }
    }

    @Test(
        "single entries and files that are none",
        .enabled(if: SharedCases.group("file_parse_strategy") != nil, "the shared cases are not beside the checkout"))
    func recordedEntries() throws {
        let none = try FileStrategies(nil, defaultProbability: 0.25)
        for example in try #require(SharedCases.group("file_parse_strategy")) {
            let strategy = none.parse(example)
            let expected = try #require(example["expect"] as? [String: Any])
            if expected["strategyType"] as? String == "RATE_LIMITING" {
                #expect(strategy.probability == nil)
                #expect(strategy.tracesPerSecond == expected["maxTracesPerSecond"] as? Int)
            } else {
                #expect(strategy.probability == (expected["samplingRate"] as? NSNumber)?.doubleValue ?? 0.25)
            }
        }
        for example in try #require(SharedCases.group("file_load_errors")) {
            guard let message = example["expect_error_contains"] as? String, message.contains("unmarshal") else {
                continue
            }
            let error = #expect(throws: FileStrategies.Refused.self) { try FileStrategies(Data("\"nonsense\"".utf8)) }
            #expect(error?.message.contains(message) == true)
        }
    }

    /// Services, operations and probabilities at random, with names that try to break out.
    private func randomSet(_ seed: UInt64) -> StrategySet {
        var random = seed
        func next(_ bound: UInt64) -> UInt64 {
            random &+= 0x9e37_79b9_7f4a_7c15
            return mix64(random) % bound
        }
        let hostile = ["\"", "\\", "\u{0}", "\n", "ä", "\u{2028}", "<", "'", "{}", "😀", "default_strategy", " "]
        func name(_ number: Int) -> String { "\(hostile[Int(next(UInt64(hostile.count)))])\(number)" }
        func probability() -> Double { [0, 1, 1e-5, 0.25, 1 / Double(1 + next(1000))][Int(next(5))] }
        let services = (0..<Int(next(6))).map { number in
            ServiceStrategy(
                service: name(number), defaultProbability: probability(),
                operations: (0..<Int(next(9))).map {
                    OperationStrategy(operation: name($0), probability: probability())
                })
        }
        return StrategySet(
            budgetSpansPerSecond: 1, predictedSpansPerSecond: 1, status: .ok, defaultProbability: probability(),
            services: services.sorted { $0.service < $1.service })
    }

    @Test("what our file says is what our server answers, whatever the reader's own default and rules")
    func oursIsServed() throws {
        for seed in 0..<200 as Range<UInt64> {
            let set = randomSet(seed &* 7919)
            let file = Data(jaegerStrategyFile(set))
            for (standard, inherits) in [(0.001, true), (1, false), (0, true)] {
                let read = try FileStrategies(file, defaultProbability: standard, inherits: inherits)
                #expect(read.warnings.isEmpty)
                for service in set.services {
                    let served = try JSONSerialization.jsonObject(with: Data(jaegerStrategyBody(service)))
                    #expect(unordered(read.response(service.service)) == unordered(served as? [String: Any] ?? [:]))
                }
                let served = try JSONSerialization.jsonObject(
                    with: Data(jaegerStrategyBody(defaultProbability: set.defaultProbability)))
                #expect(unordered(read.response("not listed")) == unordered(served as? [String: Any] ?? [:]))
            }
        }
    }

    @Test(
        "thousands of operations are all in the file; a lower bound, which its schema cannot say, is all that it lacks")
    func manyOperations() throws {
        let service = ServiceStrategy(
            service: "wide", defaultProbability: 0.125, lowerBoundPerSecond: 0.5,
            operations: (0..<2500).map {
                OperationStrategy(operation: "GET /\($0)", probability: 1 / Double($0 + 1))
            })
        let set = StrategySet(
            budgetSpansPerSecond: 1, predictedSpansPerSecond: 1, status: .ok, defaultProbability: 0.25,
            services: [service])
        let read = try FileStrategies(Data(jaegerStrategyFile(set))).response("wide")
        let served = try JSONSerialization.jsonObject(with: Data(jaegerStrategyBody(service))) as? [String: Any] ?? [:]
        let block = try #require(served["operationSampling"] as? [String: Any])
        #expect((block["perOperationStrategies"] as? [Any])?.count == 2500)
        #expect((block["defaultLowerBoundTracesPerSecond"] as? NSNumber)?.doubleValue == 0.5)
        var unbound = block
        unbound["defaultLowerBoundTracesPerSecond"] = 0
        #expect(
            unordered(read) == unordered(served.merging(["operationSampling": unbound]) { _, replaced in replaced }))
        #expect(unordered(read) != unordered(served))
    }

    /// A response with its operations by name; a list of none counts as none.
    private func unordered(_ response: [String: Any]) -> NSDictionary {
        var response = response
        guard var block = response["operationSampling"] as? [String: Any] else {
            return NSDictionary(dictionary: response)
        }
        var operations: [String: Any] = [:]
        for operation in block["perOperationStrategies"] as? [[String: Any]] ?? [] {
            operations[operation["operation"] as? String ?? ""] = operation["probabilisticSampling"]
        }
        block["perOperationStrategies"] = operations
        response["operationSampling"] = operations.isEmpty ? nil : block
        return NSDictionary(dictionary: response)
    }
}
