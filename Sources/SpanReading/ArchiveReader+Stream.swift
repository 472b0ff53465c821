import SpanModel

extension ArchiveReader {
    /// Reads what is here of a stream, as far as whole records go.
    mutating func readStream<Format: SpanFormat, Failure: Error>(
        _: Format.Type, _ block: ArchiveBlock, _ passage: inout Passage, _ batch: inout SpanBatch,
        _ flush: (inout Passage, inout SpanBatch) throws(Failure) -> Void
    ) throws(Failure) {
        guard block.isLast || passage.count >= max(passage.wanted, 1) else { return }
        passage.wanted = 0
        var reader = takeReader(Format.self)
        reader.begin(at: passage.start.place)
        var report = ReadingReport()
        while !report.isFinished {
            let base = passage.offset
            // No more than the longest record is shown, so that the limit is exact whatever has been read ahead.
            let shown = min(passage.count, max(settings.maximumRecordBytes, 1))
            let isAll = shown == passage.count
            let isLast = block.isLast && isAll
            let hadError = report.firstError != nil
            let taken = passage.withBytes(shown) { bytes in
                reader.read(bytes, isLast: isLast, into: &batch, report: &report)
            }
            if !hadError, let error = report.firstError {
                let offset = base &+ UInt64(clamping: error.offset)
                passage.summary.record(ArchiveError(error.code, offset: offset, message: error.message))
            }
            if isLast, let place = report.truncatedAt, block.failure == nil {
                passage.summary.truncatedAt = base &+ UInt64(clamping: place)
            }
            passage.taken += min(max(taken, 0), shown)
            if batch.isFull, passage.pausesWhenFull { break }
            if batch.isFull {
                try handOver(&batch, &passage, flush)
            } else if taken == 0 {
                if !isLast { askForMore(shown, &passage) }
                break
            } else if isAll, !isLast {
                break
            }
        }
        passage.isFinished = passage.isFinished || report.isFinished
        passage.start.place = reader.place
        passage.summary.add(report)
        giveBack(reader)
    }

    /// A record does not end within the bytes that were shown.
    private func askForMore(_ shown: Int, _ passage: inout Passage) {
        passage.wanted = 2 * shown
        guard shown >= settings.maximumRecordBytes else { return }
        let message = "a record is longer than \(settings.maximumRecordBytes) bytes; raise limits.record"
        passage.summary.record(ArchiveError(.tooLarge, offset: passage.offset, message: message))
        passage.isFinished = true
    }
}
