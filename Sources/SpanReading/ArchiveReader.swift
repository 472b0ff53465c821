public import SpanModel

/// Turns archives into span batches, whatever their framing, compression and format.
///
/// One worker owns one reader and uses it for many archives: buffers and decoders are kept. Layers and formats are
/// told by the bytes, never by a name. Everything readable before a failure is delivered and counted; the failure is in
/// the summary.
///
/// ```swift
/// var reader = ArchiveReader(settings: settings)
/// var batch = SpanBatch()
/// let summary = try reader.read(path, into: &batch) { batch in try deal(batch) }
/// ```
public struct ArchiveReader: ~Copyable {
    let settings: ReadingSettings
    var chain: LayerChain
    /// A message of a framed archive that had to be unwrapped.
    var message = ByteWindow()

    /// What detection looks at.
    static let prefixBytes = 64 << 10
    /// What a format is given at least, unless the archive ends: long enough that few records are cut.
    static let windowBytes = 2 << 20

    public init(settings: ReadingSettings) {
        self.settings = settings
        chain = LayerChain(settings: settings)
    }

    /// Reads one archive.
    ///
    /// - Parameters:
    ///   - path: a file, or `-` for standard input.
    ///   - batch: lent; without spans at first, and again on return.
    ///   - progress: told how many more bytes of the file have been read, some hundred kilobytes at a time.
    ///   - flush: takes the batch's spans when it is full and when the archive ends; they are removed afterwards.
    /// - Throws: what `flush` throws. Failures of the archive are in the summary.
    public mutating func read<Failure: Error>(
        _ path: String, into batch: inout SpanBatch, progress: (Int) -> Void = { _ in },
        flush: (inout SpanBatch) throws(Failure) -> Void
    ) throws(Failure) -> ArchiveSummary {
        var summary = ArchiveSummary(path: path)
        do throws(ArchiveError) {
            chain.begin(try ArchiveSource.open(path))
        } catch {
            summary.record(error)
            return summary
        }
        try read(&summary, &batch, progress, flush)
        return summary
    }

    /// Reads bytes in memory as if they were a file whose reads return `piece` bytes at a time.
    mutating func read(_ bytes: [UInt8], piece: Int = .max, into batch: inout SpanBatch) -> ArchiveSummary {
        var summary = ArchiveSummary(path: "memory")
        var spans: [SpanRecord] = []
        var links: [LinkRecord] = []
        chain.begin(.memory(bytes, piece: piece, taken: 0))
        read(&summary, &batch, { _ in }) { batch in
            spans += batch.spans
            links += batch.links
        }
        batch.spans = spans
        batch.links = links
        return summary
    }

    private mutating func read<Failure: Error>(
        _ summary: inout ArchiveSummary, _ batch: inout SpanBatch, _ progress: (Int) -> Void,
        _ flush: (inout SpanBatch) throws(Failure) -> Void
    ) throws(Failure) {
        defer {
            chain.end()
            message.reset()
        }
        switch detect(&summary) {
        case .stream(let format): try readStream(format, &summary, &batch, progress, flush)
        case .messages(let framing): try readMessages(framing, &summary, &batch, progress, flush)
        case nil: break
        }
        if !batch.spans.isEmpty { try handOver(&batch, &summary, flush) }
        progress(Int(chain.fileBytes &- summary.bytes))
        summary.bytes = chain.fileBytes
        summary.close(chain)
    }

    /// Counts the spans of a batch and lends it out.
    func handOver<Failure: Error>(
        _ batch: inout SpanBatch, _ summary: inout ArchiveSummary,
        _ flush: (inout SpanBatch) throws(Failure) -> Void
    ) throws(Failure) {
        for span in batch.spans {
            let end = span.startNanoseconds &+ span.durationNanoseconds
            if span.startNanoseconds > 0 {
                summary.firstNanoseconds = min(summary.firstNanoseconds, span.startNanoseconds)
            }
            // An end beyond 64 bits says nothing.
            if end >= span.startNanoseconds { summary.lastNanoseconds = max(summary.lastNanoseconds, end) }
        }
        summary.spans &+= UInt64(batch.spans.count)
        defer { batch.removeSpans() }
        try flush(&batch)
    }
}

extension ArchiveSummary {
    /// Keeps the first failure.
    mutating func record(_ failure: ArchiveError) {
        guard error == nil else { return }
        error = failure
        error?.path = path
    }

    /// Takes over what a format's reader met, counted from a place in the decompressed bytes.
    mutating func add(_ report: ReadingReport) {
        badRecords &+= report.badRecords
        otherRecords &+= report.otherRecords
        spansInvalid &+= report.spansInvalid
    }

    /// The last word, when nothing more will be read.
    fileprivate mutating func close(_ chain: borrowing LayerChain) {
        if let failure = chain.failure { record(failure) }
        if let place = chain.truncatedAt { truncatedAt = place }
        if let place = truncatedAt {
            record(
                ArchiveError(
                    .truncated, offset: place,
                    message: "ends inside a record; it may still be being written, else fetch it again"))
        }
        if spans == 0, otherRecords > 0, spansInvalid == 0 {
            let message = "holds metrics, logs or profiles, but no spans"
            record(ArchiveError(.otherSignal, offset: 0, message: message))
        }
    }
}
