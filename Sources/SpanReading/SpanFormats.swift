/// Span formats by the order in which they are tried; the stricter ones come first.
public let spanFormats: [any SpanFormat.Type] = [
    OTLPProtobufFormat.self, OTLPJSONFormat.self, JaegerJSONFormat.self, ZipkinJSONFormat.self,
]
