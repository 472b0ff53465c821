/// Who may see what: the rules for every path that is not for tracers or health checks.
///
/// A client certificate, or a bearer token, or both: the peer is this machine, and `Host` names it. The last keeps out
/// pages of other sites that a browser on this machine shows, whose names were made to resolve to it.
struct Access: Sendable {
    /// As it was configured to listen.
    let host: String
    let token: String?

    /// Nil where the question may be answered.
    func refusal(of question: Question) -> Answer? {
        if question.isCertified { return nil }
        if let token, let given = bearer(question.authorization) {
            return isEqual(given, token) ? nil : unauthorized("the token is not the right one; check server.token_file")
        }
        guard question.isLocal else {
            if token != nil {
                return unauthorized("this path needs a token from other machines; send it as 'Authorization: Bearer …'")
            }
            return .problem(
                403, "Forbidden",
                """
                this path is answered on this machine only; ask from there, or configure server.token_file or \
                server.tls.client_ca
                """)
        }
        guard let name = hostName(question.host), isOwn(name) else {
            return .problem(
                421, "Misdirected Request",
                "the Host header does not name this server; use localhost or the address it listens on")
        }
        return nil
    }

    /// Whether an address is this machine's own.
    static func isLoopback(_ address: String) -> Bool {
        let address = address.lowercased()
        let bare = address.hasPrefix("::ffff:") ? address.dropFirst(7) : address[...]
        let fields = bare.split(separator: ".", omittingEmptySubsequences: false)
        return address == "::1" || fields.count == 4 && fields[0] == "127" && fields.allSatisfy { UInt8($0) != nil }
    }

    private func unauthorized(_ detail: String) -> Answer {
        .problem(401, "Unauthorized", detail).with("WWW-Authenticate", "Bearer")
    }

    private func bearer(_ authorization: String?) -> Substring? {
        guard let authorization, authorization.lowercased().hasPrefix("bearer ") else { return nil }
        return authorization.dropFirst(7)
    }

    /// In time that does not tell how much is right.
    private func isEqual(_ given: Substring, _ token: String) -> Bool {
        var difference = given.utf8.count == token.utf8.count ? 0 : 1 as UInt8
        for (a, b) in zip(given.utf8, token.utf8) { difference |= a ^ b }
        return difference == 0
    }

    /// The header without its port and brackets.
    private func hostName(_ header: String?) -> String? {
        guard let header, !header.isEmpty else { return nil }
        if header.hasPrefix("[") {
            return header.firstIndex(of: "]").map { String(header[header.index(after: header.startIndex)..<$0]) }
        }
        return header.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init)
    }

    private func isOwn(_ name: String) -> Bool {
        let name = name.lowercased()
        return name == "localhost" || name == host.lowercased() || Self.isLoopback(name)
    }
}
