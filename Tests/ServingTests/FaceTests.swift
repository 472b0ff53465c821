import Glibc
import ReportStore
import SpanModel
import Testing

@testable import Serving

@Suite struct FaceTests {
    @Test("dependencies come in Jaeger's envelope, without entries from outside")
    func jaegerDependencies() async throws {
        try await Scene.with { scene in
            try await scene.fill()
            let expected = """
                {"data":[{"parent":"api","child":"orders","callCount":7},{"parent":"orders",\
                "child":"a\\u003cb\\u003e\\u0026\\"c\\"","callCount":3}],"total":0,"limit":0,"offset":0,"errors":null}
                """
            let answer = await scene.ask("/api/dependencies?endTs=\(Scene.now / 1_000_000)&lookback=604800000")
            #expect(answer.status == 200)
            #expect(answer.text == expected)
            #expect(await scene.ask("/api/dependencies").text == expected)
            let one = await scene.ask("/api/dependencies?service=api").text
            #expect(one.contains("\"api\"") && !one.contains("u003c"))
            let none = #"{"data":[],"total":0,"limit":0,"offset":0,"errors":null}"#
            #expect(await scene.ask("/api/dependencies?lookback=1000").text == none)
        }
    }

    @Test("parameters are refused in Jaeger's words")
    func badParameters() async throws {
        try await Scene.with { scene in
            try await scene.fill()
            let answer = await scene.ask("/api/dependencies?endTs=x")
            #expect(answer.status == 400)
            #expect(
                answer.text == """
                    {"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":400,"msg":"unable to parse param \
                    'endTs': strconv.ParseInt: parsing \\"x\\": invalid syntax"}]}

                    """)
            let large = await scene.ask("/api/dependencies?endTs=5&lookback=99999999999999999999")
            #expect(large.text.contains("parsing \\\"99999999999999999999\\\": value out of range"))
        }
    }

    @Test(
        "times at the end of what can be counted are answered",
        arguments: [
            "endTs=9223372036854775807", "endTs=-9223372036854775808&lookback=9223372036854775807", "endTs=0",
            "endTs=9223372036854775807&lookback=-9223372036854775808",
        ])
    func extremeTimes(query: String) async throws {
        try await Scene.with { scene in
            try await scene.fill()
            #expect(await scene.ask("/api/dependencies?\(query)").status == 200)
        }
    }

    @Test("dependencies come in Zipkin's shape, with the end required")
    func zipkinDependencies() async throws {
        try await Scene.with { scene in
            try await scene.fill()
            let answer = await scene.ask("/api/v2/dependencies?endTs=\(Scene.now / 1_000_000)")
            #expect(answer.text.hasPrefix(#"[{"parent":"api","child":"orders","callCount":7,"errorCount":2},"#))
            #expect(await scene.ask("/api/v2/dependencies").status == 400)
        }
    }

    @Test("a new run shows in the dependencies at the next look")
    func freshDependencies() async throws {
        try await Scene.with { scene in
            try await scene.fill()
            _ = await scene.ask("/api/dependencies")
            let store = try ReportStore(directory: scene.directory)
            try scene.save([Edge(caller: "x", callee: "y", kind: .call, calls: 1)], in: store)
            await scene.watch.refresh()
            #expect(await scene.ask("/api/dependencies").text.contains(#"[{"parent":"x","child":"y","callCount":1}]"#))
        }
    }

    @Test("health is told whatever the state; readiness names what fails")
    func readiness() async throws {
        try await Scene.with(ServerSettings(maximumReportAgeNanoseconds: Nanoseconds.hour)) { scene in
            await scene.watch.refresh()
            #expect(await scene.ask("/healthz").text == "ok\n")
            let missing = await scene.ask("/readyz")
            #expect(missing.status == 503)
            #expect(missing.header("Content-Type") == "application/problem+json")
            #expect(missing.text.contains("store: ") && missing.text.contains("last run: there was none"))
            #expect(!missing.text.contains(scene.directory))
            try await scene.fill()
            let old = await scene.ask("/readyz")
            #expect(old.status == 503)
            #expect(old.text.contains("last run: it ended 2024-10-05 00:01 UTC") && !old.text.contains("store: "))
        }
        try await Scene.with(ServerSettings(maximumReportAgeNanoseconds: Nanoseconds.day)) { scene in
            try await scene.fill()
            #expect(await scene.ask("/readyz").text == "ready\n")
        }
    }

    @Test("an explanation has a path of its own, with the facts and the conclusion of the version that is served")
    func explanation() async throws {
        try await Scene.with { scene in
            await scene.watch.refresh()
            let target = "/api/v1/sampling/explain?service=api&operation=GET+%2Fcart"
            #expect(await scene.ask(target).status == 404)
            try await scene.fill()
            let answer = await scene.ask(target)
            #expect(answer.status == 200 && answer.header("Content-Type") == "application/json")
            for part in [
                #""schema": "spanmill.explain""#, #""version": 1"#, #""subject": "api GET /cart""#,
                #"{"step": "floor", "value": 0.25, "unit": "probability", "source": "30 traces a day"}"#,
                #""traces": []"#, #""conclusion": "held by the floor""#, #""window": null"#,
            ] {
                #expect(answer.text.contains(part), "\(part) in \(answer.text)")
            }
            let unlisted = await scene.ask("/api/v1/sampling/explain?service=api&operation=nothing")
            #expect(unlisted.text.contains(#"{"step": "default", "value": 0.5,"#))
            #expect(await scene.ask("/api/v1/sampling/explain?service=api").status == 400)
            #expect(await scene.ask(Question(target, isLocal: false)).status == 403)
            #expect(await scene.ask(Question(target, host: "evil.example")).status == 421)
        }
    }

    @Test("a client certificate opens all paths from anywhere")
    func certificates() async throws {
        try await Scene.with(ServerSettings(token: "s3cret")) { scene in
            let question = Question("/metrics", host: "mill.example", isLocal: false, isCertified: true)
            #expect(await scene.ask(question).status == 200)
        }
    }

    @Test(
        "cores that may be used are counted as the kernel tells them",
        arguments: [
            ("Name:\tx\nCpus_allowed:\t3\nCpus_allowed_list:\t0-1\n", 2), ("Cpus_allowed:\tff,00000001\n", 9),
            ("Cpus_allowed:\t0\n", nil), ("Name:\tx\n", nil),
        ] as [(String, Int?)])
    func allowedCores(status: String, count: Int?) {
        #expect(ServingThreads.allowedCores(inStatus: status) == count)
    }

    @Test(
        "dates of responses are in HTTP's form",
        arguments: [(0, "Thu, 01 Jan 1970 00:00:00 GMT"), (1_772_323_205, "Sun, 01 Mar 2026 00:00:05 GMT")])
    func dates(second: Int, text: String) {
        #expect(HTTPDate.text(second) == text)
    }

    @Test("metrics tell of runs, reports, strategies and requests")
    func metrics() async throws {
        try await Scene.with { scene in
            try await scene.fill()
            _ = await scene.ask("/sampling?service=api")
            let text = await scene.ask("/metrics").text
            for line in [
                "spanmill_store_up 1.0", "spanmill_report_edges 3.0", "spanmill_run_duration_seconds 90.0",
                "spanmill_strategy_services 2.0",
                "spanmill_http_requests_total{route=\"/sampling\",status=\"200\"} 1.0",
            ] {
                #expect(text.contains("\n\(line)\n"), "\(line)")
            }
        }
    }

    @Test("tracers and probes are answered anywhere, all else only on this machine and under its name")
    func access() async throws {
        try await Scene.with { scene in
            try await scene.fill()
            for target in ["/sampling?service=api", "/?service=api", "/healthz", "/readyz"] {
                let answer = await scene.ask(Question(target, host: "mill.example:5778", isLocal: false))
                #expect(answer.status == 200, "\(target)")
            }
            for target in ["/api/dependencies", "/metrics", "/api/v2/dependencies?endTs=1", "/", "/nothing"] {
                #expect(await scene.ask(Question(target, isLocal: false)).status == 403, "\(target)")
                for host in ["evil.example", nil, "", "localhost.evil.example", "127.0.0.1.evil.example"] {
                    #expect(await scene.ask(Question(target, host: host)).status == 421, "\(target)")
                }
            }
            for host in ["localhost", "LOCALHOST:5778", "127.0.0.1:5778", "[::1]:5778", "127.9.9.9"] {
                #expect(await scene.ask(Question("/metrics", host: host)).status == 200, "\(host)")
            }
            #expect(await scene.ask("/nothing").status == 404)
        }
    }

    @Test("a token opens all paths from anywhere; a wrong one none")
    func tokens() async throws {
        try await Scene.with(ServerSettings(token: "s3cret")) { scene in
            func status(_ authorization: String?, isLocal: Bool) async -> Int {
                await scene.ask(
                    Question("/metrics", host: "mill.example", isLocal: isLocal, authorization: authorization)
                ).status
            }
            #expect(await status("Bearer s3cret", isLocal: false) == 200)
            #expect(await status("bearer s3cret", isLocal: true) == 200)
            #expect(await status("Bearer s3cre", isLocal: true) == 401)
            #expect(await status("Bearer s3cretx", isLocal: false) == 401)
            #expect(await status(nil, isLocal: false) == 401)
            #expect(await scene.ask("/metrics").status == 200)
        }
    }

    @Test("what would change something is refused, and endless addresses are too")
    func refusals() async throws {
        try await Scene.with { scene in
            for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
                let answer = await scene.ask(Question(method: method, "/sampling?service=api"))
                #expect(answer.status == 405 && answer.header("Allow") == "GET, HEAD")
            }
            #expect(await scene.ask("/sampling?service=" + String(repeating: "x", count: 9000)).status == 414)
        }
    }

    @Test(
        "addresses of this machine are known",
        arguments: [
            ("127.0.0.1", true), ("::1", true), ("::ffff:127.0.0.1", true), ("127.1.2.3", true), ("10.0.0.1", false),
            ("::2", false), ("127.evil.example.com", false), ("1270.0.0.1", false), ("", false),
        ])
    func loopback(address: String, expected: Bool) {
        #expect(Access.isLoopback(address) == expected)
    }
}
