import ArgumentParser
import Foundation
import Mill
import Serving

/// What `serve` makes of the configuration: checked before anything listens.
struct ServeSettings {
    typealias Address = (host: String, port: Int)

    /// Nil: off.
    var http: ServerSettings?
    /// Nil: off, or not in this build.
    var grpc: Address?
    var security: TransportSecurity?

    var serverCount: Int { (http == nil ? 0 : 1) + (grpc == nil ? 0 : 1) }

    /// What of it this build can do, for the help.
    static let build =
        TransportSecurity.isAvailable
        ? "Strategies are served over HTTP and gRPC."
        : "gRPC and TLS are not in this build; swift build --traits GRPC adds them."
    /// The same for the line that tells the addresses.
    static let note = TransportSecurity.isAvailable ? "" : " (gRPC is not in this build)"

    init(_ configuration: Configuration, maxAge: String?) throws {
        let server = configuration.job.server
        security = try Self.security(server)
        if let (host, port) = try Self.address(server.listen, "server.listen") {
            http = ServerSettings(
                host: host, port: port, maximumReportAgeNanoseconds: try Self.age(maxAge),
                token: try Self.token(server.tokenFile), security: security, programVersion: Version.number)
        }
        let address = try Self.address(server.grpc, "server.grpc")
        if TransportSecurity.isAvailable {
            grpc = address
        } else if address != nil, let origin = configuration.origins["server.grpc"] {
            throw MillError(
                .configuration,
                "\(origin): server.grpc is set, but gRPC is not in this build; build with --traits GRPC or say off")
        }
        guard serverCount > 0 else {
            throw MillError(.configuration, "nothing to serve: server.listen and server.grpc are off; turn one on")
        }
    }

    private static func age(_ text: String?) throws -> UInt64? {
        guard let text else { return nil }
        guard let duration = Units.duration(text) else {
            throw ValidationError("--max-age takes a duration like 36h, not '\(text)'")
        }
        return duration
    }

    private static func token(_ path: String?) throws -> String? {
        guard let path else { return nil }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw MillError(.configuration, "cannot read the token file \(path)")
        }
        let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !token.isEmpty else {
            throw MillError(.configuration, "the token file \(path) is empty; write a long random word into it")
        }
        return token
    }

    private static func security(_ server: Job.ServerSettings) throws -> TransportSecurity? {
        switch (server.tlsCertificate, server.tlsKey) {
        case (nil, nil):
            guard server.tlsClientAuthority == nil else {
                throw MillError(
                    .configuration, "server.tls.client_ca needs server.tls.certificate and server.tls.key as well")
            }
            return nil
        case (let certificate?, let key?):
            guard TransportSecurity.isAvailable else {
                throw MillError(
                    .configuration, "server.tls is set, but TLS is not in this build; build with --traits GRPC")
            }
            return TransportSecurity(
                certificatePath: certificate, keyPath: key, clientAuthorityPath: server.tlsClientAuthority)
        default:
            throw MillError(.configuration, "server.tls.certificate and server.tls.key go together; set both")
        }
    }

    /// Nil for `off`.
    private static func address(_ text: String, _ key: String) throws -> Address? {
        if text == "off" { return nil }
        guard let address = address(text) else {
            throw MillError(
                .configuration, "\(key): '\(text)' is no address to listen on; write it like 127.0.0.1:5778, or off")
        }
        return address
    }

    /// Host and port of `127.0.0.1:5778`, `[::1]:5778` or `:5778`.
    static func address(_ text: String) -> Address? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        let host = text[..<colon].trimmingCharacters(in: ["[", "]"])
        return (host.isEmpty ? "0.0.0.0" : host, port)
    }
}
