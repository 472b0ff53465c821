/// Spans on their way from a reader to the dealer, with the table that names their numbers.
///
/// Lent: whoever receives a batch copies what it keeps and gives it back; the storage is reused.
/// The names stay for the life of the worker.
public struct SpanBatch: Sendable {
    public var spans: [SpanRecord] = []
    public var links: [LinkRecord] = []
    public var names: NameTable

    /// Spans a batch holds before a reader hands it over.
    public static let fullCount = 4096

    public init(names: NameTable = NameTable()) {
        self.names = names
        spans.reserveCapacity(Self.fullCount + Self.fullCount / 4)
    }

    /// Whether a reader should hand it over at the next record border.
    @inlinable
    public var isFull: Bool { spans.count >= Self.fullCount }

    /// Forgets spans and links, keeping storage and names.
    public mutating func removeSpans() {
        spans.removeAll(keepingCapacity: true)
        links.removeAll(keepingCapacity: true)
    }
}
