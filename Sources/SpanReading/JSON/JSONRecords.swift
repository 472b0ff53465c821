import SpanModel

/// What a record held besides spans.
struct JSONRecordCounts {
    /// Spans without valid ids.
    var invalid: UInt64 = 0
    /// The record has no spans because it is of another signal or kind.
    var isOther = false
    /// Why the record, though well-formed, was not taken.
    var refusal: String?
}

/// Turns one JSON object into spans.
protocol JSONRecordReader {
    /// Reads the object the cursor stands at, to its end.
    mutating func readRecord(
        _ cursor: inout JSONCursor, _ bytes: RawSpan, into batch: inout SpanBatch
    ) throws(JSONFailure) -> JSONRecordCounts

    /// Whether records may stand in wrappers at all.
    static var mayBeWrapped: Bool { get }

    /// Whether an object that begins with this member is a wrapper around records, and if so, whether the member
    /// holds them.
    func wrapperMember(_ bytes: RawSpan, _ name: JSONText) -> JSONWrapperMember?
}

enum JSONWrapperMember {
    case records, other
}

extension JSONRecordReader {
    static var mayBeWrapped: Bool { false }

    func wrapperMember(_ bytes: RawSpan, _ name: JSONText) -> JSONWrapperMember? { nil }
}

/// Walks a file of JSON objects: a sequence with white space, newlines, commas or nothing between, in lists or not.
///
/// That one rule covers JSON lines, pretty-printed documents one after another, lists, lists of lists and
/// lists cut short. A list is never needed as a whole, only each object.
struct JSONRecords {
    private(set) var place = ReadingPlace()
    /// Length of the longest record so far that a newline followed.
    private var longestLine = 0
    /// What the last call left, and how much of that followed the last newline; nil where that was not looked for.
    private var left: (bytes: Int, tail: Int?) = (0, nil)

    /// Goes on where another reader stood, with other bytes.
    mutating func begin(at place: ReadingPlace) {
        self.place = place
        longestLine = 0
        left = (0, nil)
    }

    mutating func read(
        _ reader: inout some JSONRecordReader, _ bytes: RawSpan, isLast: Bool, into batch: inout SpanBatch,
        report: inout ReadingReport
    ) -> Int {
        var cursor = JSONCursor(position: 0)
        // As many bytes as were left are the same bytes: the batch was full.
        var lastNewline = bytes.byteCount == left.bytes ? left.tail.map { bytes.byteCount - $0 } : nil
        defer { left = (bytes.byteCount - cursor.position, lastNewline.map { bytes.byteCount - $0 }) }
        if place.isResuming { cursor.position = resume(bytes, from: 0, isLast: isLast) }
        while !place.isResuming, !batch.isFull {
            passSeparators(&cursor, bytes)
            let start = cursor.position
            guard start < bytes.byteCount else {
                if isLast, place.openLists > 0 || place.isInWrapper { report.truncatedAt = start }
                break
            }
            if !isLast, isCutLine(bytes, from: start, &lastNewline) { break }
            let (spans, links) = (batch.spans.count, batch.links.count)
            do throws(JSONFailure) {
                try readItem(&reader, &cursor, bytes, into: &batch, report: &report)
            } catch {
                batch.spans.removeLast(batch.spans.count - spans)
                batch.links.removeLast(batch.links.count - links)
                if error == .unfinished, !isLast || nextLine(bytes, from: start) == nil {
                    if isLast { report.truncatedAt = start }
                    cursor.position = start
                    return start
                }
                report.fail(at: cursor.position, Self.message(error))
                cursor.position = resume(bytes, from: start, isLast: isLast)
            }
        }
        return cursor.position
    }

    /// Whether it is not worth trying: lines came so far, and the end of the next one has not.
    ///
    /// Near the end of the bytes only, so that a long list on one line is still read item by item.
    ///
    /// - Parameter lastNewline: nil until it was looked for.
    private func isCutLine(_ bytes: RawSpan, from start: Int, _ lastNewline: inout Int?) -> Bool {
        guard bytes.byteCount - start < longestLine &* 2 else { return false }
        let last = lastNewline ?? bytes.lastOffset(of: 0x0a) ?? -1
        lastNewline = last
        return last < start
    }

