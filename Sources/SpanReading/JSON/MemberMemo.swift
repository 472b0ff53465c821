/// Remembers in which order objects of one kind have their members.
///
/// An exporter writes all its spans alike: the name expected next is compared where it should stand, quotes and
/// colon included, which is cheaper than to find its end and look it up. A name that differs is looked up, and
/// expected next time; so the memo changes nothing but the time it takes.
struct MemberMemo<Key: RawRepresentable<UInt8> & Sendable>: Sendable {
    private struct Expected {
        /// `"name":` zero-padded, and which bits of it count.
        var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
        var mask: (UInt64, UInt64, UInt64) = (.max, 0, 0)
        var length = 0
        var key: Key?
    }

    private var expected: [Expected] = []
    private let table: KeyTable<Key>

    init(_ table: KeyTable<Key>) {
        self.table = table
    }

    private static var maximumLength: Int { 24 }
    private static var maximumCount: Int { 32 }

    /// Passes a member's name and colon; nil where the name is not in the table.
    ///
    /// - Parameter place: zero at an object's first member; moved on.
    @inline(__always)
    mutating func key(_ cursor: inout JSONCursor, _ bytes: RawSpan, _ place: inout Int) throws(JSONFailure) -> Key? {
        let start = cursor.position
        if start >= 0, start &+ Self.maximumLength <= bytes.byteCount, place < expected.count,
            equals(place, bytes, start)
        {
            cursor.position = start &+ expected[place].length
            place &+= 1
            return expected[place &- 1].key
        }
        return try otherKey(&cursor, bytes, &place)
    }

    @inline(__always)
    private func equals(_ index: Int, _ bytes: RawSpan, _ start: Int) -> Bool {
        let differing = (bytes.uncheckedWord(start) ^ expected[index].words.0) & expected[index].mask.0
        let second = (bytes.uncheckedWord(start &+ 8) ^ expected[index].words.1) & expected[index].mask.1
        let third = (bytes.uncheckedWord(start &+ 16) ^ expected[index].words.2) & expected[index].mask.2
        return differing | second | third == 0
    }

    @inline(never)
    private mutating func otherKey(
        _ cursor: inout JSONCursor, _ bytes: RawSpan, _ place: inout Int
    ) throws(JSONFailure) -> Key? {
        _ = try cursor.peek(bytes)
        let start = cursor.position
        if start &+ Self.maximumLength <= bytes.byteCount {
            // The second try is for a member that was left out this time.
            for index in place..<max(place, min(place &+ 2, expected.count)) where equals(index, bytes, start) {
                cursor.position = start &+ expected[index].length
                place = index &+ 1
                return expected[index].key
            }
        }
        return try learn(&cursor, bytes, &place)
    }

    private mutating func learn(
        _ cursor: inout JSONCursor, _ bytes: RawSpan, _ place: inout Int
    ) throws(JSONFailure) -> Key? {
        let start = cursor.position
        let name = try cursor.memberName(bytes)
        let key = table.key(bytes, name)
        let length = cursor.position - start
        guard place <= expected.count, place < Self.maximumCount else { return key }
        // A name too long to be expected holds its place; it equals nothing.
        var new = Expected(key: key)
        if length <= Self.maximumLength {
            let counts = (min(length, 8), min(max(length - 8, 0), 8), max(length - 16, 0))
            new.length = length
            new.words = (
                bytes.word(start, count: counts.0), bytes.word(start + 8, count: counts.1),
                bytes.word(start + 16, count: counts.2)
            )
            new.mask = (Self.mask(counts.0), Self.mask(counts.1), Self.mask(counts.2))
        }
        if place < expected.count { expected[place] = new } else { expected.append(new) }
        place += 1
        return key
    }

    private static func mask(_ count: Int) -> UInt64 { count >= 8 ? .max : (1 << UInt64(count * 8)) - 1 }
}
