import SpanModel

/// A stretch of an archive, read in order, and what was found there.
///
/// Two that follow one another join into one, if the second began where and as the first ends. An archive's answer is
/// the passage from its beginning to its end; a worker that gets ahead makes one of its block alone.
struct Passage {
    /// What decides how the bytes behind a border are read.
    struct Start {
        var place = ReadingPlace()
        /// Of the message before, where the archive has messages.
        var format: (any SpanFormat.Type)?

        /// Whether reading from either is the same.
        func isSame(as other: Start) -> Bool { place == other.place && format == other.format }
    }

    /// Where the reader stands.
    var start: Start
    /// Of this stretch; not closed.
    var summary: ArchiveSummary
    /// The block in hand, with what was left of those before it.
    var window = ByteWindow()
    /// Bytes of the window that have been taken.
    var taken = 0
    /// Bytes to gather before the next try: after one that took nothing, twice as many. Records of any length are
    /// then looked at a constant number of times.
    var wanted = 0
    /// Bytes of messages before this stretch.
    var messageBytesBefore: UInt64 = 0
    /// Nothing more can be read, although bytes may follow.
    var isFinished = false
    /// How the record behind the last block's head was read.
    var behindHead: Start?
    /// Whether reading ends where the batch is full, to go on later.
    var pausesWhenFull = false

    init(_ summary: ArchiveSummary, from start: Start) {
        self.summary = summary
        self.start = start
    }

    /// Bytes that are here and not taken.
    var count: Int { window.count - taken }
    /// Offset in the unwrapped archive of the next byte to take.
    var offset: UInt64 { window.offset &+ UInt64(taken) }

    /// Lends the first bytes that are not taken.
    @inline(__always)
    func withBytes<Result>(_ count: Int, _ body: (RawSpan) -> Result) -> Result {
        window.withBytes { bytes in body(bytes.extracting(taken..<taken + count)) }
    }

    /// Lets go of the bytes that have been taken.
    mutating func discardTaken() {
        window.discard(taken)
        taken = 0
    }

    /// Takes over the next block's bytes.
    mutating func append(_ block: inout ByteWindow) {
        discardTaken()
        if window.count == 0 {
            swap(&window, &block)
        } else {
            block.withBytes { window.append($0) }
        }
    }

    /// Adds a copy of the bytes that follow.
    mutating func append(_ bytes: RawSpan) {
        discardTaken()
        window.append(bytes)
    }

    /// How the next block will be read if it is known already; nil where this one left something over.
    var border: Start? {
        guard count == 0, !isFinished, !start.place.isResuming else { return nil }
        var border = start
        border.place.isAtStart = false
        return border
    }

    /// Whether a passage that began at `start` continues this one.
    func isContinued(from start: Start) -> Bool { border.map { $0.isSame(as: start) } ?? false }

    /// Adds the passage that continues this one, bytes that are left of it included.
    mutating func join(_ next: inout Passage) {
        summary.add(next.summary)
        swap(&window, &next.window)
        (start, taken, wanted, isFinished) = (next.start, next.taken, next.wanted, next.isFinished)
    }
}

extension ArchiveSummary {
    /// Keeps the first failure; but damage to a layer, which may only show at its end, rather than records that it spoilt.
    mutating func record(_ failure: ArchiveError) {
        guard error == nil || (error?.code == .badRecord && failure.code == .corrupt) else { return }
        error = failure
        error?.path = path
    }

    /// Names a layer of the messages, unless the last one was in it too.
    mutating func add(layer: String) {
        if layers.last != layer { layers.append(layer) }
    }

    /// Takes over what a format's reader met, counted from a place in the decompressed bytes.
    mutating func add(_ report: ReadingReport) {
        badRecords &+= report.badRecords
        otherRecords &+= report.otherRecords
        spansInvalid &+= report.spansInvalid
    }

    /// Takes spans into account.
    mutating func count(_ spans: [SpanRecord]) {
        for span in spans {
            let end = span.startNanoseconds &+ span.durationNanoseconds
            if span.startNanoseconds > 0 { firstNanoseconds = min(firstNanoseconds, span.startNanoseconds) }
            // An end beyond 64 bits says nothing.
            if end >= span.startNanoseconds { lastNanoseconds = max(lastNanoseconds, end) }
        }
        self.spans &+= UInt64(spans.count)
    }

    /// Takes over what was found in the stretch that follows.
    mutating func add(_ next: ArchiveSummary) {
        for layer in next.layers { add(layer: layer) }
        if format.isEmpty { format = next.format }
        bytesDecompressed &+= next.bytesDecompressed
        spans &+= next.spans
        spansInvalid &+= next.spansInvalid
        badRecords &+= next.badRecords
        otherRecords &+= next.otherRecords
        firstNanoseconds = min(firstNanoseconds, next.firstNanoseconds)
        lastNanoseconds = max(lastNanoseconds, next.lastNanoseconds)
        if let place = next.truncatedAt { truncatedAt = place }
        if let error = next.error { record(error) }
    }

    /// The last word, when nothing more will be read.
    ///
    /// - Parameters:
    ///   - failure: what ended the archive too early.
    ///   - truncatedAt: where it ends too early, if that shows from outside.
    mutating func close(bytes: UInt64, _ failure: ArchiveError?, truncatedAt place: UInt64?) {
        self.bytes = bytes
        if let failure { record(failure) }
        if let place { truncatedAt = place }
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
