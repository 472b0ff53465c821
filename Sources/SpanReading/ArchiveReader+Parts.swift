import Compression
import SpanModel

extension ArchiveReader {
    /// Where what is left of earlier blocks and a block's head are no longer than this together, they are read at once.
    private static let shortBytes = 4 << 20

    /// Unwraps a block that came wrapped, and finds where a record begins in it.
    mutating func unwrapParts(of block: inout ArchiveBlock) {
        guard let parts = block.parts else { return }
        let offset = block.unwrappedBytes &- UInt64(parts.contentBytes)
        if let failure = partUnwrapper.unwrap(parts, in: &window, at: offset) {
            block.isLast = true
            block.failure = ArchiveError(failure)
            block.truncatedAt = failure.kind == .truncated ? failure.offset : nil
            block.unwrappedBytes = window.endOffset
        }
        guard case .stream(let format) = block.content, format.hasLines,
            let line = window.withBytes({ ArchiveCutter.firstLine($0, from: 0) })
        else { return }
        block.beginsRecord = true
        block.headBytes = line
    }

    /// Reads what is behind a block's head as if a record began there, then the head in turn, and what is behind it again
    /// if no record ends there.
    ///
    /// - Returns: all that was found up to the block's end; nil if the archive ends before.
    mutating func readBehindHead<Failure: Error>(
        _ block: ArchiveBlock, from start: Passage.Start, of archive: SharedArchive, _ batch: inout SpanBatch,
        _ flush: (inout SpanBatch) throws(Failure) -> Void
    ) throws(Failure) -> Passage? {
        var ahead = Passage(ArchiveSummary(path: archive.path), from: start)
        swap(&ahead.window, &window)
        ahead.taken = block.headBytes
        ahead.pausesWhenFull = true
        try read(block, &ahead, &batch) { (_, _) throws(Failure) in }
        let isPaused = batch.isFull
        aside.spans.removeAll(keepingCapacity: true)
        aside.links.removeAll(keepingCapacity: true)
        swapAside(&batch)
        guard var before = archive.turn(of: block) else {
            swap(&ahead.window, &window)
            return nil
        }
        try readHead(of: block, ahead.window, &before, &batch, flush)
        before.behindHead = before.border
        guard before.isContinued(from: start) else {
            swap(&ahead.window, &window)
            window.discard(block.headBytes)
            return try readInTurn(block, after: before, &batch, flush)
        }
        before.join(&ahead)
        swap(&ahead.window, &window)
        swapAside(&batch)
        guard isPaused else { return before }
        try handOver(&batch, &before) { _, batch throws(Failure) in try flush(&batch) }
        try read(block, &before, &batch) { _, batch throws(Failure) in try flush(&batch) }
        return before
    }

    /// Reads a block's head together with what is left of the blocks before it, and hands over what that gives.
    private mutating func readHead<Failure: Error>(
        of block: ArchiveBlock, _ window: borrowing ByteWindow, _ before: inout Passage, _ batch: inout SpanBatch,
        _ flush: (inout SpanBatch) throws(Failure) -> Void
    ) throws(Failure) {
        window.withBytes { before.append($0.extracting(0..<block.headBytes)) }
        if before.count <= Self.shortBytes { before.wanted = 0 }
        var head = block
        head.isLast = false
        try read(head, &before, &batch) { _, batch throws(Failure) in try flush(&batch) }
        guard !batch.spans.isEmpty else { return }
        try handOver(&batch, &before) { _, batch throws(Failure) in try flush(&batch) }
    }

    private mutating func swapAside(_ batch: inout SpanBatch) {
        swap(&batch.spans, &aside.spans)
        swap(&batch.links, &aside.links)
    }
}
