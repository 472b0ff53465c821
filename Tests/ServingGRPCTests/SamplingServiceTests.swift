#if GRPC
import Foundation
import SpanModel
import SwiftProtobuf
import Testing

@testable import ServingGRPC

/// Messages that Jaeger's own server sends, as bytes.
private let recorded: [String: String]? = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    let shared = ProcessInfo.processInfo.environment["SPANMILL_SHARED"] ?? root.path + "/shared"
    guard let data = FileManager.default.contents(atPath: shared + "/cases/jaeger.json"),
        let document = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
        let groups = document["groups"] as? [String: [String: Any]],
        let cases = groups["json_rendering"]?["cases"] as? [[String: Any]]
    else { return nil }
    return Dictionary(
        cases.compactMap { example in
            guard let name = example["name"] as? String, let hex = example["protobuf_hex"] as? String else {
                return nil
            }
            return (name, hex)
        }, uniquingKeysWith: { first, _ in first })
}()

@Suite struct SamplingServiceTests {
    private func hex(_ strategy: ServiceStrategy) throws -> String {
        let bytes: [UInt8] = try Jaeger_ApiV2_SamplingStrategyResponse(strategy).serializedBytes()
        return bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
    }

    @Test(
        "messages are Jaeger's, byte for byte",
        .enabled(if: recorded != nil, "the shared cases are not beside the checkout"))
    func bytes() throws {
        let recorded = try #require(recorded)
        for (name, rate) in [("0.5", 0.5), ("0.001", 0.001), ("1e-5", 1e-5), ("1e-7", 1e-7), ("0", 0), ("1", 1)] {
            let strategy = ServiceStrategy(service: "s", defaultProbability: rate, operations: [])
            #expect(try hex(strategy) == recorded["probabilistic \(name)"], "\(name)")
        }
        let one = ServiceStrategy(
            service: "s", defaultProbability: 0.8,
            operations: [OperationStrategy(operation: "op1", probability: 0.2)])
        #expect(try hex(one) == recorded["file, probabilistic + operation"])
        let two = ServiceStrategy(
            service: "s", defaultProbability: 0.001, lowerBoundPerSecond: 1.0 / 60,
            operations: [
                OperationStrategy(operation: "GET /a&b<c>", probability: 0.25),
                OperationStrategy(operation: "POST /x", probability: 1e-5),
            ])
        // Ours has the member for clients that know nothing of operations as well, before the operations.
        let standard = try #require(recorded["probabilistic 0.001"])
        #expect(try hex(two) == standard + (try #require(recorded["adaptive, two operations"])))
    }

    @Test("an operation that is never sampled keeps its member, empty, at the end of its entry")
    func zero() throws {
        let strategy = ServiceStrategy(
            service: "s", defaultProbability: 0, operations: [OperationStrategy(operation: "a", probability: 0)])
        #expect(try hex(strategy) == "1200" + "2207" + "1a05" + "0a0161" + "1200")
    }
}
#endif
