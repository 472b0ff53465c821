/// Values as the cursor passes them.
extension JSONCursor {
    /// A scalar of any type.
    enum Scalar {
        case text(JSONText)
        case integer(Int64)
        case number(Double)
        case boolean(Bool)
        /// Null, an object, an array, or a number beyond its type.
        case other
    }

    /// Passes a value of any type without wanting it; iterative.
    mutating func skipValue(_ bytes: RawSpan) throws(JSONFailure) {
        switch try peek(bytes) {
        case 0x22: _ = try string(bytes)
        case let open where open == 0x7b || open == 0x5b:
            // Closing brackets are two behind the opening ones; many a list is empty.
            if position &+ 1 < bytes.byteCount, bytes.byte(position &+ 1) == open &+ 2 {
                position &+= 2
            } else {
                try skipContainer(bytes)
            }
        default:
            if shortInteger(bytes) == nil { try skipLiteralOrNumber(bytes) }
        }
    }

    /// Passes a string; nil, and the value is passed, where it is none.
    @inline(__always)
    mutating func text(_ bytes: RawSpan) throws(JSONFailure) -> JSONText? {
        if try peek(bytes) == 0x22 { return try string(bytes) }
        try skipValue(bytes)
        return nil
    }

    /// Passes a value and keeps it if it is a scalar.
    mutating func scalar(_ bytes: RawSpan) throws(JSONFailure) -> Scalar {
        switch try peek(bytes) {
        case 0x22: return .text(try string(bytes))
        case 0x74, 0x66:
            let isTrue = bytes.byte(position) == 0x74
            try skipLiteralOrNumber(bytes)
            return .boolean(isTrue)
        case 0x2d, 0x30...0x39:
            let start = position
            try skipNumber(bytes)
            let token = bytes.extracting(start..<position)
            if let integer = DecimalText.integer(token) { return .integer(integer) }
            return DecimalText.number(token).map { .number($0) } ?? .other
        default:
            try skipValue(bytes)
            return .other
        }
    }

    /// Passes a value that should be a whole number, as number or as text; nil where it is none that fits.
    @inline(__always)
    mutating func unsigned(_ bytes: RawSpan) throws(JSONFailure) -> UInt64? {
        if let time = quotedTime(bytes) { return time }
        return try anyUnsigned(bytes)
    }

    @inline(never)
    private mutating func anyUnsigned(_ bytes: RawSpan) throws(JSONFailure) -> UInt64? {
        if try peek(bytes) == 0x22 {
            let text = try string(bytes)
            return Self.digits(bytes, text.start, text.end) ?? Self.rounded(bytes, text.start, text.end)
        }
        if let number = wholeNumber(bytes) { return number }
        let start = position
        guard (0x30...0x39).contains(bytes.byte(start)) else {
            try skipValue(bytes)
            return nil
        }
        try skipNumber(bytes)
        return Self.digits(bytes, start, position) ?? Self.rounded(bytes, start, position)
    }

    /// Passes a whole number of at most seven digits; nil, and nothing is passed, if there is anything else.
    @inline(__always)
    mutating func shortInteger(_ bytes: RawSpan) -> Int64? {
        guard position >= 0, position &+ 8 <= bytes.byteCount else { return nil }
        let word = bytes.uncheckedWord(position) ^ 0x3030_3030_3030_3030
        // The high bit of every byte that is no digit; no addition carries into the next byte.
        let others = ((word & 0x7f7f_7f7f_7f7f_7f7f) &+ 0x7676_7676_7676_7676 | word) & 0x8080_8080_8080_8080
        let count = others.trailingZeroBitCount &>> 3
        // JSON forbids a zero in front.
        guard others != 0, count > 0, Self.endsNumber(bytes.byte(position &+ count)), count == 1 || word & 0xff != 0
        else { return nil }
        position &+= count
        return Int64(truncatingIfNeeded: Self.eightDigits(word &<< UInt64(64 &- count &* 8)))
    }

