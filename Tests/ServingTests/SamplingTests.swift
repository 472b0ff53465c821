import Foundation
import Glibc
import HTTPTypes
import Logging
import NIOCore
import ReportStore
import SpanModel
import Synchronization
import Testing

@testable import Serving

@Suite struct SamplingTests {
    /// A clock that is set.
    private final class Clock: Sendable {
        let hour = Atomic<UInt64>(0)
        var now: UInt64 { hour.load(ordering: .relaxed) * Nanoseconds.hour }
    }

    static let api = """
        {"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.5},"operationSampling":\
        {"defaultSamplingProbability":0.5,"defaultLowerBoundTracesPerSecond":0,"perOperationStrategies":[\
        {"operation":"GET /cart","probabilisticSampling":{"samplingRate":0.25}},\
        {"operation":"POST /x","probabilisticSampling":{"samplingRate":0.00001}}],\
        "defaultUpperBoundTracesPerSecond":0}}
        """
    static let others = #"{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":0.001}}"#

    @Test(
        "all three paths answer alike",
        arguments: ["/sampling?service=api", "/api/sampling?service=api", "/?service=api"])
    func paths(target: String) async throws {
        try await Scene.with { scene in
            try await scene.fill()
            let answer = await scene.ask(target)
            #expect(answer.status == 200)
            #expect(answer.text == Self.api)
            #expect(answer.header("Content-Type") == "application/json")
        }
    }

    @Test(
        "a service without strategies gets the default, never an error",
        arguments: ["/sampling?service=nobody", "/sampling?service=", "/sampling?service", "/sampling?service=%ff"])
    func unknownService(target: String) async throws {
        try await Scene.with { scene in
            try await scene.fill()
            let answer = await scene.ask(target)
            #expect(answer.status == 200)
            #expect(answer.text == Self.others)
        }
    }

    @Test(
        "the service must be named once",
        arguments: ["/sampling", "/api/sampling?x=1", "/sampling?service=a&service=a", "/sampling?service=%zz"])
    func onceOnly(target: String) async throws {
        try await Scene.with { scene in
            try await scene.fill()
            let answer = await scene.ask(target)
            #expect(answer.status == 400)
            #expect(answer.text == "'service' parameter must be provided once\n")
            #expect(answer.header("Content-Type") == "text/plain; charset=utf-8")
            #expect(answer.header("X-Content-Type-Options") == "nosniff")
        }
    }

    @Test("plus and percent signs are decoded, as clients encode them")
    func encoding() async throws {
        try await Scene.with { scene in
            try await scene.fill()
            let answer = await scene.ask("/sampling?service=search+svc%2F%CE%B2")
            #expect(answer.text == #"{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":1}}"#)
        }
    }

