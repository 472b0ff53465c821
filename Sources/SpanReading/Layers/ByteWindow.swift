/// Bytes of a stream that have come and are not yet taken. Storage is reused.
///
/// They are in storage of the window's own, on the line that a decoder writes along, or in a stretch of that line which
/// has been handed over.
struct ByteWindow {
    private enum Home {
        case storage
        case line(ByteLine)
        case stretch(ByteLine.Stretch)
    }

    private var home = Home.storage
    /// The line before, while a decoder may look back at it; its addresses stay longer than its memory.
    private var before: ByteLine?
    /// Where the line took over from the one before.
    private var turn = 0
    private var storage: [UInt8] = []
    /// Places in the home.
    private var start = 0
    private var end = 0
    /// Offset in the stream of the first byte still here.
    private(set) var offset: UInt64 = 0

    /// Storage beyond this is given back between archives.
    static let keptBytes = 8 << 20

    var count: Int { end - start }

    /// Offset in the stream behind the last byte here.
    var endOffset: UInt64 { offset &+ UInt64(count) }

    /// Empty, at the start of a new stream or at a place of it, in storage.
    mutating func reset(at offset: UInt64 = 0) {
        if storage.count > Self.keptBytes { storage = [] }
        clear(at: offset)
    }

    /// The same within a stream: all storage is kept, what was lent is given back.
    mutating func clear(at offset: UInt64 = 0) {
        home = .storage
        before = nil
        start = 0
        end = 0
        self.offset = offset
    }

    /// Empty, and off the line.
    ///
    /// - Returns: the line.
    mutating func leaveLine() -> ByteLine? {
        defer { reset() }
        if case .line(let line) = home { return line }
        return nil
    }

    /// Empty, at the start of a new stream that is written along a line.
    mutating func reset(on line: ByteLine) {
        reset()
        home = .line(line)
        start = line.end
        end = line.end
    }

    /// Takes bytes from the front.
    mutating func discard(_ count: Int) {
        let taken = min(max(count, 0), self.count)
        start += taken
        offset &+= UInt64(taken)
        guard start == end else { return }
        if case .line = home { return }
        home = .storage
        start = 0
        end = 0
    }

    /// Passes over bytes that are not here; nothing must be.
    mutating func pass(_ count: Int) { offset &+= UInt64(count) }

    /// Moves bytes from the front into another window, which forgets what it held.
    ///
    /// From a line they are lent. From storage it goes with them and the other's comes back; what stays is copied.
    mutating func hand(_ count: Int, to other: inout ByteWindow) {
        let handed = min(max(count, 0), self.count)
        if case .line(let line) = home {
            other.clear(at: offset)
            other.home = .stretch(line.lend(from: start))
            (other.start, other.end) = (start, start + handed)
            return discard(handed)
        }
        swap(&self, &other)
        let rest = other.start + handed..<other.end
        clear(at: other.offset &+ UInt64(handed))
        append(other.storage.span.bytes.extracting(rest))
        other.end = rest.lowerBound
    }

    /// Adds a copy of these bytes at the end.
    mutating func append(_ bytes: RawSpan) {
        guard bytes.byteCount > 0 else { return }
        _ = fill(room: bytes.byteCount) { room in
            bytes.withUnsafeBytes { room.copyMemory(from: $0) }
            return bytes.byteCount
        }
    }

    /// Adds bytes at the end: as many as `body` says it wrote.
    ///
    /// - Parameters:
    ///   - room: what `body` gets; on a line it sees all the room there is, and may write that much.
    ///   - lookBack: how many bytes before the room `body` still looks at, on a line.
    mutating func fill<Failure: Error>(
        room: Int, lookingBack lookBack: Int = 0,
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) -> Int {
        if case .line(var line) = home {
            if line.capacity - end < room { line = turned(from: line, room) }
            if let before { before.release(before: before.end - max(lookBack - (end - turn), 0)) }
            let made = try body(line.room(room, keeping: min(start, end - lookBack)))
            line.advance(made)
            end = line.end
            return made
        }
        makeRoom(room)
        let place = end
        var target = storage.mutableSpan
        var bytes = target.mutableBytes
        let made = try bytes.withUnsafeMutableBytes { all throws(Failure) in
            try body(UnsafeMutableRawBufferPointer(rebasing: all[place..<place + room]))
        }
        end += min(max(made, 0), room)
        return made
    }

    /// Goes on along a new line, with what is here, since the old one's room is used up.
    ///
    /// - Returns: the new line; the old one where there are no addresses for another.
    private mutating func turned(from line: ByteLine, _ room: Int) -> ByteLine {
        let rest = line.bytes(start..<end)
        // A window's length is written on it before it ends: nothing looks back further than at the one before.
        guard let next = line.successor(atLeast: 2 * (rest.count + room)) else { return line }
        withExtendedLifetime(line) { next.room(rest.count, keeping: 0).copyMemory(from: rest) }
        next.advance(rest.count)
        before = line
        home = .line(next)
        (start, end, turn) = (0, next.end, next.end)
        return next
    }

    /// Lends the bytes.
    @inline(__always)
    func withBytes<R, Failure: Error>(_ body: (RawSpan) throws(Failure) -> R) throws(Failure) -> R {
        let bytes =
            switch home {
            case .storage: storage.span.bytes.extracting(start..<end)
            case .line(let line): _overrideLifetime(RawSpan(_unsafeBytes: line.bytes(start..<end)), borrowing: self)
            case .stretch(let some): _overrideLifetime(RawSpan(_unsafeBytes: some.bytes(start..<end)), borrowing: self)
            }
        return try body(bytes)
    }

    /// Moves what is here to the front before it grows: for a record that does not fit by half, so that what a block and
    /// a bit need is kept.
    private mutating func makeRoom(_ room: Int) {
        if case .stretch(let stretch) = home {
            let bytes = stretch.bytes(start..<end)
            clear(at: offset)
            makeRoom(bytes.count + room)
            withExtendedLifetime(stretch) { storage.withUnsafeMutableBytes { $0.copyMemory(from: bytes) } }
            end = bytes.count
        }
        guard storage.count - end < room else { return }
        let kept = count
        if start > 0, kept > 0 {
            storage.withUnsafeMutableBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                base.copyMemory(from: base + start, byteCount: kept)
            }
        }
        start = 0
        end = kept
        guard storage.count - end < room else { return }
        let wanted = max(end + room, storage.count + min(storage.count / 2, 64 << 20))
        storage.append(contentsOf: repeatElement(0, count: wanted - storage.count))
    }
}
