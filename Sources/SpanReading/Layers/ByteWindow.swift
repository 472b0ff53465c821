/// Bytes of a stream that have come and are not yet taken. Storage is reused.
struct ByteWindow {
    private var storage: [UInt8] = []
    private var start = 0
    private var end = 0
    /// Offset in the stream of the first byte still here.
    private(set) var offset: UInt64 = 0

    /// Storage beyond this is given back between archives.
    private static let keptBytes = 8 << 20

    var count: Int { end - start }

    /// Offset in the stream behind the last byte here.
    var endOffset: UInt64 { offset &+ UInt64(count) }

    /// Empty, at the start of a new stream or at a place of it.
    mutating func reset(at offset: UInt64 = 0) {
        if storage.count > Self.keptBytes { storage = [] }
        start = 0
        end = 0
        self.offset = offset
    }

    /// Takes bytes from the front.
    mutating func discard(_ count: Int) {
        let taken = min(max(count, 0), self.count)
        start += taken
        offset &+= UInt64(taken)
        if start == end {
            start = 0
            end = 0
        }
    }

    /// Moves bytes from the front into another window, which forgets what it held.
    ///
    /// The storage goes with them and the other's comes back; what stays is copied.
    mutating func hand(_ count: Int, to other: inout ByteWindow) {
        let handed = min(max(count, 0), self.count)
        swap(&self, &other)
        let rest = other.start + handed..<other.end
        (start, end, offset) = (0, 0, other.offset &+ UInt64(handed))
        append(other.storage.span.bytes.extracting(rest))
        other.end = rest.lowerBound
    }

    /// Adds a copy of these bytes at the end.
    mutating func append(_ bytes: RawSpan) {
        guard bytes.byteCount > 0 else { return }
        makeRoom(bytes.byteCount)
        bytes.withUnsafeBytes { source in
            storage.withUnsafeMutableBytes { target in
                UnsafeMutableRawBufferPointer(rebasing: target[end...]).copyMemory(from: source)
            }
        }
        end += bytes.byteCount
    }

    /// Adds bytes at the end: up to `room`, as many as `body` says it wrote.
    mutating func fill<Failure: Error>(
        room: Int, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) -> Int {
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

    /// Lends the bytes.
    @inline(__always)
    func withBytes<R, Failure: Error>(_ body: (RawSpan) throws(Failure) -> R) throws(Failure) -> R {
        try body(storage.span.bytes.extracting(start..<end))
    }

    /// Moves what is here to the front before it grows: for a record that does not fit by half, so that what a block and
    /// a bit need is kept.
    private mutating func makeRoom(_ room: Int) {
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