    @Test(
        "status codes, bodies and types are those of Jaeger's handler",
        .enabled(if: SharedCases.group("http_handler") != nil, "the shared cases are not beside the checkout"))
    func jaegerHandler() async throws {
        var seen = 0
        for example in try #require(SharedCases.group("http_handler")) {
            // Rate limits are never served; the Collector's extension and the old agent have forms of their own.
            guard example["strategy"] == nil, ["unit-test", "source"].contains(example["origin"] as? String) else {
                continue
            }
            let request = try #require(example["request"] as? String)
            // Without a service the root is not the tracers' path here.
            let target = request == "/" ? "/sampling" : request
            try await Scene.with { scene in
                let failure = example["provider_error"] as? String
                if failure == nil { try await scene.fill() }
                let answer = await scene.ask(target)
                let expected = example["expect"] as? [String: Any] ?? ["status": example["expect_status"] ?? 0]
                #expect(answer.status == expected["status"] as? Int, "\(request)")
                if let body = expected["body"] as? String {
                    let ours = "no strategies have been published yet"
                    #expect(answer.text == (failure.map { body.replacingOccurrences(of: $0, with: ours) } ?? body))
                }
                if let type = expected["content_type"] as? String {
                    #expect(answer.header("Content-Type") == type)
                }
            }
            seen += 1
        }
        #expect(seen == 5)
    }

    @Test(
        "what is prepared is what would be answered, on all three paths: status, tag, bytes",
        arguments: ["/sampling", "/api/sampling", "/"])
    func prepared(path: String) async throws {
        try await Scene.with { scene in
            #expect(scene.face.preparedBody(for: request(path + "?service=api")) == nil, "nothing is published yet")
            try await scene.fill()
            let tag = try #require(await scene.ask("/sampling?service=api").header("ETag"))
            for name in ["api", "nobody", "", "search+svc%2F%CE%B2", "%ff", "a=b", "api&x=1", "api;x"] {
                for known in [nil, tag, "W/\(tag)", "\"x\"", "*"] {
                    let target = "\(path)?service=\(name)"
                    let prepared = scene.face.preparedBody(for: request(target, ifNoneMatch: known))
                    let answer = await scene.ask(Question(target, ifNoneMatch: known))
                    // Where the parameter is none, the root is a page and not a tracer's path.
                    guard answer.status != 400, name != "api;x" else {
                        #expect(prepared == nil, "\(target)")
                        continue
                    }
                    let (body, isKnown) = try #require(prepared, "\(target)")
                    let head = isKnown ? body.knownHead : body.head
                    #expect(
                        head.status.code == answer.status && (isKnown ? "" : String(buffer: body.bytes)) == answer.text)
                    for field in [HTTPField.Name.eTag, .contentType, .cacheControl] {
                        #expect(head.headerFields[field] == answer.header(field.rawName), "\(target)")
                    }
                }
            }
        }
    }

    @Test(
        "what has no prepared answer goes the long way",
        arguments: [
            "/sampling", "/api/sampling", "/", "/?x=1&service=api", "/api/sampling/?service=api", "/readyz?service=api",
            "/sampling?service=api&service=api", "/?service=%zz", "//?service=api", "/metrics?service=api",
        ])
    func notPrepared(target: String) async throws {
        try await Scene.with { scene in
            try await scene.fill()
            #expect(scene.face.preparedBody(for: request(target)) == nil)
            #expect(scene.face.preparedBody(for: request("/?service=api", .post)) == nil)
        }
    }

    private func request(
        _ target: String, _ method: HTTPRequest.Method = .get, ifNoneMatch tags: String? = nil
    ) -> HTTPRequest {
        var request = HTTPRequest(method: method, scheme: "http", authority: "localhost", path: target)
        request.headerFields[.ifNoneMatch] = tags
        return request
    }

    @Test("where nothing was ever published clients keep what they have")
    func nothingPublished() async throws {
        try await Scene.with { scene in
            await scene.watch.refresh()
            let answer = await scene.ask("/sampling?service=api")
            #expect(answer.status == 500)
            #expect(answer.text == "collector error: no strategies have been published yet\n")
        }
    }

    @Test("a tag that is known saves the body")
    func tags() async throws {
        try await Scene.with { scene in
            try await scene.fill()
            let tag = try #require(await scene.ask("/sampling?service=api").header("ETag"))
            for known in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
                let answer = await scene.ask(Question("/sampling?service=api", ifNoneMatch: known))
                #expect(answer.status == 304 && answer.text.isEmpty && answer.header("ETag") == tag)
            }
            let other = await scene.ask(Question("/sampling?service=nobody", ifNoneMatch: tag))
            #expect(other.status == 200)
        }
    }

    @Test("what was read last is served whatever happens to the store, and what is new as soon as it is there")
    func lastGood() async throws {
        try await Scene.with { scene in
            try await scene.fill()
            let store = try ReportStore(directory: scene.directory)
            try store.save(Scene.strategies(0.75), publishedNanoseconds: 1)
            await scene.watch.refresh()
            #expect(await scene.ask("/sampling?service=api").text.contains("\"samplingRate\":0.75"))
            try store.close()
            for suffix in ["", "-wal", "-shm"] { unlink("\(store.path)\(suffix)") }
            await scene.watch.refresh()
            #expect(await scene.ask("/sampling?service=api").text.contains("\"samplingRate\":0.75"))
            #expect(await scene.ask("/readyz").status == 503)
            let new = try ReportStore(directory: scene.directory)
            try new.save(Scene.strategies(0.125), publishedNanoseconds: 1)
            await scene.watch.refresh()
            #expect(await scene.ask("/sampling?service=api").text.contains("\"samplingRate\":0.125"))
        }
    }

    @Test("strategies that differ by hour change at the full hour, with the store or without")
    func hourly() async throws {
        try await Scene.with { scene in
            let store = try ReportStore(directory: scene.directory)
            var set = Scene.strategies(0.25)
            set.services[0].operations[0].hours = (0..<24).map { Double($0) / 32 }
            try store.save(set, publishedNanoseconds: 1)
            let clock = Clock()
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let watch = StoreWatch(directory: scene.directory, logger: logger, now: { clock.now })
            func served(hour: UInt64) async -> Double? {
                clock.hour.store(hour, ordering: .relaxed)
                await watch.refresh()
                let strategy = watch.snapshot.strategies?.strategy(of: Array("api".utf8)).strategy
                return strategy?.operations.first { $0.operation == "POST /x" }?.probability
            }
            #expect(await served(hour: 10) == 10.0 / 32)
            #expect(await served(hour: 11) == 11.0 / 32)
            try store.close()
            for suffix in ["", "-wal", "-shm"] { unlink("\(store.path)\(suffix)") }
            #expect(await served(hour: 24 + 23) == 23.0 / 32)
            #expect(await served(hour: 48) == 0)
        }
    }

    @Test("a store that is locked, damaged, of a newer program or replaced changes nothing of what is served")
    func trouble() async throws {
        try await Scene.with { scene in
            try await scene.fill()
            let path = try ReportStore(directory: scene.directory).path
            let good = try await Scene.with { other in
                let store = try ReportStore(directory: other.directory)
                try store.save(Scene.strategies(0.25), publishedNanoseconds: 1)
                // The last to close moves everything into the one file.
                try store.close()
                return try Data(contentsOf: URL(fileURLWithPath: store.path))
            }
            try #require(good.count > 8192)
            func expectServed(_ isReady: Bool, _ what: String) async {
                await scene.watch.refresh()
                #expect(await scene.ask("/sampling?service=api").text == Self.api, "\(what)")
                #expect(await (scene.ask("/readyz").status == 200) == isReady, "\(what)")
                #expect(await scene.ask("/healthz").status == 200, "\(what)")
            }
            func replace(_ data: Data) throws {
                for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }
                try data.write(to: URL(fileURLWithPath: path))
            }
            try replace(Data("this is no store at all, but a text of some length".utf8))
            await expectServed(false, "foreign")
            var damaged = good
            for index in 4096..<damaged.count { damaged[index] ^= 0x5a }
            try replace(damaged)
            await expectServed(false, "damaged")
            var newer = good
            // SQLite keeps the version of the schema there, big-endian.
            newer.replaceSubrange(60..<64, with: [0, 0, 3, 232])
            try replace(newer)
            await expectServed(false, "newer")
            try replace(Data())
            await expectServed(false, "empty")
            for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            await expectServed(false, "a directory")
            rmdir(path)
            try replace(good)
            await expectServed(true, "the good one again")
        }
    }

    @Test(
        "a store that another process holds locked is waited for by nobody who asks",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3"), "python3 is not installed"))
    func locked() async throws {
        try await Scene.with { scene in
            try await scene.fill()
            let path = try ReportStore(directory: scene.directory).path
            let script = """
                import sqlite3, sys
                store = sqlite3.connect(sys.argv[1], isolation_level=None)
                store.execute("PRAGMA locking_mode=EXCLUSIVE")
                store.execute("BEGIN EXCLUSIVE")
                store.execute("UPDATE name SET used_nanoseconds = used_nanoseconds + 1")
                print("locked", flush=True)
                sys.stdin.read()
                """
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
            process.arguments = ["-c", script, path]
            let (input, output) = (Pipe(), Pipe())
            process.standardInput = input
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            try process.run()
            _ = output.fileHandleForReading.availableData
            let watch = scene.watch
            async let looked: Void = watch.refresh()
            for _ in 0..<100 { #expect(await scene.ask("/sampling?service=api").text == Self.api) }
            try input.fileHandleForWriting.close()
            process.waitUntilExit()
            await looked
            #expect(await scene.ask("/sampling?service=api").text == Self.api)
        }
    }
}
