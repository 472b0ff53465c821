public import SpanModel

/// What a reader must know of the job.
public struct ReadingSettings: Hashable, Sendable {
    /// Resource attributes that make a service; more than one are joined by `/`, missing ones left out.
    public var identity: [String] = ["service.name"]
    /// Longest line, message or trace document.
    public var maximumRecordBytes: Int = 64 << 20
    /// Largest archive after decompression.
    public var maximumDecompressedBytes: UInt64 = 1 << 40
    /// Largest zstd window a frame may ask for; a quarter of the memory limit.
    public var maximumZstdWindowBytes: UInt64 = 128 << 20

    public init() {}

    /// What a part of an archive may hold that is unwrapped as a whole.
    var maximumPartBytes: UInt64 { min(8 << 20, maximumZstdWindowBytes / 4) }
}

/// A way to write spans down. One file and one line in `spanFormats` make a new one.
public protocol SpanFormat: Sendable {
    /// As shown by `inspect`, e.g. `otlp-json`.
    static var name: String { get }

    /// Whether decompressed bytes that begin so are of this format.
    ///
    /// - Parameters:
    ///   - prefix: the first bytes, up to 64 KiB.
    ///   - isWhole: nothing follows.
    static func recognizes(_ prefix: RawSpan, isWhole: Bool) -> Bool

    /// Whether records may be lines, so that a file can be read from a line's start on.
    static var hasLines: Bool { get }

    /// A reader at the start of an archive.
    ///
    /// It serves many archives, one after the other, and keeps nothing of a batch's names from call to call.
    init(settings: ReadingSettings)

    /// Where the reader stands behind the bytes it took.
    var place: ReadingPlace { get }

    /// Goes on as a reader would that stands there, whatever was read before.
    mutating func begin(at place: ReadingPlace)

    /// Takes as many whole records as `bytes` begin with, or stops at a full batch.
    ///
    /// A record that fails leaves no span behind, is counted in `report`, and is skipped where the format has
    /// a border to go on from (a newline); else `report.isFinished` is set.
    ///
    /// - Parameters:
    ///   - bytes: what follows the last byte taken.
    ///   - isLast: nothing follows `bytes`; an unfinished record is then a truncation, reported as such.
    ///   - batch: spans are appended; the reader returns early when it is full.
    /// - Returns: how many bytes were taken. Zero asks for more bytes, or says that none is left.
    mutating func read(
        _ bytes: RawSpan, isLast: Bool, into batch: inout SpanBatch, report: inout ReadingReport
    ) -> Int
}

extension SpanFormat {
    public static var hasLines: Bool { false }
    public var place: ReadingPlace { ReadingPlace() }
    public mutating func begin(at place: ReadingPlace) {}
}

/// What went by besides spans, since the start of the archive.
public struct ReadingReport: Sendable {
    public var badRecords: UInt64 = 0
    /// Records of other signals.
    public var otherRecords: UInt64 = 0
    public var spansInvalid: UInt64 = 0
    /// The first failure: offset from the start of the `bytes` given to that call.
    public var firstError: (offset: Int, code: ArchiveError.Code, message: String)?
    /// Offset of an unfinished last record, from the start of the `bytes` given.
    public var truncatedAt: Int?
    /// Nothing more can be read, although bytes may follow.
    public var isFinished = false

    public init() {}

}
