/// Remembers what whole objects mean, such as resources, byte for byte.
///
/// An exporter sends the same few with every request. Equal bytes mean that a walker would end where it ended the last
/// time; so the memo changes nothing but the time it takes.
struct JSONObjectMemo<Meaning: Sendable>: Sendable {
    private struct Known: Sendable {
        /// From brace to brace; empty: free.
        var bytes: [UInt8] = []
        var meaning: Meaning

        /// Whether the object, of at least 32 bytes, stands at an offset.
        @inline(__always)
        func stands(_ window: RawSpan, _ start: Int) -> Bool {
            let object = bytes.span.bytes
            guard start &+ object.byteCount <= window.byteCount else { return false }
            let last = object.byteCount &- 16
            var offset = 0
            while offset < last {
                let differing = object.uncheckedPair(offset) ^ window.uncheckedPair(start &+ offset)
                guard unsafeBitCast(differing, to: UInt128.self) == 0 else { return false }
                offset &+= 16
            }
            // The last bytes, some of which were compared already.
            return object.uncheckedPair(last) == window.uncheckedPair(start &+ last)
        }
    }

    /// Objects of other lengths are not remembered.
    private static var lengths: ClosedRange<Int> { 32...4096 }
    /// How many places an object may stand at, from that of its hash on.
    private static var tries: Int { 8 }
    private static var mask: Int { 255 }

    private var known: [Known]
    /// Length of the shortest one: so many bytes of each object are looked at to find it. As long as none is known, more
    /// than there ever are.
    private var shortest = Int.max / 2

    /// - Parameter meaning: stands where there is none yet.
    init(unknown meaning: Meaning) {
        known = Array(repeating: Known(meaning: meaning), count: Self.mask + 1)
    }

    /// Passes an object that was seen before; nil, and nothing is passed, if there is anything else.
    @inline(__always)
    func find(_ cursor: inout JSONCursor, _ bytes: RawSpan) -> Meaning? {
        let start = cursor.position
        guard start >= 0, start &+ shortest <= bytes.byteCount else { return nil }
        var place = hash(bytes, start)
        for _ in 0..<Self.tries {
            if known[place].bytes.isEmpty { return nil }
            if known[place].stands(bytes, start) {
                cursor.position = start &+ known[place].bytes.count
                return known[place].meaning
            }
            place = (place &+ 1) & Self.mask
        }
        return nil
    }

    /// Remembers an object that a walker passed, instead of another where there is no place.
    @inline(never)
    mutating func learn(_ bytes: RawSpan, _ start: Int, _ end: Int, _ meaning: Meaning) {
        guard Self.lengths.contains(end - start), bytes.byte(start) == 0x7b else { return }
        if end - start < shortest {
            shortest = end - start
            for index in known.indices { known[index].bytes.removeAll(keepingCapacity: true) }
        }
        let first = hash(bytes, start)
        let places = (0..<Self.tries).map { (first + $0) & Self.mask }
        let place = places.first { known[$0].bytes.isEmpty } ?? first
        known[place].bytes.removeAll(keepingCapacity: true)
        bytes.extracting(start..<end).withUnsafeBytes { known[place].bytes.append(contentsOf: $0) }
        known[place].meaning = meaning
    }

    /// Of as many bytes as the shortest object has, or of every eighth word of a long one.
    @inline(__always)
    private func hash(_ bytes: RawSpan, _ start: Int) -> Int {
        var state: UInt64 = 0
        var offset = start
        let last = start &+ shortest &- 8
        let step = shortest < 128 ? 8 : 64
        while offset <= last {
            state = (state ^ bytes.uncheckedWord(offset)) &* 0x9e37_79b9_7f4a_7c15
            state ^= state &>> 29
            offset &+= step
        }
        return Int(truncatingIfNeeded: state &>> 32) & Self.mask
    }
}
