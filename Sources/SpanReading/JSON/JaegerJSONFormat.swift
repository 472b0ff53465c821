public import SpanModel

/// Jaeger's query and UI JSON (`formats.md` §6.1): `{"data":[trace, …]}`, a trace alone, lists and lines of either.
///
/// The record is a trace object; a long reply is read trace by trace.
public struct JaegerJSONFormat: SpanFormat {
    public static let name = "jaeger-json"
    public static let hasLines = true

    private var records = JSONRecords()
    private var reader: JaegerJSONReader

    public init(settings: ReadingSettings) {
        reader = JaegerJSONReader(settings: settings)
    }

    public var place: ReadingPlace { records.place }

    public mutating func begin(at place: ReadingPlace) { records.begin(at: place) }

    public static func recognizes(_ prefix: RawSpan, isWhole: Bool) -> Bool {
        JSONDialect.of(prefix) == .jaeger
    }

    public mutating func read(
        _ bytes: RawSpan, isLast: Bool, into batch: inout SpanBatch, report: inout ReadingReport
    ) -> Int {
        records.read(&reader, bytes, isLast: isLast, into: &batch, report: &report)
    }
}
