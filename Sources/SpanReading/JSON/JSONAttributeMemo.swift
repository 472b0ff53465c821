/// Remembers how attributes begin: all bytes up to the value.
///
/// An exporter writes the same few attributes again and again, each time alike and mostly in the same order. So what
/// followed the last attribute the last time is compared as a whole, such as
/// `{"key":"server.port","value":{"intValue":`, and on a difference what else begins alike. Equal bytes mean that a
/// walker would be where it was when they were learned; so the memo changes nothing but the time it takes.
struct JSONAttributeMemo<Key: Sendable>: Sendable {
    struct Opening: Sendable {
        /// The first, and the last, two times sixteen bytes: all of an opening of 32 to 64.
        fileprivate var head = (SIMD2<UInt64>.zero, SIMD2<UInt64>.zero)
        fileprivate var tail = (SIMD2<UInt64>.zero, SIMD2<UInt64>.zero)
        /// What lies between in a longer one; in one shorter than 16 bytes, which bits of the first pair count.
        fileprivate var middle = (SIMD2<UInt64>(repeating: .max), SIMD2<UInt64>.zero)
        /// Offset of the value's first byte; of a text, of the byte behind its first quote.
        fileprivate(set) var length = 0
        /// Index of what followed the last time, and of what did before that.
        fileprivate(set) var next = 0
        fileprivate(set) var other = 0
        /// Nil where nobody wants the attribute.
        fileprivate(set) var key: Key?
        fileprivate(set) var shape = JSONAttribute.Shape.any
        /// Whether it ends with the quote that begins a text.
        fileprivate(set) var isText = false

        /// Whether it stands at an offset where it may.
        @inline(__always)
        func equals(_ bytes: RawSpan, _ start: Int) -> Bool {
            var differing = bytes.uncheckedPair(start) ^ head.0
            let end = start &+ length
            if length > 32 {
                differing |= bytes.uncheckedPair(start &+ 16) ^ head.1
                differing |= bytes.uncheckedPair(end &- 32) ^ tail.0
                differing |= bytes.uncheckedPair(end &- 16) ^ tail.1
                if length > 64 {
                    differing |= bytes.uncheckedPair(start &+ 32) ^ middle.0
                    differing |= bytes.uncheckedPair(start &+ 48) ^ middle.1
                }
            } else if length >= 16 {
                differing |= bytes.uncheckedPair(end &- 16) ^ tail.1
            } else {
                differing &= middle.0
            }
            return unsafeBitCast(differing, to: UInt128.self) == 0
        }
    }

    static var maximumLength: Int { 96 }
    /// Openings beyond this make it forget all, so that keys made up for each span can't fill it for good.
    private static var maximumCount: Int { 500 }

    /// The first one stands for the start of a list and equals nothing.
    private(set) var openings = [Opening()]
    /// By hash of some bytes: an index of `openings`; zero: free.
    private var slots = [UInt16](repeating: 0, count: 2048)
    private let hashed: (Int, Int)

    /// - Parameter hashed: offsets of the two words that tell most openings apart.
    init(hashed: (Int, Int)) {
        self.hashed = hashed
    }

    /// Bytes needed behind an offset to compare an opening, and to look for the end of a value.
    static var room: Int { maximumLength &+ 32 }

    /// Whether they are there.
    @inline(__always)
    static func mayStand(_ bytes: RawSpan, at start: Int) -> Bool {
        start >= 0 && start &+ room <= bytes.byteCount
    }

    /// Index of the opening that stands at an offset, which is then expected there; nil if none that is known, or if the
    /// bytes end soon.
    ///
    /// - Parameter last: index of the opening before; zero at the start of a list.
    @inline(never)
    mutating func search(_ bytes: RawSpan, at start: Int, after last: Int) -> Int? {
        guard Self.mayStand(bytes, at: start) else { return nil }
        var slot = slot(bytes, start)
        while slots[slot] != 0 {
            let index = Int(slots[slot])
            if openings[index].equals(bytes, start) {
                expect(index, after: last)
                return index
            }
            slot = (slot + 1) & 2047
        }
        return nil
    }

    private mutating func expect(_ index: Int, after last: Int) {
        guard openings[last].next != index else { return }
        openings[last].other = openings[last].next
        openings[last].next = index
    }

    private func slot(_ bytes: RawSpan, _ start: Int) -> Int {
        let mixed = (bytes.word(start + hashed.0) &* 0x9e37_79b9_7f4a_7c15) ^ bytes.word(start + hashed.1)
        return Int(truncatingIfNeeded: (mixed &* 0xff51_afd7_ed55_8ccd) &>> 53)
    }

    /// Takes an attribute that a walker passed; only one whose value ends it is remembered.
    ///
    /// - Parameter end: behind the attribute, if it was written as usual.
    mutating func learn(
        _ attribute: JSONAttribute, _ key: Key?, _ bytes: RawSpan, at start: Int, end: Int, after last: inout Int
    ) {
        var isText = false
        if case .text = attribute.value { isText = true }
        let length = attribute.valueStart - start + (isText ? 1 : 0)
        let minimum = max(hashed.0, hashed.1) + 8
        guard attribute.valueEnd > 0, attribute.valueEnd == end, (minimum...Self.maximumLength).contains(length),
            Self.mayStand(bytes, at: start)
        else {
            last = 0
            return
        }
        // A shorter opening that stands here as well is found first; a second one would never be.
        if let known = search(bytes, at: start, after: last) {
            last = known
            return
        }
        if openings.count > Self.maximumCount {
            self = Self(hashed: hashed)
            last = 0
        }
        var new = Opening()
        (new.length, new.key, new.shape, new.isText) = (length, key, attribute.shape, isText)
        new.head = (bytes.uncheckedPair(start), bytes.uncheckedPair(start + 16))
        if length < 16 {
            new.middle.0 = Self.mask(length)
            new.head.0 &= new.middle.0
        } else {
            new.tail.1 = bytes.uncheckedPair(start + length - 16)
            if length >= 32 { new.tail.0 = bytes.uncheckedPair(start + length - 32) }
            new.middle = (bytes.uncheckedPair(start + 32), bytes.uncheckedPair(start + 48))
        }
        let index = openings.count
        openings.append(new)
        var slot = slot(bytes, start)
        while slots[slot] != 0 { slot = (slot + 1) & 2047 }
        slots[slot] = UInt16(index)
        expect(index, after: last)
        last = index
    }

    private static func mask(_ count: Int) -> SIMD2<UInt64> {
        func word(_ count: Int) -> UInt64 { count >= 8 ? .max : count <= 0 ? 0 : (1 << UInt64(count * 8)) - 1 }
        return SIMD2(word(count), word(count - 8))
    }
}
