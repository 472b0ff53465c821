internal import HTTPTypes
internal import NIOCore
internal import SpanModel

/// A request, as far as answers depend on it.
struct Question: Sendable {
    /// `GET`, `HEAD`, …
    var method: String
    /// Path and query as they were sent.
    var target: String
    /// The `Host` header.
    var host: String?
    /// Whether it comes from this machine.
    var isLocal: Bool
    /// Whether the peer showed a certificate that `server.tls.client_ca` vouches for.
    var isCertified: Bool
    var authorization: String?
    var ifNoneMatch: String?

    init(
        method: String = "GET", _ target: String, host: String? = "localhost", isLocal: Bool = true,
        isCertified: Bool = false, authorization: String? = nil, ifNoneMatch: String? = nil
    ) {
        self.method = method
        self.target = target
        self.host = host
        self.isLocal = isLocal
        self.isCertified = isCertified
        self.authorization = authorization
        self.ifNoneMatch = ifNoneMatch
    }
}

/// A response: status, headers in order, body.
struct Answer: Sendable {
    var status: Int
    var headers: [(name: String, value: String)]
    var body: ByteBuffer

    init(_ status: Int, type: String, _ body: some Sequence<UInt8>) {
        self.init(status, type: type, ByteBuffer(bytes: body))
    }

    init(_ status: Int, type: String, _ body: ByteBuffer) {
        self.status = status
        headers = [("Content-Type", type)]
        self.body = body
    }

    func with(_ name: String, _ value: String) -> Answer {
        var copy = self
        copy.headers.append((name, value))
        return copy
    }

    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    static func text(_ text: String) -> Answer {
        Answer(200, type: "text/plain; charset=utf-8", text.utf8)
    }

    static func json(_ body: [UInt8]) -> Answer { Answer(200, type: "application/json", body) }

    /// An error as Go's `http.Error` writes it: what clients of Jaeger's endpoints know.
    static func plainError(_ status: Int, _ body: [UInt8]) -> Answer {
        Answer(status, type: "text/plain; charset=utf-8", body).with("X-Content-Type-Options", "nosniff")
    }

    static func plainError(_ status: Int, _ message: String) -> Answer {
        plainError(status, [UInt8]("\(message)\n".utf8))
    }

    /// A problem document (RFC 9457).
    ///
    /// - Parameter detail: lower case; what cannot be done, then the remedy.
    static func problem(_ status: Int, _ title: String, _ detail: String) -> Answer {
        let body = #"{"type":"about:blank","title":\#(quoted(title)),"status":\#(status),"detail":\#(quoted(detail))}"#
        return Answer(status, type: "application/problem+json", "\(body)\n".utf8)
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\u{0}"..<" ": quoted += "\\u" + Hex.text(UInt64(scalar.value)).suffix(4)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

/// A body that was rendered ahead, with the tag that names exactly these bytes and the heads of both its responses.
struct TaggedBody: Sendable {
    let bytes: ByteBuffer
    let tag: String
    /// Everything but the date.
    let head: HTTPResponse
    /// The same for a client that has the body already.
    let knownHead: HTTPResponse

    private static let (type, caching) = ("application/json", "no-cache")

    init(_ bytes: [UInt8]) {
        self.bytes = ByteBuffer(bytes: bytes)
        // FNV-1a: stable over processes, so that replicas and restarts agree.
        let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        tag = "\"\(Hex.text(hash))\""
        let fields: HTTPFields = [.contentType: Self.type, .eTag: tag, .cacheControl: Self.caching]
        knownHead = HTTPResponse(status: .notModified, headerFields: fields)
        var head = HTTPResponse(status: .ok, headerFields: fields)
        head.headerFields[.contentLength] = String(bytes.count)
        self.head = head
    }

    /// The body, or 304 where the client has it already.
    func answer(to question: Question) -> Answer {
        let isKnown = isKnown(question.ifNoneMatch)
        return Answer(isKnown ? 304 : 200, type: Self.type, isKnown ? ByteBuffer() : bytes)
            .with("ETag", tag).with("Cache-Control", Self.caching)
    }

    /// Whether a client that sent these tags with `If-None-Match` has the body already.
    func isKnown(_ tags: String?) -> Bool {
        guard let tags else { return false }
        return tags.split(separator: ",").contains { candidate in
            let candidate = candidate.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
            let text = String(candidate)
            return text == "*" || text == tag || text == "W/\(tag)"
        }
    }
}
