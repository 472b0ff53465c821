/// Finds wanted keys among many unwanted ones without making a string.
///
/// Several texts may mean one key. Texts are at most 32 bytes long.
struct KeyTable<Key: RawRepresentable<UInt8> & Sendable>: Sendable {
    /// The first and the last eight bytes of a text; of a shorter one all, zero-padded, and zero.
    struct Ends: Sendable {
        let first: UInt64
        let last: UInt64
        /// What tells most texts apart: the length, the first four bytes and the last eight.
        let digest: UInt64

        @inline(__always)
        init(_ bytes: RawSpan, _ start: Int, _ count: Int) {
            let first = bytes.word(start, count: count)
            let head = (first & 0xffff_ffff) &<< 8 | UInt64(truncatingIfNeeded: count & 0xff)
            self.init(head: head, first: first, last: count >= 8 ? bytes.word(start &+ count &- 8) : 0)
        }

        /// - Parameter head: the lowest byte of the length and, above it, the first four bytes.
        @inline(__always)
        init(head: UInt64, first: UInt64, last: UInt64) {
            self.first = first
            self.last = last
            digest = head ^ last
        }
    }

    private struct Text {
        let ends: Ends
        let middle: Middle
        let count: Int
        let key: Key
    }

    /// What lies between the ends of a text of more than 16 bytes.
    private struct Middle: Equatable {
        let second: UInt64
        let third: UInt64

        init(_ bytes: RawSpan, _ start: Int, _ count: Int) {
            second = count > 16 ? bytes.word(start &+ 8) : 0
            third = count > 24 ? bytes.word(start &+ 16) : 0
        }
    }

    /// By digest: index of a text plus one; zero: free. So many that few unwanted keys fall upon a wanted one.
    private var slots = [UInt8](repeating: 0, count: 1 << slotBits)
    private static var slotBits: Int { 12 }
    private static var slotMask: Int { 1 << slotBits - 1 }
    private var texts: [Text] = []

    /// - Parameter texts: fewer than 200.
    init(_ texts: [(String, Key)]) {
        for (text, key) in texts {
            let text = Array(text.utf8.prefix(32))
            let ends = Ends(text.span.bytes, 0, text.count)
            let middle = Middle(text.span.bytes, 0, text.count)
            self.texts.append(Text(ends: ends, middle: middle, count: text.count, key: key))
            var slot = Self.slot(ends)
            while slots[slot] != 0 { slot = (slot + 1) & Self.slotMask }
            slots[slot] = UInt8(self.texts.count)
        }
    }

    /// The key whose text is `start..<end` of the bytes; compared whole.
    @inline(__always)
    func key(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Key? {
        let count = end &- start
        guard count > 0 else { return nil }
        return key(ends: Ends(bytes, start, count), bytes, start, count)
    }

    /// The same for a text whose ends are loaded already.
    ///
    /// - Parameter count: bytes of the text, at least one.
    @inline(__always)
    func key(ends: Ends, _ bytes: RawSpan, _ start: Int, _ count: Int) -> Key? {
        let slot = Self.slot(ends)
        // Less than their number, by its bits.
        let index = Int(slots.span[unchecked: slot])
        guard index > 0 else { return nil }
        // Nearly all wanted keys, and unwanted ones that fall upon them.
        if count <= 24, texts[index &- 1].count == count, texts[index &- 1].ends.first == ends.first,
            texts[index &- 1].ends.last == ends.last,
            count <= 16 || texts[index &- 1].middle.second == bytes.word(start &+ 8)
        {
            return texts[index &- 1].key
        }
        return search(from: slot, bytes, start, count)
    }

    @inline(never)
    private func search(from slot: Int, _ bytes: RawSpan, _ start: Int, _ count: Int) -> Key? {
        guard count <= 32 else { return nil }
        let ends = Ends(bytes, start, count)
        let middle = Middle(bytes, start, count)
        var slot = slot
        while slots[slot] != 0 {
            let text = texts[Int(slots[slot]) &- 1]
            if text.count == count, text.ends.first == ends.first, text.ends.last == ends.last, text.middle == middle {
                return text.key
            }
            slot = (slot &+ 1) & Self.slotMask
        }
        return nil
    }

    @inline(__always)
    private static func slot(_ ends: Ends) -> Int {
        Int(truncatingIfNeeded: (ends.digest &* 0xc4ce_b9fe_1a85_ec53) &>> UInt64(64 &- slotBits))
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
