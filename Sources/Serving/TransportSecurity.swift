/// The files that make connections private: in builds with the trait `GRPC`, which has the library for it anyway.
public struct TransportSecurity: Hashable, Sendable {
    /// PEM: the server's certificate and those above it.
    public var certificatePath: String
    /// PEM.
    public var keyPath: String
    /// PEM: whoever shows a certificate of one of these may ask for everything; nil: none does.
    public var clientAuthorityPath: String?

    /// Reads nothing: files are read when the server starts.
    public init(certificatePath: String, keyPath: String, clientAuthorityPath: String? = nil) {
        self.certificatePath = certificatePath
        self.keyPath = keyPath
        self.clientAuthorityPath = clientAuthorityPath
    }

    /// Whether this build can use them.
    public static var isAvailable: Bool {
        #if GRPC
        true
        #else
        false
        #endif
    }
}

/// Why a server cannot begin: what, then the remedy.
public struct ServerError: Error, Hashable, Sendable {
    public let message: String

    package init(_ message: String) { self.message = message }

    package static func cannotListen(_ address: String) -> ServerError {
        ServerError(
            "cannot listen on \(address): is another server running there, or the address not this machine's?")
    }
}

#if GRPC
internal import HummingbirdTLS
internal import NIOSSL

extension TransportSecurity {
    /// Whether the files can be read and belong together.
    package func check() throws(ServerError) { _ = try configuration() }

    /// Tracers have no certificate and need none; one that is shown must be right.
    func configuration() throws(ServerError) -> TLSConfiguration {
        guard let chain = try? NIOSSLCertificate.fromPEMFile(certificatePath), !chain.isEmpty else {
            throw unreadable("server.tls.certificate", certificatePath, "a PEM certificate")
        }
        guard let key = try? NIOSSLPrivateKey(file: keyPath, format: .pem) else {
            throw unreadable("server.tls.key", keyPath, "a PEM private key without a passphrase")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        if let path = clientAuthorityPath {
            guard let authorities = try? NIOSSLCertificate.fromPEMFile(path), !authorities.isEmpty else {
                throw unreadable("server.tls.client_ca", path, "PEM certificates")
            }
            configuration.trustRoots = .certificates(authorities)
            configuration.certificateVerification = .optionalVerification
        }
        // Tells whether key and certificate belong together.
        guard (try? NIOSSLContext(configuration: configuration)) != nil else {
            throw ServerError("the key \(keyPath) does not belong to the certificate \(certificatePath)")
        }
        return configuration
    }

    private func unreadable(_ setting: String, _ path: String, _ expected: String) -> ServerError {
        ServerError("cannot read \(setting) \(path): \(expected) is expected there")
    }
}
#endif
