import SpanModel

extension ArchiveReader {
    /// Reads bytes that are of one format from here to the end.
    mutating func readStream<Format: SpanFormat, Failure: Error>(
        _: Format.Type, _ summary: inout ArchiveSummary, _ batch: inout SpanBatch, _ progress: (Int) -> Void,
        _ flush: (inout SpanBatch) throws(Failure) -> Void
    ) throws(Failure) {
        var reader = Format(settings: settings)
        var report = ReadingReport()
        // After a read that took nothing, twice the bytes are gathered before the next: records of any length are
        // then looked at a constant number of times.
        var wanted = Self.windowBytes
        while !report.isFinished {
            chain.fill(to: wanted)
            tell(progress, &summary)
            let base = chain.offset
            // No more than the longest record is shown, so that the limit is exact whatever has been read ahead.
            let shown = min(chain.count, max(settings.maximumRecordBytes, 1))
            let isLast = chain.hasEnded && shown == chain.count
            let hadError = report.firstError != nil
            let taken = chain.withBytes { bytes in
                reader.read(bytes.extracting(0..<shown), isLast: isLast, into: &batch, report: &report)
            }
            if !hadError, let error = report.firstError {
                let offset = base &+ UInt64(clamping: error.offset)
                summary.record(ArchiveError(error.code, offset: offset, message: error.message))
            }
            if isLast, let place = report.truncatedAt, chain.failure == nil {
                summary.truncatedAt = base &+ UInt64(clamping: place)
            }
            chain.discard(taken)
            if batch.isFull {
                try handOver(&batch, &summary, flush)
                wanted = 0
            } else if taken > 0, !isLast {
                wanted = Self.windowBytes
            } else if taken == 0 {
                if isLast || isTooLarge(shown, &summary) { break }
                wanted = max(2 * chain.count, Self.windowBytes)
            }
        }
        summary.add(report)
        summary.bytesDecompressed = chain.unwrappedBytes
    }

    /// Passes on how much of the file has been read since the last time.
    func tell(_ progress: (Int) -> Void, _ summary: inout ArchiveSummary) {
        guard chain.fileBytes > summary.bytes else { return }
        progress(Int(chain.fileBytes &- summary.bytes))
        summary.bytes = chain.fileBytes
    }

    private func isTooLarge(_ shown: Int, _ summary: inout ArchiveSummary) -> Bool {
        guard shown >= settings.maximumRecordBytes else { return false }
        let message = "a record is longer than \(settings.maximumRecordBytes) bytes; raise limits.record"
        summary.record(ArchiveError(.tooLarge, offset: chain.offset, message: message))
        return true
    }
}
