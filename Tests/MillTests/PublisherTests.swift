import Foundation
import ReportStore
import SpanModel
import Testing

@testable import Mill

/// Putting strategies in force, and back.
struct PublisherTests {
    private func set(_ probabilities: [String: Double], hours: [Double] = []) -> StrategySet {
        let operations = probabilities.sorted { $0.key < $1.key }.map {
            OperationStrategy(operation: $0.key, probability: $0.value, reason: "because", hours: hours)
        }
        return StrategySet(
            budgetSpansPerSecond: 10, predictedSpansPerSecond: 5, status: .ok, defaultProbability: 0.01,
            services: [ServiceStrategy(service: "web", defaultProbability: 0.02, operations: operations)],
            plannedSpansPerSecond: [1: 2])
    }

    private func prepared(_ sets: [StrategySet]) throws -> (Scratch, ReportStore, StrategyPublisher, String) {
        let scratch = try Scratch()
        let store = try ReportStore(directory: scratch.path)
        for (index, set) in sets.enumerated() { try store.save(set, publishedNanoseconds: UInt64(index + 1)) }
        let file = scratch.path + "/strategies.json"
        return (scratch, store, StrategyPublisher(files: [.init(file: file, format: "jaeger")]), file)
    }

    @Test("a roll-back publishes the version before as a new one, says so, and writes the files")
    func rollBack() throws {
        let (scratch, store, publisher, file) = try prepared([set(["a": 0.5, "b": 1]), set(["a": 0.25, "c": 1])])
        let outcome = try publisher.rollBack(
            to: nil, reason: "alarm", store: store, state: scratch.path, nowNanoseconds: 9)
        #expect(outcome.strategies.versionID == 3)
        #expect(outcome.text == "published version 3: the strategies of version 1, 3 probabilities differ")
        #expect(outcome.written == [.init(file: file, isChanged: true)])
        let latest = try #require(try store.latestStrategies())
        #expect(latest.note == "rolled back to version 1: alarm")
        #expect(latest.plannedSpansPerSecond.isEmpty)
        #expect(latest.services[0].operations.map(\.probability) == [0.5, 1])
        #expect(latest.services[0].operations.map(\.previousProbability) == [0.25, nil])
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text.contains("\"b\"") && !text.contains("\"c\""))
        // The ledger knows that c is named no longer.
        let ledger = try store.ledger(in: Window(startNanoseconds: 9, endNanoseconds: 10))
        #expect(ledger.first { $0.operation == "c" }?.probability == nil)
    }

    @Test("a dry run and an impossible roll-back change nothing")
    func nothingChanged() throws {
        let (scratch, store, publisher, file) = try prepared([set(["a": 0.5]), set(["a": 0.25])])
        let outcome = try publisher.rollBack(
            to: 1, reason: nil, store: store, state: scratch.path, isDryRun: true, nowNanoseconds: 9)
        #expect(outcome.text.hasPrefix("would publish the strategies of version 1"))
        #expect(outcome.written == [.init(file: file, isChanged: true)])
        for version in [2, 7] as [Int64] {
            let error = #expect(throws: MillError.self) {
                try publisher.rollBack(
                    to: version, reason: nil, store: store, state: scratch.path, nowNanoseconds: 9)
            }
            #expect(error?.exitStatus == 66)
        }
        #expect(try store.strategyVersions().count == 2)
        #expect(!FileManager.default.fileExists(atPath: file))
        let (single, only, alone, _) = try prepared([set(["a": 0.5])])
        let error = #expect(throws: MillError.self) {
            try alone.rollBack(to: nil, reason: nil, store: only, state: single.path, nowNanoseconds: 9)
        }
        #expect(error?.message.contains("is the only one") == true)
    }

    @Test("while a run is at work a roll-back ends in 75")
    func locked() throws {
        let (scratch, store, publisher, _) = try prepared([set(["a": 0.5]), set(["a": 0.25])])
        let lock = try RunLock(path: scratch.path + "/lock")
        let error = #expect(throws: MillError.self) {
            try publisher.rollBack(to: nil, reason: nil, store: store, state: scratch.path, nowNanoseconds: 9)
        }
        _ = consume lock
        #expect(error?.exitStatus == 75)
    }

    @Test("files hold the probability of the hour; the same content is left alone")
    func hourly() throws {
        let hours = (0..<24).map { Double($0 + 1) / 64 }
        let (_, store, publisher, file) = try prepared([set(["a": 0.2], hours: hours)])
        let latest = try #require(try store.latestStrategies())
        let first = try publisher.republish(latest, nowNanoseconds: 3 * Nanoseconds.hour + 5)
        #expect(first.written == [.init(file: file, isChanged: true)])
        #expect(try String(contentsOfFile: file, encoding: .utf8).contains("0.0625"))
        let again = try publisher.republish(latest, nowNanoseconds: 4 * Nanoseconds.hour - 1)
        #expect(again.written == [.init(file: file, isChanged: false)])
        #expect(try publisher.republish(latest, nowNanoseconds: 4 * Nanoseconds.hour).written[0].isChanged)
        #expect(try String(contentsOfFile: file, encoding: .utf8).contains("0.078125"))
    }
}

