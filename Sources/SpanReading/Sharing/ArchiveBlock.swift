import SpanModel

/// A piece of an archive that one worker reads: its bytes are in a window of that worker's.
struct ArchiveBlock {
    /// From zero, in the order of the bytes.
    var number: Int
    var content: ArchiveContent
    /// Whether a record begins where the block begins, as far as can be told without reading what is before it.
    var beginsRecord: Bool
    /// Nothing follows.
    var isLast = false
    /// Bytes of the file, and bytes that came out of its layers, up to the end of this block.
    var fileBytes: UInt64
    var unwrappedBytes: UInt64
    /// What ended the archive too early, of the last block.
    var failure: ArchiveError?
    var truncatedAt: UInt64?
}

/// What an archive is once its layers are off.
enum ArchiveContent {
    /// Bytes of one format to the end.
    case stream(any SpanFormat.Type)
    /// Messages, each preceded by its length.
    case messages(MessageFraming)
}

/// Where a reader stands between two records of a stream. What it means is the format's own.
public struct ReadingPlace: Hashable, Sendable {
    /// Lists that are open around the records.
    var openLists = 0
    /// Whether an object is open around them.
    var isInWrapper = false
    /// Whether the rest of a record that failed is still to be passed.
    var isResuming = false
    /// Whether nothing has been read yet.
    var isAtStart = true

    public init() {}
}
