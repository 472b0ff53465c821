import Foundation
import Testing

/// Real clients against the real server.
@Suite struct PeerTests {
    private static let missing = "the client is not installed; jobs/peers installs it"

    /// Holds what a tracer holds and keeps against what is served.
    private func expectAdopted(_ result: [String: Any], roots: Int) throws {
        for (operation, served) in Served.probabilities.merging(["GET /unlisted": 0.125], uniquingKeysWith: { $1 }) {
            let seen = try #require(result[operation] as? [String: Any], "\(operation)")
            #expect(seen["probability"] as? Double == served, "\(operation)")
            let kept = try #require(seen["kept"] as? Int)
            let expected = served * Double(roots)
            // Besides, one may be kept by the first token of the lower bound.
            let bearable = 4 * (expected * (1 - served)).squareRoot() + 1
            #expect(abs(Double(kept) - expected) <= bearable, "\(operation): \(kept) of \(roots) at \(served)")
        }
    }

    private var operations: [String] { Served.probabilities.keys.sorted() + ["GET /unlisted"] }

    @Test(
        "Jaeger's tracer for Python takes over the probabilities and keeps to them over 20,000 roots",
        .enabled(if: Peers.python != nil, Comment(rawValue: missing)))
    func pythonTracer() throws {
        let served = try Served()
        let result = try Peers.script(
            Peers.python ?? "", "python-tracer.py", ["\(served.http.port)", "web", "20000"] + operations)
        try expectAdopted(result, roots: 20_000)
    }

    @Test(
        "Jaeger's tracer for Ruby takes over the probabilities and keeps to them over 20,000 roots",
        .enabled(if: Peers.hasRuby, Comment(rawValue: missing)))
    func rubyTracer() throws {
        let served = try Served()
        let result = try Peers.script(
            "/usr/bin/ruby", "ruby-tracer.rb", ["\(served.http.port)", "web", "20000"] + operations)
        try expectAdopted(result, roots: 20_000)
    }

    #if GRPC
    @Test(
        "gRPC's client for Python gets the exact bytes, loses none of hundreds of calls, and health is told",
        .enabled(if: Peers.python != nil, Comment(rawValue: missing)))
    func grpcClient() throws {
        let served = try Served()
        let port = try #require(served.grpcPort)
        let result = try Peers.script(
            Peers.python ?? "", "grpc-client.py", ["127.0.0.1:\(port)", "600", "web", "search svc/β", "nobody", ""])
        let answers = try #require(result["answers"] as? [String: String])
        #expect(answers["search svc/β"] == "120909000000000000f03f")
        #expect(answers["nobody"] == "120909fca9f1d24d62503f" && answers[""] == answers["nobody"])
        let web = try #require(answers["web"])
        // The default, then the operations by their bytes, the one that is never sampled with an empty member.
        #expect(web.hasPrefix("120909000000000000c03f" + "22"))
        #expect(web.contains("0a0b474554202f6865616c74681200"))
        #expect(result["failed"] as? Int == 0)
        #expect(result["watched"] as? String == "0801")
        let health = try #require(result["health"] as? [String: String])
        #expect(health == ["": "0801", "jaeger.api_v2.SamplingManager": "0801", "nobody": "NOT_FOUND"])
    }

    @Test(
        "until something is published gRPC's clients keep what they have, and health says that it does not serve",
        .enabled(if: Peers.python != nil, Comment(rawValue: missing)))
    func nothingPublished() throws {
        let served = try Served(strategies: nil)
        let port = try #require(served.grpcPort)
        let result = try Peers.script(Peers.python ?? "", "grpc-client.py", ["127.0.0.1:\(port)", "0", "web"])
        let answers = try #require(result["answers"] as? [String: String])
        #expect(answers["web"] == "UNKNOWN: no strategies have been published yet")
        let health = try #require(result["health"] as? [String: String])
        #expect(health == ["": "0801", "jaeger.api_v2.SamplingManager": "0802", "nobody": "NOT_FOUND"])
        #expect(result["watched"] as? String == "0802")
    }

    @Test("the line at the start names both addresses")
    func announcement() throws {
        let served = try Served()
        #expect(served.grpcPort != nil, "\(served.announcement)")
    }

