import SpanModel

extension ArchiveReader {
    /// Why a block was not read to its end.
    private enum Interruption<Failure: Error>: Error {
        /// What is before it does not end as was thought.
        case misguessed
        case failed(Failure)
    }

    /// Reads a block, ahead of its turn where it can.
    ///
    /// - Returns: the summary if this was the end of the archive.
    mutating func read<Failure: Error>(
        _ block: ArchiveBlock, of archive: SharedArchive, _ batch: inout SpanBatch,
        _ flush: (inout SpanBatch) throws(Failure) -> Void
    ) throws(Failure) -> ArchiveSummary? {
        var block = block
        unwrapParts(of: &block)
        // Held once only: a second share in the window's storage would have the next worker copy all of it.
        guard var passage = try readWhenPossible(block, of: archive, &batch, flush) else { return nil }
        passage.summary.count(batch.spans)
        guard block.isLast || passage.isFinished else {
            // What has been read is let go: others go on, and its memory with them.
            window.clear()
            passage.discardTaken()
            archive.pass(consume passage)
            try flushRest(of: &batch, flush)
            return nil
        }
        try flushRest(of: &batch, flush)
        archive.stop()
        if case .stream = block.content { passage.summary.bytesDecompressed = block.unwrappedBytes }
        passage.summary.close(bytes: block.fileBytes, block.failure, truncatedAt: block.truncatedAt)
        swap(&idleWindow, &passage.window)
        idleWindow.reset()
        return passage.summary
    }

    /// Reads a block, ahead of its turn where that is likely to do.
    private mutating func readWhenPossible<Failure: Error>(
        _ block: ArchiveBlock, of archive: SharedArchive, _ batch: inout SpanBatch,
        _ flush: (inout SpanBatch) throws(Failure) -> Void
    ) throws(Failure) -> Passage? {
        if let start = archive.likelyStart(of: block) {
            return block.headBytes > 0
                ? try readBehindHead(block, from: start, of: archive, &batch, flush)
                : try readAhead(block, from: start, of: archive, &batch, flush)
        }
        guard let before = archive.turn(of: block) else { return nil }
        return try readInTurn(block, after: before, &batch, flush)
    }

    /// Reads a block whose turn it is.
    mutating func readInTurn<Failure: Error>(
        _ block: ArchiveBlock, after before: consuming Passage, _ batch: inout SpanBatch,
        _ flush: (inout SpanBatch) throws(Failure) -> Void
    ) throws(Failure) -> Passage {
        var passage = before
        passage.append(&window)
        try read(block, &passage, &batch) { _, batch throws(Failure) in try flush(&batch) }
        return passage
    }

    /// Reads a block as if those before it ended as is likely, and again if they do not.
    ///
    /// The batch waits for the block's turn, which comes at the latest when it is full.
    ///
    /// - Returns: all that was found up to the block's end; nil if the archive ends before.
    private mutating func readAhead<Failure: Error>(
        _ block: ArchiveBlock, from start: Passage.Start, of archive: SharedArchive, _ batch: inout SpanBatch,
        _ flush: (inout SpanBatch) throws(Failure) -> Void
    ) throws(Failure) -> Passage? {
        var ahead = Passage(ArchiveSummary(path: archive.path), from: start)
        swap(&ahead.window, &window)
        var before: Passage?
        let limit = settings.maximumDecompressedBytes
        func settle(_ ahead: inout Passage) throws(Interruption<Failure>) {
            guard before == nil else { return }
            before = archive.turn(of: block)
            guard let bytes = before?.summary.bytesDecompressed, before?.isContinued(from: start) == true,
                bytes &+ ahead.summary.bytesDecompressed <= limit
            else { throw .misguessed }
            ahead.messageBytesBefore = bytes
        }
        var isContinuation = true
        do throws(Interruption<Failure>) {
            try read(block, &ahead, &batch) { ahead, batch throws(Interruption<Failure>) in
                try settle(&ahead)
                do throws(Failure) { try flush(&batch) } catch { throw .failed(error) }
            }
            try settle(&ahead)
            before?.join(&ahead)
        } catch .failed(let failure) {
            throw failure
        } catch {
            isContinuation = false
        }
        swap(&ahead.window, &window)
        if isContinuation { return before }
        batch.removeSpans()
        guard let before else { return nil }
        return try readInTurn(block, after: before, &batch, flush)
    }

    mutating func read<Failure: Error>(
        _ block: ArchiveBlock, _ passage: inout Passage, _ batch: inout SpanBatch,
        _ flush: (inout Passage, inout SpanBatch) throws(Failure) -> Void
    ) throws(Failure) {
        switch block.content {
        case .stream(let format): try readStream(format, block, &passage, &batch, flush)
        case .messages(let framing): try readMessages(framing, &passage, &batch, flush)
        }
    }

    /// Lends out what is left of a batch, whose spans are counted.
    private func flushRest<Failure: Error>(
        of batch: inout SpanBatch, _ flush: (inout SpanBatch) throws(Failure) -> Void
    ) throws(Failure) {
        guard !batch.spans.isEmpty else { return }
        defer { batch.removeSpans() }
        try flush(&batch)
    }

    /// Counts the spans of a batch and lends it out.
    func handOver<Failure: Error>(
        _ batch: inout SpanBatch, _ passage: inout Passage,
        _ flush: (inout Passage, inout SpanBatch) throws(Failure) -> Void
    ) throws(Failure) {
        passage.summary.count(batch.spans)
        try flush(&passage, &batch)
        batch.removeSpans()
    }

    /// A reader of a format, at the start of an archive.
    mutating func takeReader<Format: SpanFormat>(_: Format.Type) -> Format {
        for index in idleReaders.indices {
            guard var reader = idleReaders[index] as? Format else { continue }
            idleReaders.swapAt(index, idleReaders.count - 1)
            idleReaders.removeLast()
            reader.begin(at: ReadingPlace())
            return reader
        }
        return Format(settings: settings)
    }

    mutating func giveBack(_ reader: some SpanFormat) { idleReaders.append(reader) }
}