    /// Passes a whole number of at most sixteen digits, as microseconds have; nil, and nothing is passed, if there is
    /// anything else.
    @inline(__always)
    private mutating func wholeNumber(_ bytes: RawSpan) -> UInt64? {
        if let short = shortInteger(bytes) { return UInt64(truncatingIfNeeded: short) }
        guard position >= 0, position &+ 24 <= bytes.byteCount else { return nil }
        let first = bytes.uncheckedWord(position)
        guard Self.areDigits(first), first & 0xff != 0x30 else { return nil }
        let second = bytes.uncheckedWord(position &+ 8) ^ 0x3030_3030_3030_3030
        let others = ((second & 0x7f7f_7f7f_7f7f_7f7f) &+ 0x7676_7676_7676_7676 | second) & 0x8080_8080_8080_8080
        let count = others.trailingZeroBitCount &>> 3
        let end = position &+ 8 &+ count
        guard Self.endsNumber(bytes.byte(end)) else { return nil }
        position = end
        if count == 0 { return Self.eightDigits(first) }
        let head = Self.eightDigits(first &<< UInt64(64 &- count &* 8))
        return head &* 100_000_000 &+ Self.eightDigits(bytes.uncheckedWord(end &- 8))
    }

    /// Whether a byte behind digits says for sure that the number ends there.
    @inline(__always)
    private static func endsNumber(_ byte: UInt8) -> Bool { byte == 0x2c || byte == 0x7d || byte == 0x5d }

    /// The value of eight bytes of 0…9, the first one the highest digit.
    @inline(__always)
    private static func eightDigits(_ word: UInt64) -> UInt64 {
        let pairs = ((word & 0x0f0f_0f0f_0f0f_0f0f) &* 2561) &>> 8
        let fours = ((pairs & 0x00ff_00ff_00ff_00ff) &* 6_553_601) &>> 16
        return ((fours & 0x0000_ffff_0000_ffff) &* 42_949_672_960_001) &>> 32
    }

    /// A quoted number of 19 digits, such as nanoseconds have; nil, and nothing is passed, if it is none.
    @inline(__always)
    private mutating func quotedTime(_ bytes: RawSpan) -> UInt64? {
        let start = position &+ 1
        guard start >= 1, start &+ 20 <= bytes.byteCount, bytes.byte(start &- 1) == 0x22,
            bytes.byte(start &+ 19) == 0x22
        else { return nil }
        let words = (
            bytes.uncheckedWord(start), bytes.uncheckedWord(start &+ 8), bytes.uncheckedWord(start &+ 11)
        )
        guard Self.areDigits(words.0), Self.areDigits(words.1), Self.areDigits(words.2) else { return nil }
        position = start &+ 20
        let last = Self.eightDigits(words.2 & 0xffff_ff00_0000_0000)
        return (Self.eightDigits(words.0) &* 100_000_000 &+ Self.eightDigits(words.1)) &* 1000 &+ last
    }

    @inline(__always)
    private static func areDigits(_ word: UInt64) -> Bool {
        word & (word &+ 0x0606_0606_0606_0606) & 0xf0f0_f0f0_f0f0_f0f0 == 0x3030_3030_3030_3030
    }

    /// Decimal digits alone, eight at a time; nil beyond 64 bits.
    @inline(__always)
    static func digits(_ bytes: RawSpan, _ start: Int, _ end: Int) -> UInt64? {
        guard end &- start <= 19, start < end else { return nil }
        if end &- start < 8, start >= 0, start &+ 8 <= bytes.byteCount {
            // Zeros in front of those that are here.
            let bits = UInt64(truncatingIfNeeded: (end &- start) &* 8)
            let word = (bytes.uncheckedWord(start) &<< (64 &- bits)) | (0x3030_3030_3030_3030 &>> bits)
            return areDigits(word) ? eightDigits(word) : nil
        }
        var value: UInt64 = 0
        var offset = start
        while offset &+ 8 <= end {
            let word = bytes.word(offset)
            guard areDigits(word) else { return nil }
            value = value &* 100_000_000 &+ eightDigits(word)
            offset &+= 8
        }
        while offset < end {
            let digit = bytes.byte(offset) &- 0x30
            guard digit <= 9 else { return nil }
            value = value &* 10 &+ UInt64(digit)
            offset &+= 1
        }
        return value
    }

