public import SpanModel

/// Zipkin v2 JSON (`formats.md` §7.1): lists, lists of lists, lines of spans or of lists, a span alone.
///
/// The record is a span object. Version 1 is recognised, and each of its spans is refused with the remedy.
public struct ZipkinJSONFormat: SpanFormat {
    public static let name = "zipkin-json"
    public static let hasLines = true

    private var records = JSONRecords()
    private var reader = ZipkinJSONReader()

    public init(settings: ReadingSettings) {}

    public var place: ReadingPlace { records.place }

    public mutating func begin(at place: ReadingPlace) { records.begin(at: place) }

    public static func recognizes(_ prefix: RawSpan, isWhole: Bool) -> Bool {
        JSONDialect.of(prefix) == .zipkin
    }

    public mutating func read(
        _ bytes: RawSpan, isLast: Bool, into batch: inout SpanBatch, report: inout ReadingReport
    ) -> Int {
        records.read(&reader, bytes, isLast: isLast, into: &batch, report: &report)
    }
}
