import Glibc
import ReportStore
import SpanModel
import Testing

@testable import Serving

@Suite struct SamplingTests {
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
                #expect(answer.status == 304 && answer.body.isEmpty && answer.header("ETag") == tag)
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
}
