import SpanModel

/// A piece of an archive that one worker reads: its bytes are in a window of that worker's.
struct ArchiveBlock {
    /// From zero, in the order of the bytes.
    var number: Int
    var content: ArchiveContent
    /// Whether a record begins where the block begins, as far as can be told without reading what is before it.
    var beginsRecord: Bool
    /// Bytes before the first record that is known to begin here: they may belong to one that began before.
    var headBytes = 0
    /// Nothing follows.
    var isLast = false
    /// The bytes are still wrapped: what their parts hold is the block.
    var parts: WrappedParts?
    /// Bytes of the file, and bytes that came out of its layers, up to the end of this block.
    var fileBytes: UInt64
    var unwrappedBytes: UInt64
    /// What ended the archive too early, of the last block.
    var failure: ArchiveError?
    var truncatedAt: UInt64?
}

/// Parts of an archive that whoever reads them unwraps.
struct WrappedParts {
    var layer: any ArchiveLayer.Type
    var contentBytes: Int
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
