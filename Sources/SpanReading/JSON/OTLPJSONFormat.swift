public import SpanModel

/// OTLP trace requests as JSON, in the dialects met in archives (`formats.md` §5): protobuf's standard mapping and
/// the official one, snake case, instrumentation libraries, replies of Tempo and Jaeger, bare `ResourceSpans`.
///
/// The record is a request: a line as a rule. Several signals may share a file; other ones are counted.
public struct OTLPJSONFormat: SpanFormat {
    public static let name = "otlp-json"
    public static let hasLines = true

    private var records = JSONRecords()
    private var reader: OTLPJSONReader

    public init(settings: ReadingSettings) {
        reader = OTLPJSONReader(settings: settings)
    }

    public var place: ReadingPlace { records.place }

    public mutating func begin(at place: ReadingPlace) { records.begin(at: place) }

    public static func recognizes(_ prefix: RawSpan, isWhole: Bool) -> Bool {
        JSONDialect.of(prefix) == .otlp
    }

    public mutating func read(
        _ bytes: RawSpan, isLast: Bool, into batch: inout SpanBatch, report: inout ReadingReport
    ) -> Int {
        records.read(&reader, bytes, isLast: isLast, into: &batch, report: &report)
    }
}
