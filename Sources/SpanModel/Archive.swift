/// What was found in one archive: the answer of `inspect` and the row of the store.
public struct ArchiveSummary: Hashable, Sendable {
    /// As given; `-` is standard input.
    public var path: String
    /// Outer layers from the outside in, e.g. `["length-prefixed", "zstd"]`; empty: plain.
    public var layers: [String]
    /// Name of the span format; empty when none was recognised.
    public var format: String
    /// As stored.
    public var bytes: UInt64
    public var bytesDecompressed: UInt64
    /// Records with valid ids.
    public var spans: UInt64
    /// Records without a valid trace or span id, skipped.
    public var spansInvalid: UInt64
    /// Lines or messages that could not be read, skipped.
    public var badRecords: UInt64
    /// Records of other signals (metrics, logs), skipped.
    public var otherRecords: UInt64
    /// Earliest start of a span; `.max` when there is none.
    public var firstNanoseconds: UInt64
    /// Latest end of a span.
    public var lastNanoseconds: UInt64
    /// Where the archive ends inside a frame or record: offset in the file for the outermost layer,
    /// else in the decompressed bytes; nil when it is whole.
    public var truncatedAt: UInt64?
    /// The first thing that went wrong, or, rather than records that could not be read, the damage to a layer that spoilt
    /// them; what was readable before it counts.
    public var error: ArchiveError?

    /// An archive of which nothing has been read.
    public init(path: String) {
        self.path = path
        layers = []
        format = ""
        bytes = 0
        bytesDecompressed = 0
        spans = 0
        spansInvalid = 0
        badRecords = 0
        otherRecords = 0
        firstNanoseconds = .max
        lastNanoseconds = 0
    }
}

/// Why an archive, or a part of it, could not be read. Bad input never ends a run.
public struct ArchiveError: Error, Hashable, Sendable, CustomStringConvertible {
    /// An open set: new codes may come.
    public struct Code: RawRepresentable, Hashable, Sendable {
        public var rawValue: String
        /// - Parameter rawValue: as JSON shows it.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The file is missing, is a directory, or may not be read.
        public static let unreadable = Code(rawValue: "unreadable")
        /// The file is empty, or holds only white space.
        public static let empty = Code(rawValue: "empty")
        /// No registered format knows these bytes.
        public static let unknownFormat = Code(rawValue: "unknown-format")
        /// Ends inside a frame or record.
        public static let truncated = Code(rawValue: "truncated")
        /// A checksum or a structure is wrong.
        public static let corrupt = Code(rawValue: "corrupt")
        /// A line or message is malformed.
        public static let badRecord = Code(rawValue: "bad-record")
        /// A size is beyond a limit of the job file.
        public static let tooLarge = Code(rawValue: "too-large")
        /// Metrics, logs or profiles, but no spans.
        public static let otherSignal = Code(rawValue: "other-signal")
    }

    public var code: Code
    public var path: String
    /// Byte where it happened: in the file for outer layers, else in the decompressed bytes.
    public var offset: UInt64
    /// Lower case, without path and offset; what could not be done, then the remedy.
    public var message: String

    /// - Parameter offset: in bytes, as the property says.
    public init(_ code: Code, path: String = "", offset: UInt64, message: String) {
        self.code = code
        self.path = path
        self.offset = offset
        self.message = message
    }

    /// `cannot read a.json.gz at byte 81920: …`.
    public var description: String {
        "cannot read \(path.isEmpty ? "the archive" : path) at byte \(offset): \(message)"
    }
}