    /// What careless senders write for a whole number: `1.6e18`, `12.0`, more digits than usual.
    private static func rounded(_ bytes: RawSpan, _ start: Int, _ end: Int) -> UInt64? {
        guard start < end else { return nil }
        let text = bytes.extracting(start..<end)
        if let value = DecimalText.unsigned(text) { return value }
        guard let number = DecimalText.number(text), number >= 0, number < 0x1p64 else { return nil }
        return UInt64(number)
    }

    @inline(never)
    private mutating func skipContainer(_ bytes: RawSpan) throws(JSONFailure) {
        // One bit for each open bracket: set for an object.
        var kinds = SIMD8<UInt64>.zero
        var depth = 0
        var isObject = false
        repeat {
            // At a value.
            let byte = try peek(bytes)
            if byte == 0x22 {
                _ = try string(bytes)
            } else if byte == 0x7b || byte == 0x5b {
                guard depth < Self.maximumDepth else { throw .tooDeep }
                isObject = byte == 0x7b
                let bit = UInt64(1) &<< UInt64(depth & 63)
                kinds[depth &>> 6] = isObject ? kinds[depth &>> 6] | bit : kinds[depth &>> 6] & ~bit
                depth &+= 1
                position &+= 1
                guard try peek(bytes) == (isObject ? 0x7d : 0x5d) else {
                    if isObject { _ = try memberName(bytes) }
                    continue
                }
            } else {
                try skipLiteralOrNumber(bytes)
            }
            // Behind a value, or at the end of an empty container.
            while depth > 0 {
                let byte = try peek(bytes)
                if byte == 0x2c {
                    position &+= 1
                    if isObject { _ = try memberName(bytes) }
                    break
                }
                guard byte == (isObject ? 0x7d : 0x5d) else { throw .malformed }
                position &+= 1
                depth &-= 1
                if depth > 0 { isObject = kinds[(depth &- 1) &>> 6] &>> UInt64((depth &- 1) & 63) & 1 == 1 }
            }
        } while depth > 0
    }

    @inline(never)
    private mutating func skipLiteralOrNumber(_ bytes: RawSpan) throws(JSONFailure) {
        switch bytes.byte(position) {
        case 0x74: try pass(0x6575_7274, 4, bytes)
        case 0x66: try pass(0x65_736c_6166, 5, bytes)
        case 0x6e: try pass(0x6c6c_756e, 4, bytes)
        default: try skipNumber(bytes)
        }
    }

    /// Passes a literal of so many characters, the first one lowest.
    private mutating func pass(_ literal: UInt64, _ count: Int, _ bytes: RawSpan) throws(JSONFailure) {
        let here = min(count, bytes.byteCount - position)
        let wanted = literal & ((1 << UInt64(here * 8)) - 1)
        guard bytes.word(position, count: here) == wanted else { throw .malformed }
        guard here == count else { throw .unfinished }
        position &+= count
    }

    /// Passes a number as RFC 8259 has it; what follows is for others to judge.
    private mutating func skipNumber(_ bytes: RawSpan) throws(JSONFailure) {
        if bytes.byte(position) == 0x2d { position &+= 1 }
        guard position < bytes.byteCount else { throw .unfinished }
        if bytes.byte(position) == 0x30 { position &+= 1 } else { try skipDigits(bytes) }
        if position < bytes.byteCount, bytes.byte(position) == 0x2e {
            position &+= 1
            try skipDigits(bytes)
        }
        if position < bytes.byteCount, bytes.byte(position) | 0x20 == 0x65 {
            position &+= 1
            guard position < bytes.byteCount else { throw .unfinished }
            if bytes.byte(position) == 0x2b || bytes.byte(position) == 0x2d { position &+= 1 }
            try skipDigits(bytes)
        }
        // A longer number may follow in the next bytes.
        guard position < bytes.byteCount else { throw .unfinished }
    }

    private mutating func skipDigits(_ bytes: RawSpan) throws(JSONFailure) {
        let start = position
        while position < bytes.byteCount, (0x30...0x39).contains(bytes.byte(position)) { position &+= 1 }
        guard position > start else { throw position < bytes.byteCount ? .malformed : .unfinished }
    }
}
