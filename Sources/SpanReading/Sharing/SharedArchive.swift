import SpanModel
import Synchronization

/// An archive that any number of workers read at the same time; `ArchiveReader.begin` makes one.
///
/// ```
///           one at a time            each its own               one at a time, in order
/// file ─► unwrap, cut a block ─► read it, as if it began anew ─► join what was found ─► deal
/// ```
///
/// A worker takes a block, reads it ahead of its turn and waits for the blocks before it. If it began where and as
/// they end, what it found stands; else the block is read again from there. So the answer is that of one worker,
/// whatever the archive is: what was guessed costs time alone. Nobody deals a span out of turn, each worker has one
/// block and one batch at most, and few blocks wait, so that memory is bounded and nothing has to be taken back.
///
/// Who unwraps goes on for the others as long as they keep up: what a decoder looks back at then stays in the caches of
/// one core.
public final class SharedArchive: Sendable {
    public let path: String
    private let sizes: BlockSizes
    private let source: Monitor<Source>
    private let order: Monitor<Order>
    private let isUsedUp = Atomic<Bool>(false)

    private struct Source {
        /// Nil while somebody cuts, and when the archive has been given up.
        var cutter: ArchiveCutter?
        var isCutting = false
        /// Blocks that nobody has taken, in order.
        var ready: [ReadyBlock] = []
        /// Windows that are not in use.
        var spares: [ByteWindow] = []
        /// Workers that take part.
        var workers = 0
        /// Nil: still to be opened.
        var opened: ArchiveSource?
        /// Empty, for the passage.
        var window: ByteWindow
        var isOpen = false
        var toldBytes: UInt64 = 0

        /// Whether those who take part are to read what is ready before more is cut.
        func hasEnough(_ sizes: BlockSizes) -> Bool {
            workers <= 1 || ready.count > sizes.countAhead
                || ready.reduce(0) { $0 + $1.window.count } > sizes.bytesAhead
        }
    }

    private struct ReadyBlock {
        var block: ArchiveBlock
        var window: ByteWindow
    }

    private struct Order {
        /// Number of the block whose turn it is.
        var turn = 0
        /// What was found before that block; nil before the archive is open and while its reader has it.
        var passage: Passage?
        /// How that block begins, as far as is known.
        var border: Passage.Start?
        /// How the first record behind its head is likely to.
        var behindHead: Passage.Start?
        var isOver = false
    }

    init(_ path: String, _ opened: ArchiveSource?, cutter: ArchiveCutter, window: ByteWindow) {
        self.path = path
        sizes = cutter.sizes
        source = Monitor(Source(cutter: cutter, opened: opened, window: window))
        var border = Passage.Start()
        border.place.isAtStart = false
        order = Monitor(Order(border: border, behindHead: border))
    }

    deinit { _ = takeChain() }

    /// Whether another worker would find nothing to do.
    public var isExhausted: Bool { isUsedUp.load(ordering: .relaxed) }

    /// What a worker gets who asks for work.
    enum Work {
        case block(ArchiveBlock)
        /// Not a byte can be read.
        case refusal(ArchiveSummary)
        case nothing
    }

    /// Counts a worker who takes part, until it calls `leave`.
    func join() { source.enter { $0.workers += 1 } }

    /// Ends what `join` began.
    func leave() { source.enter { $0.workers -= 1 } }

    /// Blocks that are cut and that nobody has taken; tests hold it against the limits.
    var waitingBlocks: Int { source.enter { $0.ready.count } }

    /// Moves the next block into the window; opens the archive before the first.
    ///
    /// - Returns: the work, and how many more bytes of the file have been read since the last call.
    func take(into window: inout ByteWindow) -> (work: Work, bytes: Int) {
        let found = source.enter(when: { !$0.isCutting || !$0.ready.isEmpty }) { source in
            start(&source) ?? takeReady(from: &source, into: &window)
        }
        return found ?? cut(into: &window)
    }

    /// Opens the archive before its first block.
    ///
    /// - Returns: the answer where that ends all work.
    private func start(_ source: inout Source) -> (work: Work, bytes: Int)? {
        guard !isExhausted else { return (.nothing, 0) }
        guard !source.isOpen else { return nil }
        var summary = ArchiveSummary(path: path)
        guard open(&source, &summary) else {
            stop()
            return (.refusal(summary), Int(clamping: summary.bytes))
        }
        var passage = Passage(summary, from: Passage.Start())
        swap(&passage.window, &source.window)
        order.enter { $0.passage = passage }
        return nil
    }

