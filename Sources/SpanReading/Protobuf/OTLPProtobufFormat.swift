public import SpanModel

/// OTLP trace requests as protobuf: one message, or several that read as one.
///
/// Hand-written for speed: only the fields a span record needs are visited, the rest is skipped by its length. The
/// record is a `ResourceSpans`; requests of metrics and logs look alike from outside and are told by their items.
public struct OTLPProtobufFormat: SpanFormat {
    public static let name = "otlp-protobuf"

    private var reader: OTLPResourceReader

    public init(settings: ReadingSettings) {
        reader = OTLPResourceReader(settings)
    }

    public mutating func read(
        _ bytes: RawSpan, isLast: Bool, into batch: inout SpanBatch, report: inout ReadingReport
    ) -> Int {
        var taken = 0
        while taken < bytes.byteCount, !batch.isFull {
            var cursor = ProtobufCursor(offset: taken, end: bytes.byteCount)
            do throws(ProtobufError) {
                // Requests have one field; whatever else stands here is of a later schema.
                guard let tag = try cursor.tag(bytes) else { break }
                if tag == 0x0a {
                    let resource = try cursor.message(bytes)
                    readResource(resource, bytes, into: &batch, report: &report)
                } else {
                    try cursor.skip(tag, bytes)
                }
                taken = cursor.offset
            } catch {
                guard !mayGoOn(bytes, from: taken) else {
                    if isLast { report.truncatedAt = taken }
                    break
                }
                report.fail(at: taken, "not a protobuf field where the next resource should begin")
                report.isFinished = true
                break
            }
        }
        return taken
    }

    private mutating func readResource(
        _ resource: ProtobufCursor, _ bytes: RawSpan, into batch: inout SpanBatch, report: inout ReadingReport
    ) {
        let (spans, links) = (batch.spans.count, batch.links.count)
        do throws(ProtobufError) {
            let counts = try reader.read(resource, bytes, into: &batch)
            if batch.spans.count == spans, counts.invalid == 0, counts.other > 0 {
                report.otherRecords &+= 1
            } else {
                report.spansInvalid &+= counts.invalid &+ counts.other
            }
        } catch {
            batch.spans.removeLast(batch.spans.count - spans)
            batch.links.removeLast(batch.links.count - links)
            report.fail(at: resource.offset, "malformed protobuf inside a resource's spans")
        }
    }

    /// Whether the field that could not be walked may merely lack its end.
    private func mayGoOn(_ bytes: RawSpan, from offset: Int) -> Bool {
        var cursor = ProtobufCursor(offset: offset, end: bytes.byteCount)
        guard let tag = try? cursor.tag(bytes) else { return bytes.byteCount - offset < 10 }
        switch tag & 7 {
        case 0, 2:
            let start = cursor.offset
            guard let length = try? cursor.varint(bytes) else { return bytes.byteCount - start < 10 }
            return length <= UInt64(Int.max)
        case 1, 5: return true
        case 3: return bytes.byteCount - offset < 64 << 10
        default: return false
        }
    }
}

extension ReadingReport {
    /// Counts a record that could not be read.
    mutating func fail(at offset: Int, _ message: String) {
        badRecords &+= 1
        if firstError == nil { firstError = (offset, .badRecord, message) }
    }
}
