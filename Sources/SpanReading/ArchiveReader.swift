public import SpanModel

/// Turns archives into span batches, whatever their framing, compression and format.
///
/// One worker owns one reader and uses it for many archives: buffers and decoders are kept. Layers and formats are
/// told by the bytes, never by a name. Everything readable before a failure is delivered and counted; the failure is in
/// the summary.
///
/// ```swift
/// var reader = ArchiveReader(settings: settings)
/// var batch = SpanBatch()
/// let summary = try reader.read(path, into: &batch) { batch in try deal(batch) }
/// ```
public struct ArchiveReader: ~Copyable {
    let settings: ReadingSettings
    var unwrapper: MessageUnwrapper
    var partUnwrapper: PartUnwrapper
    /// For the next archive that this reader begins.
    private var chain: LayerChain?
    /// A block's bytes.
    var window = ByteWindow()
    /// For the next archive's passage: memory that is new has its price, which many small archives would pay each.
    var idleWindow = ByteWindow()
    /// Of a block whose turn has not come.
    var aside = (spans: [SpanRecord](), links: [LinkRecord]())
    /// One of each format that was met.
    var idleReaders: [any SpanFormat] = []

    public init(settings: ReadingSettings) {
        self.settings = settings
        unwrapper = MessageUnwrapper(settings: settings)
        partUnwrapper = PartUnwrapper(settings: settings)
    }

    /// Reads one archive alone.
    ///
    /// - Parameters:
    ///   - path: a file, or `-` for standard input.
    ///   - batch: lent; without spans at first, and again on return.
    ///   - progress: told how many more bytes of the file have been read, some hundred kilobytes at a time.
    ///   - flush: takes the batch's spans when it is full and after each block; they are removed afterwards.
    /// - Throws: what `flush` throws. Failures of the archive are in the summary.
    public mutating func read<Failure: Error>(
        _ path: String, into batch: inout SpanBatch, progress: (Int) -> Void = { _ in },
        flush: (inout SpanBatch) throws(Failure) -> Void
    ) throws(Failure) -> ArchiveSummary {
        // Who reads alone reads the last block.
        let summary = try read(
            begin(path), into: &batch, progress: { bytes throws(Failure) in progress(bytes) }, flush: flush)
        return summary ?? ArchiveSummary(path: path)
    }

    /// An archive to be read by this reader and any others.
    public mutating func begin(_ path: String) -> SharedArchive { begin(path, nil) }

    /// Takes part in reading an archive, until nothing of it is left to be taken.
    ///
    /// Parameters are as for one reader alone. Whoever throws ends the reading for all.
    ///
    /// - Throws: what `progress` or `flush` throws. Failures of the archive are in the summary.
    /// - Returns: the summary to the one reader who had the end of the archive, nil to all others.
    public mutating func read<Failure: Error>(
        _ archive: SharedArchive, into batch: inout SpanBatch, progress: (Int) throws(Failure) -> Void,
        flush: (inout SpanBatch) throws(Failure) -> Void
    ) throws(Failure) -> ArchiveSummary? {
        archive.join()
        defer {
            archive.leave()
            window.reset()
            unwrapper.reset()
            partUnwrapper.reset()
        }
        do throws(Failure) {
            while true {
                let (work, bytes) = archive.take(into: &window)
                try progress(bytes)
                switch work {
                case .nothing: return nil
                case .refusal(let summary):
                    if let idle = archive.takeChain() { chain = idle }
                    return summary
                case .block(let block):
                    guard let summary = try read(block, of: archive, &batch, flush) else { continue }
                    if let idle = archive.takeChain() { chain = idle }
                    return summary
                }
            }
        } catch {
            batch.removeSpans()
            archive.stop()
            throw error
        }
    }

    /// Reads bytes in memory as if they were a file whose reads return `piece` bytes at a time.
    mutating func read(_ bytes: [UInt8], piece: Int = .max, into batch: inout SpanBatch) -> ArchiveSummary {
        var spans: [SpanRecord] = []
        var links: [LinkRecord] = []
        let summary = read(begin("memory", .memory(bytes, piece: piece, taken: 0)), into: &batch, progress: { _ in }) {
            batch in
            spans += batch.spans
            links += batch.links
        }
        batch.spans = spans
        batch.links = links
        return summary ?? ArchiveSummary(path: "memory")
    }

    mutating func begin(
        _ path: String, _ opened: ArchiveSource?, sizes: BlockSizes = BlockSizes()
    ) -> SharedArchive {
        let chain = chain.take() ?? LayerChain(settings: settings)
        var window = ByteWindow()
        swap(&window, &idleWindow)
        let cutter = ArchiveCutter(settings: settings, chain: chain, sizes: sizes)
        return SharedArchive(path, opened, cutter: cutter, window: window)
    }
}
