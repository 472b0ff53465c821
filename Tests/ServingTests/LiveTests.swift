import Dispatch
import Glibc
import Logging
import ServiceLifecycle
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

    /// Runs a server on a free port until `body` is done, then shuts it down gracefully.
    private func withServer(_ scene: Scene, _ body: @escaping @Sendable (Int) throws -> Void) async throws {
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = Server(
            stateDirectory: scene.directory, settings: ServerSettings(port: 0), logger: logger,
            onListening: { _, port in listening.yield(port) })
        let group = ServiceGroup(configuration: .init(services: [.init(service: server)], logger: logger))
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
