import Compression
import SpanModel

extension ArchiveReader {
    /// Reads messages that are each preceded by their length, to the end.
    mutating func readMessages<Failure: Error>(
        _ framing: MessageFraming, _ summary: inout ArchiveSummary, _ batch: inout SpanBatch,
        _ progress: (Int) -> Void, _ flush: (inout SpanBatch) throws(Failure) -> Void
    ) throws(Failure) {
        var format: (any SpanFormat.Type)?
        while let range = nextMessage(framing, &summary) {
            tell(progress, &summary)
            if let isWrapped = unwrap(range, &summary) {
                let count = isWrapped ? message.count : range.count
                summary.bytesDecompressed &+= UInt64(count)
                format = withMessage(range, isWrapped: isWrapped) { Self.format(of: $0, lastly: format) }
                if let format {
                    if summary.format.isEmpty { summary.format = format.name }
                    try readMessage(format, range, isWrapped: isWrapped, &summary, &batch, flush)
                } else if count > 0 {
                    failMessage(&summary, at: range.lowerBound, "a message is of no known format")
                }
            }
            chain.discard(range.upperBound)
            guard summary.bytesDecompressed <= settings.maximumDecompressedBytes else {
                let message = "holds more than \(settings.maximumDecompressedBytes) bytes; raise limits.decompressed"
                return summary.record(ArchiveError(.tooLarge, offset: chain.offset, message: message))
            }
        }
    }

    /// Where the next message lies in the bytes at hand; nil at the end or where the archive ends too early.
    private mutating func nextMessage(_ framing: MessageFraming, _ summary: inout ArchiveSummary) -> Range<Int>? {
        chain.fill(to: MessageFraming.maximumPrefixBytes)
        guard chain.count > 0 else { return nil }
        switch chain.withBytes({ framing.head($0) }) {
        case .malformed:
            summary.record(ArchiveError(.corrupt, offset: chain.offset, message: "no length where one should be"))
        case .incomplete:
            cut(&summary)
        case .sizes(_, let length) where length > UInt64(max(settings.maximumRecordBytes, 0)):
            let message =
                "a message should have \(length) bytes, over the limit of \(settings.maximumRecordBytes); "
                + "the archive is damaged, or raise limits.record"
            summary.record(ArchiveError(.tooLarge, offset: chain.offset, message: message))
        case .sizes(let prefix, let length):
            let range = prefix..<prefix + Int(length)
            chain.fill(to: range.upperBound)
            if chain.count >= range.upperBound { return range }
            cut(&summary)
        }
        return nil
    }

    private func cut(_ summary: inout ArchiveSummary) {
        if chain.failure == nil { summary.truncatedAt = chain.offset }
    }

    /// Whether the message was compressed; nil where that could not be undone, which costs this message only.
    private mutating func unwrap(_ range: Range<Int>, _ summary: inout ArchiveSummary) -> Bool? {
        do throws(CompressionError) {
            guard let layer = try chain.unwrapMessage(range, into: &message) else { return false }
            if summary.layers.last != layer { summary.layers.append(layer) }
            return true
        } catch {
            var failure = ArchiveError(error)
            failure.offset &+= chain.offset &+ UInt64(range.lowerBound)
            // The message is whole as far as its length goes: its inside is wrong.
            if failure.code == .truncated { failure.code = .corrupt }
            summary.badRecords &+= 1
            summary.record(failure)
            return nil
        }
    }

    private func withMessage<R>(_ range: Range<Int>, isWrapped: Bool, _ body: (RawSpan) -> R) -> R {
        if isWrapped { return message.withBytes(body) }
        return chain.withBytes { bytes in body(bytes.extracting(range)) }
    }

    /// The last message's format if it knows this one too: a redeployed exporter may have changed it.
    private static func format(of message: RawSpan, lastly last: (any SpanFormat.Type)?) -> (any SpanFormat.Type)? {
        let isWhole = message.byteCount <= prefixBytes
        let prefix = message.extracting(0..<min(message.byteCount, prefixBytes))
        if let last, last.recognizes(prefix, isWhole: isWhole) { return last }
        return format(of: prefix, isWhole: isWhole)
    }

    private mutating func readMessage<Format: SpanFormat, Failure: Error>(
        _: Format.Type, _ range: Range<Int>, isWrapped: Bool, _ summary: inout ArchiveSummary,
        _ batch: inout SpanBatch, _ flush: (inout SpanBatch) throws(Failure) -> Void
    ) throws(Failure) {
        var reader = Format(settings: settings)
        var report = ReadingReport()
        var done = 0
        while !report.isFinished {
            let hadError = report.firstError != nil
            let taken = withMessage(range, isWrapped: isWrapped) { bytes in
                let rest = bytes.extracting(min(done, bytes.byteCount)..<bytes.byteCount)
                return reader.read(rest, isLast: true, into: &batch, report: &report)
            }
            if !hadError, let error = report.firstError {
                let inside = isWrapped ? 0 : done + error.offset
                let offset = chain.offset &+ UInt64(clamping: range.lowerBound + inside)
                summary.record(ArchiveError(error.code, offset: offset, message: error.message))
            }
            done += taken
            if batch.isFull { try handOver(&batch, &summary, flush) } else if taken == 0 { break }
        }
        summary.add(report)
        if report.truncatedAt != nil {
            failMessage(&summary, at: range.lowerBound, "a message ends inside a record")
        }
    }

    private func failMessage(_ summary: inout ArchiveSummary, at start: Int, _ message: String) {
        summary.badRecords &+= 1
        summary.record(ArchiveError(.badRecord, offset: chain.offset &+ UInt64(start), message: message))
    }
}
