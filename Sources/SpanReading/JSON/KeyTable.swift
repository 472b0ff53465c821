/// Finds wanted keys among many unwanted ones without making a string.
///
/// Several texts may mean one key. Texts are at most 32 bytes long.
struct KeyTable<Key: RawRepresentable<UInt8> & Sendable>: Sendable {
    /// By hash of the first eight bytes and the length: index of a text plus one; zero: free.
    private var slots = [UInt8](repeating: 0, count: 256)
    /// Four words per text, zero-padded.
    private var words: [UInt64] = []
    private var lengths: [Int] = []
    private var keys: [Key] = []

    /// - Parameter texts: fewer than 200.
    init(_ texts: [(String, Key)]) {
        for (text, key) in texts {
            let text = Array(text.utf8.prefix(32))
            lengths.append(text.count)
            keys.append(key)
            for start in stride(from: 0, to: 32, by: 8) {
                words.append(text.dropFirst(start).prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
            }
            var slot = Self.slot(words[words.count - 4], text.count)
            while slots[slot] != 0 { slot = (slot + 1) & 255 }
            slots[slot] = UInt8(keys.count)
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

    private func search(from slot: Int, _ first: UInt64, _ bytes: RawSpan, _ start: Int, _ count: Int) -> Key? {
        var slot = slot
        while slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            if lengths[index] == count, words[index * 4] == first, restMatches(index, bytes, start, count) {
                return keys[index]
            }
            slot = (slot + 1) & 255
        }
        return nil
    }

    private func restMatches(_ index: Int, _ bytes: RawSpan, _ start: Int, _ count: Int) -> Bool {
        var done = 8
        while done < count {
            guard bytes.word(start + done, count: min(8, count - done)) == words[index * 4 + done / 8] else {
                return false
            }
            done += 8
        }
        return true
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
