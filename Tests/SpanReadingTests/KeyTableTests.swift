import Testing

@testable import SpanReading

@Suite("Wanted keys")
struct KeyTableTests {
    private enum Key: UInt8 { case short, eight, nine, long, longest, likeLongest }

    private static let texts: [(String, Key)] = [
        ("k", .short), ("db.names", .eight), ("db.system", .nine), ("messaging.destination.n", .long),
        ("messaging.destination.name.of.it", .longest), ("messaging.destination.name.of.IT", .likeLongest),
    ]

    @Test("a key is found wherever it stands, by all of its bytes")
    func found() {
        let table = KeyTable(Self.texts)
        for (text, key) in Self.texts {
            let text = Array(text.utf8)
            for room in [0, 1, 7, 31, 40] {
                let bytes = [UInt8](repeating: 0x78, count: room) + text + [UInt8](repeating: 0x79, count: room)
                #expect(table.key(bytes.span.bytes, room, room + text.count) == key)
                for index in text.indices {
                    var other = bytes
                    other[room + index] ^= 1
                    #expect(table.key(other.span.bytes, room, room + text.count) == nil)
                }
                if room > 0 {
                    #expect(table.key(bytes.span.bytes, room - 1, room + text.count) == nil)
                    #expect(table.key(bytes.span.bytes, room, room + text.count + 1) == nil)
                }
                #expect(table.key(bytes.span.bytes, room, room + text.count - 1) == nil)
            }
        }
    }

    @Test("texts of every length, and such as begin and end alike, are told apart")
    func lengths() {
        var texts: [(String, Length)] = []
        for count in 1...32 {
            texts.append((String(repeating: "a", count: count), Length(rawValue: UInt8(count))))
        }
        for (index, middle) in ["abcd", "wxyz", "abcz", "zbcd"].enumerated() {
            texts.append(("http.\(middle).host", Length(rawValue: UInt8(40 + index))))
        }
        let table = KeyTable(texts)
        for (text, key) in texts {
            let bytes = Array(text.utf8)
            #expect(table.key(bytes.span.bytes, 0, bytes.count) == key)
        }
        for other in ["http.aaaa.host", "http.abcd.port", String(repeating: "a", count: 33), "aab", "aaba"] {
            let bytes = Array(other.utf8)
            #expect(table.key(bytes.span.bytes, 0, bytes.count) == nil)
        }
    }

    private struct Length: RawRepresentable, Equatable {
        let rawValue: UInt8
    }
}
