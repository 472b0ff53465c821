import Dispatch
import Foundation
import Glibc
import Logging
import ReportStore
import ServiceLifecycle
import Synchronization
import Testing

@testable import Serving

@Suite struct LiveTests {
    @Test("a real socket is answered: status line, headers, body, HEAD without one, and a graceful end")
    func live() async throws {
        try await Scene.with { scene in
            try await scene.fill()
            try await withServer(scene) { port in
                let answer = try exchange(
                    port, "GET /sampling?service=api HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(answer.contains("Content-Type: application/json\r\n"))
                #expect(answer.contains("Content-Length: \(SamplingTests.api.utf8.count)\r\n"))
                #expect(answer.hasSuffix("\r\n\r\n\(SamplingTests.api)"))
                let head = try exchange(
                    port, "HEAD /sampling?service=api HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                #expect(head.contains("Content-Length: \(SamplingTests.api.utf8.count)\r\n"))
                #expect(head.hasSuffix("\r\n\r\n"))
                let local = try exchange(port, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                #expect(local.hasPrefix("HTTP/1.1 200 OK\r\n"))
                let rebound = try exchange(
                    port, "GET /metrics HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
                #expect(rebound.hasPrefix("HTTP/1.1 421 "))
            }
        }
    }

    @Test("hundreds of silent connections starve nobody")
    func silentConnections() async throws {
        try await Scene.with { scene in
            try await scene.fill()
            try await withServer(scene) { port in
                let silent = try (0..<400).map { _ in try connected(port) }
                defer { for descriptor in silent { close(descriptor) } }
                let answer = try exchange(port, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                #expect(answer.hasSuffix("ok\n"))
            }
        }
    }

    @Test("requests sent at once are answered in their order, prepared or not")
    func pipelining() async throws {
        try await Scene.with { scene in
            try await scene.fill()
            try await withServer(scene) { port in
                let known = "If-None-Match: *\r\n"
                let requests = [
                    ("GET /healthz", ""), ("GET /sampling?service=api", ""), ("GET /sampling?service=api", known),
                    ("HEAD /sampling?service=api", ""), ("GET /sampling?service=search+svc%2F%CE%B2", ""),
                    ("GET /sampling", ""), ("GET /sampling?service=nobody", "Connection: keep-alive\r\n"),
                    ("GET /sampling?service=api", "Content-Length: 3\r\n"), ("GET /?service=api", ""),
                    ("GET /api/sampling?service=nobody", ""), ("GET /?service=api", known),
                    ("GET /readyz", "Connection: close\r\n"),
                ]
                let text = requests.map { request, headers in
                    let body = headers.hasPrefix("Content-Length") ? "abc" : ""
                    return "\(request) HTTP/1.1\r\nHost: x\r\n\(headers)\r\n\(body)"
                }.joined()
                let answers = try exchange(port, text).components(separatedBy: "HTTP/1.1 ").dropFirst()
                #expect(
                    answers.map { String($0.prefix(3)) }
                        == ["200", "200", "304", "200", "200", "400", "200", "200", "200", "200", "304", "200"])
                let bodies = answers.map { $0.components(separatedBy: "\r\n\r\n").dropFirst().joined() }
                #expect(bodies[0] == "ok\n" && bodies[1] == SamplingTests.api && bodies[2] == "" && bodies[3] == "")
                #expect(bodies[4].contains("\"samplingRate\":1}") && bodies[6] == SamplingTests.others)
                #expect(bodies[7] == SamplingTests.api && bodies[8] == SamplingTests.api)
                #expect(bodies[9] == SamplingTests.others && bodies[10] == "" && bodies[11] == "ready\n")
                #expect(answers.allSatisfy { $0.contains("\r\nDate: ") })
            }
        }
    }

    @Test("a peer that asks and never reads holds up nobody, and what was asked is not kept in memory")
    func deafPeer() async throws {
        try await Scene.with { scene in
            try await scene.fill()
            try await withServer(scene) { port in
                let deaf = try connected(port)
                defer { close(deaf) }
                let flood = Array(
                    String(repeating: "GET /sampling?service=api HTTP/1.1\r\nHost: x\r\n\r\n", count: 2000).utf8)
                var sent = 0
                var patience = timeval(tv_sec: 1, tv_usec: 0)
                setsockopt(deaf, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
                // Until the server takes no more: it stops reading from who does not read.
                for _ in 0..<2000 {
                    let count = send(deaf, flood, flood.count, Int32(MSG_NOSIGNAL))
                    if count <= 0 { break }
                    sent += count
                }
                #expect(sent < 1 << 27)
                let answer = try exchange(port, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                #expect(answer.hasSuffix("ok\n"))
            }
        }
    }

    @Test("a new version under load fails and delays no request: each answer is one version, whole")
    func swapUnderLoad() async throws {
        try await Scene.with { scene in
            try await scene.fill()
            let store = try ReportStore(directory: scene.directory)
            try await withServer(scene) { port in
                let seen = Seen()
                let workers = DispatchGroup()
                DispatchQueue(label: "versions").async(group: workers) {
                    for step in 1...40 {
                        do {
                            try store.save(Scene.strategies(Double(step) / 64), publishedNanoseconds: 1)
                        } catch { seen.bad.add(1, ordering: .relaxed) }
                        let looked = DispatchSemaphore(value: 0)
                        Task {
                            await scene.watch.refresh()
                            looked.signal()
                        }
                        looked.wait()
                    }
                    seen.isDone.store(true, ordering: .relaxed)
                }
                for worker in 0..<3 {
                    DispatchQueue(label: "client \(worker)").async(group: workers) {
                        let request = "GET /sampling?service=api HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
                        while !seen.isDone.load(ordering: .relaxed) {
                            let answer = (try? exchange(port, request)) ?? ""
                            let body = answer.components(separatedBy: "\r\n\r\n").dropFirst().joined()
                            if answer.hasPrefix("HTTP/1.1 200 OK\r\n"), body.hasSuffix("PerSecond\":0}}") {
                                seen.texts.withLock { _ = $0.insert(body) }
                            } else {
                                seen.bad.add(1, ordering: .relaxed)
                            }
                        }
                    }
                }
                workers.wait()
                #expect(seen.bad.load(ordering: .relaxed) == 0)
                #expect(seen.texts.withLock { $0.count } > 1)
            }
        }
    }

    @Test("an address that is taken is told, not waited for")
    func takenAddress() async throws {
        try await Scene.with { scene in
            try await withServer(scene) { port in
                let seen = Seen()
                let done = DispatchSemaphore(value: 0)
                Task {
                    let second = Server(
                        watch: scene.watch, settings: ServerSettings(port: port), logger: Logger(label: "test"))
                    do { try await second.run() } catch let error as ServerError {
                        seen.texts.withLock { _ = $0.insert(error.message) }
                    } catch {}
                    done.signal()
                }
                done.wait()
                let message = seen.texts.withLock { $0.first } ?? ""
                #expect(message.hasPrefix("cannot listen on 127.0.0.1:\(port): "))
            }
        }
    }

    @Test("a header that never ends is cut off")
    func largeHeaders() async throws {
        try await Scene.with { scene in
            try await withServer(scene) { port in
                let header = "X-A: " + String(repeating: "a", count: 200_000)
                let answer = try exchange(port, "GET /healthz HTTP/1.1\r\nHost: x\r\n\(header)\r\n\r\n")
                #expect(!answer.hasPrefix("HTTP/1.1 200"))
            }
        }
    }

    /// What threads of a test tell each other.
    private final class Seen: Sendable {
        let isDone = Atomic(false)
        let bad = Atomic(0)
        /// Texts that came up.
        let texts = Mutex<Set<String>>([])
    }

    /// Runs a server on a free port until `body` is done, then shuts it down gracefully.
    private func withServer(_ scene: Scene, _ body: @escaping @Sendable (Int) throws -> Void) async throws {
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = Server(
            watch: scene.watch, settings: ServerSettings(port: 0), logger: logger,
            onListening: { _, port in listening.yield(port) })
        let group = ServiceGroup(services: [scene.watch, server], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for await port in ports {
                // On a thread of its own: the server needs those of the tasks.
                let result = await withCheckedContinuation { continuation in
                    DispatchQueue(label: "client").async { continuation.resume(returning: Result { try body(port) }) }
                }
                await group.triggerGracefulShutdown()
                try result.get()
                break
            }
            try await tasks.waitForAll()
        }
    }

    private func connected(_ port: Int) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(result == 0)
        return descriptor
    }

    /// Sends text and reads until the server closes.
    private func exchange(_ port: Int, _ request: String) throws -> String {
        let descriptor = try connected(port)
        defer { close(descriptor) }
        let bytes = Array(request.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                send(descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { break }
            sent += count
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { break }
            answer += buffer.prefix(count)
        }
        return String(decoding: answer, as: UTF8.self)
    }
}
