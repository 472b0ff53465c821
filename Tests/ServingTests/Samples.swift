import Foundation
import Glibc
import Logging
import NIOCore
import ReportStore
import SpanModel
import Testing

@testable import Serving

/// A state directory, its store, and a face that looks at it.
struct Scene {
    static let day: UInt64 = 20_000
    static let window = Window(startNanoseconds: day * Nanoseconds.day, endNanoseconds: (day + 1) * Nanoseconds.day)
    static let now = (day + 1) * Nanoseconds.day + 15 * Nanoseconds.hour

    let directory: String
    let watch: StoreWatch
    let face: Face

    /// Runs `body` in a directory that lives no longer.
    static func with<Value>(
        _ settings: ServerSettings = ServerSettings(), _ body: (Scene) async throws -> Value
    ) async throws -> Value {
        var template = Array("/tmp/serving-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        let directory = try #require(made)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let watch = StoreWatch(directory: directory, logger: logger)
        return try await body(
            Scene(directory: directory, watch: watch, face: Face(settings, watch: watch, now: { Scene.now })))
    }

    /// Stores a report with some edges and a set of strategies, and looks.
    func fill() async throws {
        let store = try ReportStore(directory: directory)
        try save(
            [
                Edge(caller: "api", callee: "orders", kind: .call, calls: 7, errors: 2),
                Edge(caller: "orders", callee: "a<b>&\"c\"", kind: .database, calls: 3),
                Edge(caller: "", callee: "api", kind: .call, calls: 1),
            ], in: store)
        try store.save(Self.strategies(0.25), publishedNanoseconds: Self.window.endNanoseconds)
        await watch.refresh()
    }

    func save(_ edges: [Edge], in store: ReportStore) throws {
        let report = Report(window: Self.window, rules: "otlp", edges: edges)
        let run = RunRecord(
            window: Self.window, startedNanoseconds: Self.window.endNanoseconds,
            finishedNanoseconds: Self.window.endNanoseconds + 90 * Nanoseconds.second, programVersion: "0.1.0")
        try store.save(report, run: run, archives: [])
    }

    static func strategies(_ probability: Double) -> StrategySet {
        StrategySet(
            budgetSpansPerSecond: 100, predictedSpansPerSecond: 90, status: .ok, defaultProbability: 0.001,
            services: [
                ServiceStrategy(
                    service: "api", defaultProbability: 0.5,
                    operations: [
                        OperationStrategy(operation: "POST /x", probability: 0.00001),
                        OperationStrategy(
                            operation: "GET /cart", probability: probability, reason: "held by the floor",
                            steps: [
                                ExplanationStep(
                                    step: "floor", value: 0.25, unit: "probability", source: "30 traces a day")
                            ]),
                    ]),
                ServiceStrategy(service: "search svc/β", defaultProbability: 1, operations: []),
            ])
    }

    func ask(_ question: Question) async -> Answer { await face.answer(question).answer }

    func ask(_ target: String) async -> Answer { await ask(Question(target)) }
}

extension Answer {
    var text: String { String(buffer: body) }
}
