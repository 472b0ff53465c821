internal import HTTPTypes
internal import Logging
internal import NIOCore
internal import NIOHTTPTypes

/// Answers what tracers ask on the connection's own thread, from what was prepared when the snapshot was made.
///
/// Only the plain case is taken: a GET without a body, nothing else under way on the connection, and a peer that reads
/// what it is sent. Everything else goes on to the framework, whose tasks wait for slow peers one by one.
final class PreparedAnswers: ChannelDuplexHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let face: Face
    private let date: HTTPDate
    private let logger: Logger
    /// The answer to a request whose end is still to come.
    private var next: (body: TaggedBody, isKnown: Bool)?
    /// Requests that the framework has not answered yet: answers keep the order of their requests.
    private var passedOn = 0
    private var hasWritten = false

    init(face: Face, date: HTTPDate, logger: Logger) {
        self.face = face
        self.date = date
        self.logger = logger
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let request):
            if passedOn == 0, context.channel.isWritable, let found = face.preparedBody(for: request) {
                next = found
            } else {
                passedOn += 1
                context.fireChannelRead(data)
            }
        case .body:
            if next == nil { context.fireChannelRead(data) }
        case .end:
            guard let (body, isKnown) = next else { return context.fireChannelRead(data) }
            next = nil
            answer(context, body, isKnown: isKnown)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if hasWritten {
            hasWritten = false
            context.flush()
        }
        context.fireChannelReadComplete()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { passedOn = max(0, passedOn - 1) }
        context.write(data, promise: promise)
    }

    private func answer(_ context: ChannelHandlerContext, _ body: TaggedBody, isKnown: Bool) {
        var head = isKnown ? body.knownHead : body.head
        head.headerFields.append(HTTPField(name: .date, value: date.text))
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !isKnown { context.write(wrapOutboundOut(.body(body.bytes)), promise: nil) }
        context.write(wrapOutboundOut(.end(nil)), promise: nil)
        hasWritten = true
        face.counters.count(.sampling, head.status.code)
        logger.debug("answered", metadata: ["route": "/sampling", "status": "\(head.status.code)"])
    }
}

extension Face {
    /// What `request` is to be answered with, where that was prepared; nil: ask `answer`.
    func preparedBody(for request: HTTPRequest) -> (body: TaggedBody, isKnown: Bool)? {
        guard request.method == .get, let target = request.path, target.utf8.count <= Self.longestTarget,
            let path = Self.preparedPaths.first(where: target.utf8.starts), let strategies = watch.strategies
        else { return nil }
        var tags: String?
        for field in request.headerFields {
            switch field.name {
            case .connection where field.value.lowercased() != "keep-alive": return nil
            case .contentLength, .transferEncoding, .expect, .upgrade: return nil
            case .ifNoneMatch:
                // Rarely more than one; the other way joins them.
                if tags != nil { return nil }
                tags = field.value
            default: break
            }
        }
        let name = target.utf8.dropFirst(path.count)
        let service: [UInt8]
        if name.allSatisfy(Self.isPlain) {
            service = Array(name)
        } else {
            let services = Query(target).values("service")
            guard services.count == 1 else { return nil }
            service = services[0]
        }
        let body = strategies.strategy(of: service).body
        return (body, body.isKnown(tags))
    }

    /// The tracers' paths, the most frequent first; every tracer asks with its service as the first parameter.
    private static let preparedPaths = ["/sampling", "/", "/api/sampling"].map { Array("\($0)?service=".utf8) }

    /// Bytes of a query that stand for themselves and end nothing.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