    @Test(
        "over TLS tracers need nothing, and a client certificate opens what is closed",
        .enabled(if: Peers.hasOpenSSL, Comment(rawValue: missing)))
    func transportSecurity() throws {
        let folder = try Program()
        try folder.makeCertificates()
        func path(_ name: String) -> String { folder.path(name) }
        let served = try Served([
            "--server-tls-certificate", path("server.pem"), "--server-tls-key", path("server.key"),
            "--server-tls-client-ca", path("ca.pem"),
        ])
        #expect(served.http.scheme == "https")
        /// The status, 0 where there is no connection.
        func status(_ target: String, _ flags: String...) throws -> Int {
            let url = "https://localhost:\(served.http.port)\(target)"
            let result = try Peers.run(
                "/usr/bin/curl",
                ["-s", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", path("ca.pem")]
                    + flags + [url])
            return Int(String(decoding: result.output, as: UTF8.self)) ?? 0
        }
        let right = ["--cert", path("client.pem"), "--key", path("client.key")]
        let wrong = ["--cert", path("stranger.pem"), "--key", path("stranger.key")]
        #expect(try status("/sampling?service=web") == 200)
        #expect(try status("/metrics", "-H", "Host: mill.example") == 421)
        #expect(try status("/metrics", "-H", "Host: mill.example", right[0], right[1], right[2], right[3]) == 200)
        #expect(try status("/metrics", wrong[0], wrong[1], wrong[2], wrong[3]) == 0)
    }

    @Test(
        "gRPC is served over TLS as well, and needs no certificate of the client",
        .enabled(if: Peers.python != nil && Peers.hasOpenSSL, Comment(rawValue: missing)))
    func grpcOverTLS() throws {
        let folder = try Program()
        try folder.makeCertificates()
        let served = try Served([
            "--server-tls-certificate", folder.path("server.pem"), "--server-tls-key", folder.path("server.key"),
        ])
        let target = "\(folder.path("ca.pem"))@localhost:\(try #require(served.grpcPort))"
        let result = try Peers.script(Peers.python ?? "", "grpc-client.py", [target, "20", "search svc/β"])
        #expect((result["answers"] as? [String: String])?["search svc/β"] == "120909000000000000f03f")
        #expect(result["failed"] as? Int == 0)
    }

    @Test(
        "files of TLS that cannot be used are named before anything listens",
        .enabled(if: Peers.hasOpenSSL, Comment(rawValue: missing)))
    func badCertificates() throws {
        let program = try Program()
        try program.makeCertificates()
        func serve(_ certificate: String, _ key: String, _ more: String...) throws -> Program.Result {
            try program.run(
                ["serve", "--listen", "127.0.0.1:0", "--grpc", "off", "--server-tls-certificate", certificate]
                    + ["--server-tls-key", key] + more)
        }
        let absent = try serve("absent.pem", "server.key")
        #expect(absent.status == 69 && absent.error.contains("cannot read server.tls.certificate absent.pem"))
        let other = try serve("server.pem", "client.key")
        #expect(other.status == 69 && other.error.contains("client.key does not belong to"))
        let authority = try serve("server.pem", "server.key", "--server-tls-client-ca", "server.key")
        #expect(authority.status == 69 && authority.error.contains("server.tls.client_ca server.key"))
    }
    #else
    @Test("a build without gRPC and TLS says so, and refuses them where they are asked for")
    func absent() throws {
        let program = try Program()
        #expect(try program.run("serve", "--help").output.contains("gRPC and TLS are not in this build"))
        let grpc = try program.run("serve", "--listen", "127.0.0.1:0", "--grpc", "127.0.0.1:0")
        #expect(grpc.status == 78 && grpc.error.contains("gRPC is not in this build"))
        let tls = try program.run("serve", "--server-tls-certificate", "a", "--server-tls-key", "b")
        #expect(tls.status == 78 && tls.error.contains("TLS is not in this build"))
        #expect(try Served(["--grpc", "off"]).announcement.contains("(gRPC is not in this build)"))
    }
    #endif

    @Test("the server asks for as many open files as it may have, and so takes thousands of idle connections")
    func openFiles() throws {
        let limits = try Served(openFiles: 256).openFileLimits()
        #expect(limits.count == 2 && limits[0] == min(limits[1], 65_536), "\(limits)")
    }

    @Test(
        "settings of the server that contradict each other are refused with what to do",
        arguments: [
            (["--listen", "off", "--grpc", "off"], "nothing to serve"),
            (["--listen", "nowhere"], "server.listen: 'nowhere' is no address to listen on"),
            (["--server-tls-key", "a"], "server.tls.certificate and server.tls.key go together"),
            (["--server-tls-client-ca", "a"], "server.tls.client_ca needs server.tls.certificate"),
            (["--server-token-file", "empty"], "the token file empty is empty"),
            (["--server-token-file", "absent"], "cannot read the token file absent"),
        ])
    func contradictions(flags: [String], message: String) throws {
        let program = try Program()
        try program.write("\n", to: "empty")
        let result = try program.run(["serve"] + flags)
        #expect(result.status == 78 && result.error.contains(message), "\(result.error)")
        expectReadable(result.error)
    }
}

extension Program {
    /// An authority, a server's and a client's certificate of it, and a stranger's, as PEM files.
    func makeCertificates() throws {
        func openssl(_ arguments: [String]) throws {
            try #require(try Peers.run("/usr/bin/openssl", arguments).status == 0, "openssl \(arguments)")
        }
        func key(_ name: String) -> [String] {
            ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path("\(name).key")]
        }
        for name in ["ca", "stranger"] {
            try openssl(
                ["req", "-x509", "-days", "2", "-subj", "/CN=\(name)", "-out", path("\(name).pem")] + key(name))
        }
        try write("subjectAltName=DNS:localhost,IP:127.0.0.1", to: "names")
        for name in ["server", "client"] {
            try openssl(["req", "-subj", "/CN=\(name)", "-out", path("\(name).csr")] + key(name))
            try openssl(
                [
                    "x509", "-req", "-days", "2", "-in", path("\(name).csr"), "-CA", path("ca.pem"), "-CAkey",
                    path("ca.key"),
                ]
                    + ["-CAcreateserial", "-extfile", path("names"), "-out", path("\(name).pem")])
        }
    }
}
