/// Remembers how attributes begin: all bytes up to the value.
///
/// An exporter writes the same few attributes again and again, each time alike and mostly in the same order. So what
/// followed the last attribute the last time is compared as a whole, such as
/// `{"key":"server.port","value":{"intValue":`, and on a difference what else begins alike. Equal bytes mean that a
/// walker would be where it was when they were learned; so the memo changes nothing but the time it takes.
struct JSONAttributeMemo<Key: Sendable>: Sendable {
    struct Opening: Sendable {
        /// The first, and the last, sixteen bytes and those next to them: all bytes of an opening of 32 to 64.
        fileprivate var head = (SIMD2<UInt64>.zero, SIMD2<UInt64>.zero)
        fileprivate var tail = (SIMD2<UInt64>.zero, SIMD2<UInt64>.zero)
        /// What lies between in a longer one; in a shorter one, which bits of the head count.
        fileprivate var middle = (SIMD2<UInt64>(repeating: .max), SIMD2<UInt64>.zero)
        /// Offset of the value's first byte.
        fileprivate(set) var length = 0
        /// Index of what followed the last time.
        fileprivate var next = 0
        /// Nil where nobody wants the attribute.
        fileprivate(set) var key: Key?
        fileprivate(set) var shape = JSONAttribute.Shape.any
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

    /// Index of the opening that stands at an offset; nil if none that is known, or if the bytes end soon.
    ///
    /// - Parameter last: what the last call found; zero at the start of a list.
    @inline(__always)
    mutating func find(_ bytes: RawSpan, at start: Int, after last: inout Int) -> Int? {
        guard start >= 0, start &+ Self.maximumLength &+ 16 <= bytes.byteCount else { return nil }
        let expected = openings[last].next
        if equals(expected, bytes, start) {
            last = expected
            return expected
        }
        return search(bytes, start, &last)
    }

    @inline(__always)
    private func equals(_ index: Int, _ bytes: RawSpan, _ start: Int) -> Bool {
        let length = openings[index].length
        var differing = bytes.uncheckedPair(start) ^ openings[index].head.0
        var second = bytes.uncheckedPair(start &+ 16) ^ openings[index].head.1
        if length < 32 {
            differing &= openings[index].middle.0
            second &= openings[index].middle.1
            return (differing | second) == .zero
        }
        let end = start &+ length
        differing |= bytes.uncheckedPair(end &- 32) ^ openings[index].tail.0
        second |= bytes.uncheckedPair(end &- 16) ^ openings[index].tail.1
        if length > 64 {
            differing |= bytes.uncheckedPair(start &+ 32) ^ openings[index].middle.0
            second |= bytes.uncheckedPair(start &+ 48) ^ openings[index].middle.1
        }
        return (differing | second) == .zero
    }

    @inline(never)
    private mutating func search(_ bytes: RawSpan, _ start: Int, _ last: inout Int) -> Int? {
        var slot = slot(bytes, start)
        while slots[slot] != 0 {
            let index = Int(slots[slot])
            if equals(index, bytes, start) {
                openings[last].next = index
                last = index
                return index
            }
            slot = (slot + 1) & 2047
        }
        return nil
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
        let length = attribute.valueStart - start
        let minimum = max(hashed.0, hashed.1) + 8
        guard attribute.valueEnd > 0, attribute.valueEnd == end, (minimum...Self.maximumLength).contains(length),
            start + Self.maximumLength + 16 <= bytes.byteCount
        else {
            last = 0
            return
        }
        // A shorter opening that stands here as well is found first; a second one would never be.
        guard search(bytes, start, &last) == nil else { return }
        if openings.count > Self.maximumCount {
            self = Self(hashed: hashed)
            last = 0
        }
        var new = Opening()
        new.head = (bytes.uncheckedPair(start), bytes.uncheckedPair(start + 16))
        if length < 32 {
            new.middle = (Self.mask(length), Self.mask(length - 16))
            new.head = (new.head.0 & new.middle.0, new.head.1 & new.middle.1)
        } else {
            new.tail = (bytes.uncheckedPair(start + length - 32), bytes.uncheckedPair(start + length - 16))
            new.middle = (bytes.uncheckedPair(start + 32), bytes.uncheckedPair(start + 48))
        }
        (new.length, new.key, new.shape) = (length, key, attribute.shape)
        let index = openings.count
        openings.append(new)
        var slot = slot(bytes, start)
        while slots[slot] != 0 { slot = (slot + 1) & 2047 }
        slots[slot] = UInt16(index)
        openings[last].next = index
        last = index
    }

    private static func mask(_ count: Int) -> SIMD2<UInt64> {
        func word(_ count: Int) -> UInt64 { count >= 8 ? .max : count <= 0 ? 0 : (1 << UInt64(count * 8)) - 1 }
        return SIMD2(word(count), word(count - 8))
    }
}