/// The gate in a run, and past it.
struct PlanRefusalTests {
    private func prepared() throws -> (Scratch, Job) {
        let scratch = try Scratch()
        _ = try scratch.workload(traces: 600)
        var job = scratch.job()
        job.inputs = [scratch.path + "/archives"]
        job.state = scratch.path + "/state"
        job.publish = [.init(file: scratch.path + "/strategies.json", format: "jaeger")]
        job.sampling.budgetSpansPerSecond = 0.001
        job.sampling.minimumProbability = 0.9
        return (scratch, job)
    }

    @Test("an absurd plan is refused and nothing is published; forced, it is, and the version says so")
    func refused() async throws {
        let (scratch, job) = try prepared()
        var request = RunRequest()
        request.window = Scratch.day
        let summary = try await Run(job: job, request: request).perform()
        #expect(summary.refusal?.contains("least probabilities alone") == true)
        #expect(summary.strategies == nil)
        let store = try ReportStore(directory: job.state)
        #expect(try store.latestStrategies() == nil)
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/strategies.json"))
        let publisher = StrategyPublisher(files: job.publish)
        let error = #expect(throws: MillError.self) {
            try publisher.replan(job, store: store, isForced: false, nowNanoseconds: 9)
        }
        #expect(error?.exitStatus == 76)
        #expect(error?.message.contains("--force") == true)
        let forced = try publisher.replan(job, store: store, isForced: true, nowNanoseconds: 9)
        #expect(forced.strategies.note.hasPrefix("forced: the least probabilities"))
        #expect(forced.written.map(\.isChanged) == [true])
        request.isForced = true
        request.rereads = true
        let again = try await Run(job: job, request: request).perform()
        #expect(again.refusal == nil && again.strategies?.note.hasPrefix("forced: ") == true)
    }

    @Test("what a run planned is remembered with the version")
    func planned() async throws {
        var (_, job) = try prepared()
        job.sampling.budgetSpansPerSecond = 0.05
        job.sampling.minimumProbability = 0.0001
        job.sampling.assumedProbability = 1
        var request = RunRequest()
        request.window = Scratch.day
        let summary = try await Run(job: job, request: request).perform()
        let stored = try #require(try ReportStore(directory: job.state).latestStrategies())
        #expect(stored.plannedSpansPerSecond.count == 24)
        #expect(stored.plannedSpansPerSecond == summary.strategies?.plannedSpansPerSecond)
        #expect(stored.plannedSpansPerSecond.keys.min() == UInt32(Scratch.day.endNanoseconds / Nanoseconds.hour))
    }
}
