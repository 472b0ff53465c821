/// A member's name, as far as it matters.
struct JSONMember<Key> {
    /// Nil where the name is not in the table.
    let key: Key?
}

/// Remembers in which order objects of one kind have their members.
///
/// An exporter writes all its spans alike: the name expected next is compared where it should stand, with what is before
/// it and the colon behind it, which is cheaper than to find its end and look it up. A name that differs is looked up,
/// and expected next time; so the memo changes nothing but the time it takes.
struct MemberMemo<Key: RawRepresentable<UInt8> & Sendable>: Sendable {
    private struct Expected {
        /// `,"name":`, or `{"name":`, zero-padded, and which bits of it count.
        var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
        var mask: (UInt64, UInt64, UInt64) = (.max, 0, 0)
        var length = 0
        var key: Key?

        @inline(__always)
        func equals(_ bytes: RawSpan, _ start: Int) -> Bool {
            var differing = (bytes.uncheckedWord(start) ^ words.0) & mask.0
            differing |= (bytes.uncheckedWord(start &+ 8) ^ words.1) & mask.1
            differing |= (bytes.uncheckedWord(start &+ 16) ^ words.2) & mask.2
            return differing == 0
        }
    }

    private var expected: [Expected] = []
    private let table: KeyTable<Key>

    init(_ table: KeyTable<Key>) {
        self.table = table
    }

    private static var maximumLength: Int { 24 }
    private static var maximumCount: Int { 32 }

    /// Passes what is before a member, its name and colon; nil behind the object's end, or behind a value that is no
    /// object.
    ///
    /// - Parameter place: zero at an object's start; moved on.
    @inline(__always)
    mutating func next(
        _ cursor: inout JSONCursor, _ bytes: RawSpan, _ place: inout Int
    ) throws(JSONFailure) -> JSONMember<Key>? {
        let start = cursor.position
        if start >= 0, start &+ Self.maximumLength <= bytes.byteCount, place < expected.count,
            expected[place].equals(bytes, start)
        {
            cursor.position = start &+ expected[place].length
            place &+= 1
            return JSONMember(key: expected[place &- 1].key)
        }
        if place > 0, start >= 0, start < bytes.byteCount, bytes.byte(start) == 0x7d {
            cursor.position = start &+ 1
            return nil
        }
        return try other(&cursor, bytes, &place)
    }

    @inline(never)
    private mutating func other(
        _ cursor: inout JSONCursor, _ bytes: RawSpan, _ place: inout Int
    ) throws(JSONFailure) -> JSONMember<Key>? {
        let start = cursor.position
        // For a member that was left out this time.
        let following = place &+ 1
        if place > 0, following < expected.count, start &+ Self.maximumLength <= bytes.byteCount,
            expected[following].equals(bytes, start)
        {
            cursor.position = start &+ expected[following].length
            place = following &+ 1
            return JSONMember(key: expected[following].key)
        }
        guard try place == 0 ? cursor.enterObject(bytes) : cursor.continueObject(bytes) else { return nil }
        return JSONMember(key: try learn(start, &cursor, bytes, &place))
    }

    /// - Parameter start: of what is before the name.
    private mutating func learn(
        _ start: Int, _ cursor: inout JSONCursor, _ bytes: RawSpan, _ place: inout Int
    ) throws(JSONFailure) -> Key? {
        let name = try cursor.memberName(bytes)
        let key = table.key(bytes, name)
        let length = cursor.position - start
        defer { place += 1 }
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
        return key
    }

    private static func mask(_ count: Int) -> UInt64 { count >= 8 ? .max : (1 << UInt64(count * 8)) - 1 }
}
