/// Finds wanted keys among many unwanted ones without making a string.
///
/// Several texts may mean one key. Texts are at most 32 bytes long.
struct KeyTable<Key: RawRepresentable<UInt8> & Sendable>: Sendable {
    private struct Text {
        /// Zero-padded.
        var words: (UInt64, UInt64, UInt64, UInt64)
        var count: Int
        var key: Key
    }

    /// By hash of the first eight bytes and the length: index of a text plus one; zero: free.
    private var slots = [UInt8](repeating: 0, count: 256)
    private var texts: [Text] = []

    /// - Parameter texts: fewer than 200.
    init(_ texts: [(String, Key)]) {
        for (text, key) in texts {
            let text = Array(text.utf8.prefix(32))
            let words = stride(from: 0, to: 32, by: 8).map { start in
                text.dropFirst(start).prefix(8).reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
            }
            self.texts.append(Text(words: (words[0], words[1], words[2], words[3]), count: text.count, key: key))
            var slot = Self.slot(words[0], text.count)
            while slots[slot] != 0 { slot = (slot + 1) & 255 }
            slots[slot] = UInt8(self.texts.count)
        }
    }

    /// The key whose text is `start..<end` of the bytes; compared whole.
    @inline(__always)
    func key(_ bytes: RawSpan, _ start: Int, _ end: Int) -> Key? {
        let count = end &- start
        guard count > 0, count <= 32 else { return nil }
        let first = bytes.word(start, count: count)
        let slot = Self.slot(first, count)
        return slots[slot] == 0 ? nil : search(from: slot, first, bytes, start, count)
    }

    @inline(never)
    private func search(from slot: Int, _ first: UInt64, _ bytes: RawSpan, _ start: Int, _ count: Int) -> Key? {
        let second = count > 8 ? bytes.word(start &+ 8, count: min(count &- 8, 8)) : 0
        let third = count > 16 ? bytes.word(start &+ 16, count: min(count &- 16, 8)) : 0
        let fourth = count > 24 ? bytes.word(start &+ 24, count: count &- 24) : 0
        var slot = slot
        while slots[slot] != 0 {
            let text = texts[Int(slots[slot]) &- 1]
            let differs =
                (first ^ text.words.0) | (second ^ text.words.1) | (third ^ text.words.2) | (fourth ^ text.words.3)
            if text.count == count, differs == 0 { return text.key }
            slot = (slot &+ 1) & 255
        }
        return nil
    }

    @inline(__always)
    private static func slot(_ first: UInt64, _ count: Int) -> Int {
        let mixed = (first ^ (UInt64(truncatingIfNeeded: count) &<< 56)) &* 0x9e37_79b9_7f4a_7c15
        return Int(truncatingIfNeeded: mixed &>> 56)
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
