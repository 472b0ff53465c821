/// What OpenTelemetry's member of a W3C tracestate says about sampling.
///
/// `ot=th:8;rv:…` (OTEP 235) and the older `ot=p:8;r:62`. Malformed parts read as absent.
struct TraceState: Hashable {
    /// Rejection threshold, 0 ≤ T < 2⁵⁶: a trace is kept if its randomness is at least T.
    private(set) var threshold: UInt64?
    /// Explicit randomness, where the trace id is not the source.
    private(set) var randomness: UInt64?
    /// The older form: minus the base-2 logarithm of the probability, 0…62; 63: not countable.
    private(set) var power: UInt8?

    /// Reads the first member named `ot`, if any.
    init(_ text: RawSpan) {
        var start = 0
        while start < text.byteCount {
            let end = text.firstOffset(of: 0x2c, from: start) ?? text.byteCount
            let member = Self.trimmed(text, start, end)
            start = end + 1
            if member.count >= 3, text.byte(member.lowerBound) == 0x6f, text.byte(member.lowerBound + 1) == 0x74,
                text.byte(member.lowerBound + 2) == 0x3d
            {
                readMember(text.extracting(member.dropFirst(3)))
                return
            }
        }
    }

    private static func trimmed(_ text: RawSpan, _ start: Int, _ end: Int) -> Range<Int> {
        var (start, end) = (start, end)
        while start < end, text.byte(start) == 0x20 || text.byte(start) == 0x09 { start += 1 }
        while end > start, text.byte(end - 1) == 0x20 || text.byte(end - 1) == 0x09 { end -= 1 }
        return start..<end
    }

    /// `key:value` pairs between semicolons.
    private mutating func readMember(_ text: RawSpan) {
        var start = 0
        while start < text.byteCount {
            let end = text.firstOffset(of: 0x3b, from: start) ?? text.byteCount
            readPair(text.extracting(start..<end))
            start = end + 1
        }
    }

    private mutating func readPair(_ pair: RawSpan) {
        guard let colon = pair.firstOffset(of: 0x3a) else { return }
        let key = pair.extracting(0..<colon)
        let value = pair.extracting((colon + 1)..<pair.byteCount)
        if key.equals("th") {
            threshold = (1...14).contains(value.byteCount) ? Self.fraction(value) : nil
        } else if key.equals("rv") {
            randomness = value.byteCount == 14 ? Self.fraction(value) : nil
        } else if key.equals("p") {
            power = Self.power(value)
        }
    }

    /// Lower-case hex digits, padded with zeros on the right to 14.
    private static func fraction(_ text: RawSpan) -> UInt64? {
        var value: UInt64 = 0
        for offset in 0..<text.byteCount {
            switch text.byte(offset) {
            case let digit where (0x30...0x39).contains(digit): value = value << 4 | UInt64(digit - 0x30)
            case let digit where (0x61...0x66).contains(digit): value = value << 4 | UInt64(digit - 0x57)
            default: return nil
            }
        }
        return value << UInt64((14 - text.byteCount) * 4)
    }

    private static func power(_ text: RawSpan) -> UInt8? {
        guard (1...2).contains(text.byteCount) else { return nil }
        var value: UInt8 = 0
        for offset in 0..<text.byteCount {
            guard (0x30...0x39).contains(text.byte(offset)) else { return nil }
            value = value * 10 + (text.byte(offset) - 0x30)
        }
        return value <= 63 ? value : nil
    }
}
