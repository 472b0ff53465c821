import Compression
import SpanModel

extension ArchiveReader {
    /// Reads whole messages that are each preceded by their length.
    mutating func readMessages<Failure: Error>(
        _ framing: MessageFraming, _ passage: inout Passage, _ batch: inout SpanBatch,
        _ flush: (inout Passage, inout SpanBatch) throws(Failure) -> Void
    ) throws(Failure) {
        while case .sizes(let prefix, let length) = passage.withBytes(passage.count, { framing.head($0) }) {
            passage.taken += prefix
            let count = Int(clamping: min(length, UInt64(passage.count)))
            try readMessage(count, &passage, &batch, flush)
            passage.taken += count
            let bytes = passage.messageBytesBefore &+ passage.summary.bytesDecompressed
            guard bytes <= settings.maximumDecompressedBytes else {
                let message = "holds more than \(settings.maximumDecompressedBytes) bytes; raise limits.decompressed"
                passage.summary.record(ArchiveError(.tooLarge, offset: passage.offset, message: message))
                passage.isFinished = true
                return
            }
        }
    }

    /// Reads the message of so many bytes that comes next.
    private mutating func readMessage<Failure: Error>(
        _ count: Int, _ passage: inout Passage, _ batch: inout SpanBatch,
        _ flush: (inout Passage, inout SpanBatch) throws(Failure) -> Void
    ) throws(Failure) {
        guard let isWrapped = unwrap(count, &passage) else { return }
        let size = isWrapped ? unwrapper.window.count : count
        passage.summary.bytesDecompressed &+= UInt64(size)
        let last = passage.start.format
        passage.start.format = withMessage(size, isWrapped, passage) { Self.format(of: $0, lastly: last) }
        if let format = passage.start.format {
            if passage.summary.format.isEmpty { passage.summary.format = format.name }
            try read(format, size, isWrapped, &passage, &batch, flush)
        } else if size > 0 {
            fail(&passage, "a message is of no known format")
        }
    }

    /// Whether the message was compressed; nil where that could not be undone, which costs this message only.
    private mutating func unwrap(_ count: Int, _ passage: inout Passage) -> Bool? {
        do throws(CompressionError) {
            let layer = try passage.window.withBytes { bytes throws(CompressionError) in
                try unwrapper.unwrap(bytes.extracting(passage.taken..<passage.taken + count))
            }
            guard let layer else { return false }
            passage.summary.add(layer: layer)
            return true
        } catch {
            var failure = ArchiveError(error)
            failure.offset &+= passage.offset
            // The message is whole as far as its length goes: its inside is wrong.
            if failure.code == .truncated { failure.code = .corrupt }
            passage.summary.badRecords &+= 1
            passage.summary.record(failure)
            return nil
        }
    }

    private func withMessage<Result>(
        _ size: Int, _ isWrapped: Bool, _ passage: borrowing Passage, _ body: (RawSpan) -> Result
    ) -> Result {
        isWrapped ? unwrapper.window.withBytes(body) : passage.withBytes(size, body)
    }

    /// The last message's format if it knows this one too: a redeployed exporter may have changed it.
    private static func format(of message: RawSpan, lastly last: (any SpanFormat.Type)?) -> (any SpanFormat.Type)? {
        let isWhole = message.byteCount <= ArchiveCutter.prefixBytes
        let prefix = message.extracting(0..<min(message.byteCount, ArchiveCutter.prefixBytes))
        if let last, last.recognizes(prefix, isWhole: isWhole) { return last }
        return ArchiveCutter.format(of: prefix, isWhole: isWhole)
    }

    private mutating func read<Format: SpanFormat, Failure: Error>(
        _: Format.Type, _ size: Int, _ isWrapped: Bool, _ passage: inout Passage, _ batch: inout SpanBatch,
        _ flush: (inout Passage, inout SpanBatch) throws(Failure) -> Void
    ) throws(Failure) {
        var reader = takeReader(Format.self)
        var report = ReadingReport()
        var done = 0
        while !report.isFinished {
            let hadError = report.firstError != nil
            let taken = withMessage(size, isWrapped, passage) { bytes in
                let rest = bytes.extracting(min(done, bytes.byteCount)..<bytes.byteCount)
                return reader.read(rest, isLast: true, into: &batch, report: &report)
            }
            if !hadError, let error = report.firstError {
                let inside = isWrapped ? 0 : done + error.offset
                let offset = passage.offset &+ UInt64(clamping: inside)
                passage.summary.record(ArchiveError(error.code, offset: offset, message: error.message))
            }
            done += taken
            if batch.isFull { try handOver(&batch, &passage, flush) } else if taken == 0 { break }
        }
        giveBack(reader)
        passage.summary.add(report)
        if report.truncatedAt != nil { fail(&passage, "a message ends inside a record") }
    }

    private func fail(_ passage: inout Passage, _ message: String) {
        passage.summary.badRecords &+= 1
        passage.summary.record(ArchiveError(.badRecord, offset: passage.offset, message: message))
    }
}
