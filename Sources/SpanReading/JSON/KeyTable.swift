/// Finds wanted keys among many unwanted ones without making a string.
///
/// Several texts may mean one key. Texts are at most 32 bytes long.
struct KeyTable<Key: RawRepresentable<UInt8> & Sendable>: Sendable {
    private struct Text {
        var ends: UInt64
        var words: Words
        var count: Int
        var key: Key
    }

    /// With the ends all bytes of a text: its first and last eight, and what lies between; zero where the text is too
    /// short for a word.
    private struct Words {
        let first: UInt64
        let last: UInt64
        let second: UInt64
        let third: UInt64

        @inline(__always)
        init(_ bytes: RawSpan, _ start: Int, _ count: Int) {
            first = count > 8 ? bytes.word(start) : 0
            last = count > 8 ? bytes.word(start &+ count &- 8) : 0
            second = count > 16 ? bytes.word(start &+ 8) : 0
            third = count > 24 ? bytes.word(start &+ 16) : 0
        }

        @inline(__always)
        func differ(from other: Words) -> Bool {
            (first ^ other.first) | (last ^ other.last) | (second ^ other.second) | (third ^ other.third) != 0
        }
    }

    /// By hash of ends and length: index of a text plus one; zero: free. So many that few unwanted keys fall upon a
    /// wanted one.
    private var slots = [UInt8](repeating: 0, count: 1 << slotBits)
    private static var slotBits: Int { 10 }
    private static var slotMask: Int { 1 << slotBits - 1 }
    private var texts: [Text] = []

    /// - Parameter texts: fewer than 200.
    init(_ texts: [(String, Key)]) {
        for (text, key) in texts {
            let text = Array(text.utf8.prefix(32))
            let ends = Self.ends(text.span.bytes, 0, text.count)
            let words = Words(text.span.bytes, 0, text.count)
            self.texts.append(Text(ends: ends, words: words, count: text.count, key: key))
            var slot = Self.slot(ends, text.count)
            while slots[slot] != 0 { slot = (slot + 1) & Self.slotMask }
            slots[slot] = UInt8(self.texts.count)
        }
    }

    /// The key whose text is `start..<end` of the bytes; compared whole.
    @inline(__always)
    func key(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Key? {
        let count = end &- start
        guard count > 0 else { return nil }
        return key(ends: Self.ends(bytes, start, count), bytes, start, count)
    }

    /// The same for a text whose ends are loaded already.
    ///
    /// - Parameters:
    ///   - ends: as `ends` makes them of the text.
    ///   - count: bytes of the text, at least one.
    @inline(__always)
    func key(ends: UInt64, _ bytes: RawSpan, _ start: Int, _ count: Int) -> Key? {
        let slot = Self.slot(ends, count)
        let index = Int(slots[slot])
        guard index > 0 else { return nil }
        // Nearly all wanted keys, and unwanted ones that fall upon them.
        if count <= 16, texts[index &- 1].ends == ends, texts[index &- 1].count == count,
            count <= 8
                || texts[index &- 1].words.first == bytes.word(start)
                    && texts[index &- 1].words.last == bytes.word(start &+ count &- 8)
        {
            return texts[index &- 1].key
        }
        return search(from: slot, ends, bytes, start, count)
    }

    @inline(never)
    private func search(from slot: Int, _ ends: UInt64, _ bytes: RawSpan, _ start: Int, _ count: Int) -> Key? {
        guard count <= 32 else { return nil }
        let words = Words(bytes, start, count)
        var slot = slot
        while slots[slot] != 0 {
            let text = texts[Int(slots[slot]) &- 1]
            if text.count == count, text.ends == ends, !text.words.differ(from: words) { return text.key }
            slot = (slot &+ 1) & Self.slotMask
        }
        return nil
    }

    /// The first four bytes of a text and, above them, its last four; of a shorter one all, zero-padded.
    @inline(__always)
    private static func ends(_ bytes: RawSpan, _ start: Int, _ count: Int) -> UInt64 {
        guard count >= 4 else { return bytes.word(start, count: count) }
        return ends(bytes.four(start), bytes.four(start &+ count &- 4))
    }

    /// The ends of a text of four bytes or more.
    @inline(__always)
    static func ends(_ first: UInt32, _ last: UInt32) -> UInt64 { UInt64(first) | UInt64(last) &<< 32 }

    @inline(__always)
    private static func slot(_ ends: UInt64, _ count: Int) -> Int {
        let mixed = (ends ^ (UInt64(truncatingIfNeeded: count) &<< 24)) &* 0x9e37_79b9_7f4a_7c15
        return Int(truncatingIfNeeded: mixed &>> UInt64(64 &- slotBits))
    }
}

extension KeyTable {
    /// The key that a name in JSON means.
    @inline(__always)
    func key(_ bytes: RawSpan, _ name: JSONText) -> Key? {
        name.hasEscape ? escapedKey(bytes, name) : key(bytes, name.start, name.end)
    }

    @inline(never)
    private func escapedKey(_ bytes: RawSpan, _ name: JSONText) -> Key? {
        var text: [UInt8] = []
        name.append(to: &text, bytes)
        return key(text.span.bytes, 0, text.count)
    }
}