    /// - Returns: the oldest block that is ready, nothing where none will ever be; nil where one must be cut now.
    private func takeReady(from source: inout Source, into window: inout ByteWindow) -> (work: Work, bytes: Int)? {
        guard let block = source.ready.first?.block else {
            guard source.cutter != nil else { return (.nothing, 0) }
            source.isCutting = true
            return nil
        }
        swap(&window, &source.ready[0].window)
        source.ready[0].window.reset()
        source.spares.append(source.ready.removeFirst().window)
        if block.isLast { isUsedUp.store(true, ordering: .relaxed) }
        let bytes = Int(clamping: block.fileBytes &- source.toldBytes)
        source.toldBytes = block.fileBytes
        return (.block(block), bytes)
    }

    /// Cuts blocks, for others as well, and takes the oldest.
    private func cut(into window: inout ByteWindow) -> (work: Work, bytes: Int) {
        // Held once only, as the passage is.
        var cutter = source.enter { $0.cutter.take() }
        while true {
            let block = cutter?.cut(into: &window)
            let found: (work: Work, bytes: Int)? = source.enter { source in
                if let block { Self.add(block, &window, to: &source) }
                if let block, !block.isLast, !source.hasEnough(sizes), !isExhausted { return nil }
                source.cutter = cutter.take()
                source.isCutting = false
                guard !isExhausted, !source.ready.isEmpty else { return (.nothing, 0) }
                return takeReady(from: &source, into: &window)
            }
            if let found { return found }
        }
    }

    /// Puts a block behind those that are ready; its window is exchanged for another.
    private static func add(_ block: ArchiveBlock, _ window: inout ByteWindow, to source: inout Source) {
        source.ready.append(ReadyBlock(block: block, window: source.spares.popLast() ?? ByteWindow()))
        swap(&source.ready[source.ready.count - 1].window, &window)
    }

    private func open(_ source: inout Source, _ summary: inout ArchiveSummary) -> Bool {
        source.isOpen = true
        do throws(ArchiveError) {
            let file = if let opened = source.opened { opened } else { try ArchiveSource.open(path) }
            source.opened = nil
            if source.cutter?.begin(file, &summary) == true { return true }
            guard let chain = source.cutter?.chain else { return false }
            summary.close(bytes: chain.fileBytes, chain.failure, truncatedAt: chain.truncatedAt)
            return false
        } catch {
            summary.record(error)
            return false
        }
    }

    /// How a block is likely to begin; nil where it is better to wait, since it is next or nothing is known.
    func likelyStart(of block: ArchiveBlock) -> Passage.Start? {
        guard block.beginsRecord else { return nil }
        return order.enter { order in
            guard order.turn != block.number else { return nil }
            return block.headBytes > 0 ? order.behindHead : order.border
        }
    }

    /// Waits for a block's turn.
    ///
    /// - Returns: what was found before it, to be given back; nil when the archive has been given up or ends before.
    func turn(of block: ArchiveBlock) -> Passage? {
        order.enter(when: { $0.isOver || ($0.turn == block.number && $0.passage != nil) }) { order in
            order.isOver ? nil : order.passage.take()
        }
    }

    /// Gives the turn to the next block.
    func pass(_ passage: consuming Passage) {
        let (border, behindHead) = (passage.border, passage.behindHead)
        // Moved, not copied: whoever had a share in the window's storage left would make the next one copy all of it.
        var passed: Passage? = consume passage
        order.enter { order in
            order.turn += 1
            order.border = border
            if let start = border ?? behindHead { order.behindHead = start }
            order.passage = passed.take()
        }
    }

    /// Ends the reading for all: the archive has been read or a worker has failed.
    func stop() {
        isUsedUp.store(true, ordering: .relaxed)
        order.enter { $0.isOver = true }
    }

    /// Closes the file; its buffers serve the next.
    func takeChain() -> LayerChain? {
        source.enter(when: { !$0.isCutting }) { source in
            defer { source.cutter = nil }
            source.ready = []
            source.spares = []
            source.cutter?.chain.end()
            source.opened?.close()
            return source.cutter?.chain
        }
    }
}
