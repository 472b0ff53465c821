internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore

#if GRPC
internal import NIOSSL
#endif

/// Carries questions and answers between the framework and the face.
struct FaceResponder: HTTPResponder {
    let face: Face
    let asksForCertificates: Bool

    struct Context: RequestContext {
        var coreContext: CoreRequestContextStorage
        let channel: any Channel

        init(source: ApplicationRequestContextSource) {
            coreContext = CoreRequestContextStorage(source: source)
            channel = source.channel
        }

        /// A socket in the file system has no address, and is this machine's.
        var isLocal: Bool { channel.remoteAddress.map { $0.ipAddress.map(Access.isLoopback) ?? true } ?? false }

        /// Whether the peer showed a certificate; a wrong one ended the connection.
        func isCertified() async -> Bool {
            #if GRPC
            return (try? await channel.nioSSL_peerCertificate().map { $0 != nil }.get()) ?? false
            #else
            return false
            #endif
        }
    }

    func respond(to request: Request, context: Context) async throws -> Response {
        let start = ContinuousClock.now
        let question = Question(
            method: request.method.rawValue, request.head.path ?? "", host: request.head.authority,
            isLocal: context.isLocal, isCertified: asksForCertificates ? await context.isCertified() : false,
            authorization: request.headers[.authorization], ifNoneMatch: request.headers[.ifNoneMatch])
        let (answer, route) = await face.answer(question)
        context.logger.log(
            level: answer.status >= 500 ? .warning : .debug, "answered",
            metadata: [
                "route": "\(route.rawValue)", "status": "\(answer.status)", "duration": "\(start.duration(to: .now))",
            ])
        return response(answer, isHead: request.method == .head)
    }

    private func response(_ answer: Answer, isHead: Bool) -> Response {
        var headers = HTTPFields()
        for (name, value) in answer.headers {
            if let name = HTTPField.Name(name) { headers.append(HTTPField(name: name, value: value)) }
        }
        let response = Response(
            status: .init(code: answer.status), headers: headers,
            body: answer.status == 304 ? ResponseBody() : ResponseBody(byteBuffer: answer.body))
        return isHead ? response.createHeadResponse() : response
    }
}