    private mutating func passSeparators(_ cursor: inout JSONCursor, _ bytes: RawSpan) {
        if place.isAtStart, bytes.byteCount >= 3, bytes.word(0, count: 3) == 0xbf_bbef { cursor.position = 3 }
        while cursor.position < bytes.byteCount {
            switch bytes.byte(cursor.position) {
            case 0x20, 0x09, 0x0a, 0x0d, 0x2c: break
            case 0x5b: place.openLists &+= 1
            case 0x5d: place.openLists = max(0, place.openLists - 1)
            default: return
            }
            place.isAtStart = false
            cursor.position &+= 1
        }
    }

    /// Passes a record, or a step through the wrapper around records.
    @inline(__always)
    private mutating func readItem<Reader: JSONRecordReader>(
        _ reader: inout Reader, _ cursor: inout JSONCursor, _ bytes: RawSpan, into batch: inout SpanBatch,
        report: inout ReadingReport
    ) throws(JSONFailure) {
        place.isAtStart = false
        let start = cursor.position
        switch bytes.byte(start) {
        case 0x7b:
            if Reader.mayBeWrapped, !place.isInWrapper, try isWrapper(at: start, bytes, reader) {
                place.isInWrapper = true
                cursor.position &+= 1
                return
            }
            let counts = try reader.readRecord(&cursor, bytes, into: &batch)
            if cursor.position < bytes.byteCount, bytes.byte(cursor.position) == 0x0a {
                longestLine = max(longestLine, cursor.position - start)
            }
            report.spansInvalid &+= counts.invalid
            if counts.isOther { report.otherRecords &+= 1 }
            if let refusal = counts.refusal { report.fail(at: start, refusal) }
        case 0x7d where place.isInWrapper:
            place.isInWrapper = false
            cursor.position &+= 1
        case 0x22 where place.isInWrapper:
            let name = try cursor.memberName(bytes)
            let first = try cursor.peek(bytes)
            let holdsRecords = reader.wrapperMember(bytes, name) == .records && (first == 0x5b || first == 0x7b)
            if !holdsRecords { try cursor.skipValue(bytes) }
        default: throw .malformed
        }
    }

    private func isWrapper(
        at start: Int, _ bytes: RawSpan, _ reader: some JSONRecordReader
    ) throws(JSONFailure) -> Bool {
        var cursor = JSONCursor(position: start + 1)
        guard try cursor.peek(bytes) == 0x22 else { return false }
        return reader.wrapperMember(bytes, try cursor.memberName(bytes)) != nil
    }

    /// Passes the rest of a failed record, as far as it is here.
    private mutating func resume(_ bytes: RawSpan, from start: Int, isLast: Bool) -> Int {
        (place.openLists, place.isInWrapper) = (0, false)
        if let line = nextLine(bytes, from: start) {
            place.isResuming = false
            return line
        }
        place.isResuming = !isLast
        // The byte behind a newline decides: it must be here.
        let endsAtNewline = bytes.byteCount > start && bytes.byte(bytes.byteCount - 1) == 0x0a
        return endsAtNewline && !isLast ? bytes.byteCount - 1 : bytes.byteCount
    }

    /// Where the next line begins that may begin a record: indented lines and closing brackets belong to what
    /// was pretty-printed before them.
    private func nextLine(_ bytes: RawSpan, from start: Int) -> Int? {
        var offset = start
        while let newline = bytes.firstOffset(of: 0x0a, from: offset), newline + 1 < bytes.byteCount {
            offset = newline + 1
            switch bytes.byte(offset) {
            case 0x20, 0x09, 0x0a, 0x0d, 0x7d, 0x5d: continue
            default: return offset
            }
        }
        return nil
    }

    private static func message(_ failure: JSONFailure) -> String {
        switch failure {
        case .malformed: "malformed JSON; the record was skipped"
        case .unfinished: "a JSON value without its end; the record was skipped"
        case .tooDeep: "JSON nested deeper than \(JSONCursor.maximumDepth) levels; the record was skipped"
        }
    }
}
