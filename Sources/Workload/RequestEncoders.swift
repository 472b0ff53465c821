/// One encoder of each payload; their storage is reused.
struct RequestEncoders {
    private var json: OTLPJSONEncoder
    private var protobuf: OTLPProtobufEncoder
    private var jaeger: JaegerJSONEncoder
    private var zipkin: ZipkinJSONEncoder

    init(plan: ShopPlan) {
        json = OTLPJSONEncoder(plan: plan)
        protobuf = OTLPProtobufEncoder(plan: plan)
        jaeger = JaegerJSONEncoder(plan: plan)
        zipkin = ZipkinJSONEncoder(plan: plan)
    }

    /// The spans as one request; the result is copied only if it is kept.
    mutating func request(
        _ spans: [WorkloadSpan], links: [UInt32: [WorkloadLink]], as payload: ArchiveLayout.Payload
    ) -> [UInt8] {
        switch payload {
        case .json:
            json.bytes.removeAll(keepingCapacity: true)
            json.request(spans, links: links)
            return json.bytes
        case .proto:
            protobuf.bytes.removeAll(keepingCapacity: true)
            protobuf.request(spans, links: links)
            return protobuf.bytes
        case .jaeger:
            jaeger.bytes.removeAll(keepingCapacity: true)
            jaeger.request(spans, links: links)
            return jaeger.bytes
        case .zipkin:
            zipkin.bytes.removeAll(keepingCapacity: true)
            zipkin.request(spans)
            return zipkin.bytes
        }
    }
}
