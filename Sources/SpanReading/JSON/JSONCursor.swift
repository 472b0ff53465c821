/// Why a JSON value could not be read; the cursor's position says where.
enum JSONFailure: Error {
    /// Not JSON.
    case malformed
    /// The bytes end inside the value.
    case unfinished
    /// Nested deeper than `JSONCursor.maximumDepth`.
    case tooDeep
}

/// A string as it stands between its quotes.
struct JSONText {
    let start: Int
    let end: Int
    /// It must be unescaped before use.
    let hasEscape: Bool
}

/// A place in JSON text, moving forward only.
///
/// It holds no bytes and allocates nothing: each step is given the same window. What it passes it has checked:
/// structure, bracket kinds, string contents (escapes, control characters, UTF-8), numbers, literals.
struct JSONCursor {
    /// Deepest nesting of values that nobody wants.
    static let maximumDepth = 512

    var position: Int

    /// The next byte that is no white space; the cursor moves to it.
    @inline(__always)
    mutating func peek(_ bytes: RawSpan) throws(JSONFailure) -> UInt8 {
        if position < bytes.byteCount {
            let byte = bytes.byte(position)
            if byte > 0x20 { return byte }
        }
        return try peekBehindSpace(bytes)
    }

    @inline(never)
    private mutating func peekBehindSpace(_ bytes: RawSpan) throws(JSONFailure) -> UInt8 {
        while position < bytes.byteCount {
            if position &+ 8 <= bytes.byteCount {
                // Indentation, eight spaces at a time.
                let others = bytes.word(position) ^ 0x2020_2020_2020_2020
                position &+= others.trailingZeroBitCount &>> 3
                if others == 0 { continue }
            }
            switch bytes.byte(position) {
            case 0x20, 0x0a, 0x0d, 0x09: position &+= 1
            case 0...0x1f: throw .malformed
            case let byte: return byte
            }
        }
        throw .unfinished
    }

    /// Enters an object that has members; false, and the value is passed, where it is empty or no object.
    @inline(__always)
    mutating func enterObject(_ bytes: RawSpan) throws(JSONFailure) -> Bool {
        try enter(bytes, open: 0x7b, close: 0x7d)
    }

    /// Enters an array that has elements; false, and the value is passed, where it is empty or no array.
    @inline(__always)
    mutating func enterArray(_ bytes: RawSpan) throws(JSONFailure) -> Bool {
        try enter(bytes, open: 0x5b, close: 0x5d)
    }

    @inline(__always)
    private mutating func enter(_ bytes: RawSpan, open: UInt8, close: UInt8) throws(JSONFailure) -> Bool {
        guard try peek(bytes) == open else {
            try skipValue(bytes)
            return false
        }
        position &+= 1
        guard try peek(bytes) == close else { return true }
        position &+= 1
        return false
    }

    /// Passes what follows a member: true at a comma, false behind the object's end.
    @inline(__always)
    mutating func continueObject(_ bytes: RawSpan) throws(JSONFailure) -> Bool { try goOn(bytes, close: 0x7d) }

    /// Passes what follows an element: true at a comma, false behind the array's end.
    @inline(__always)
    mutating func continueArray(_ bytes: RawSpan) throws(JSONFailure) -> Bool { try goOn(bytes, close: 0x5d) }

    @inline(__always)
    private mutating func goOn(_ bytes: RawSpan, close: UInt8) throws(JSONFailure) -> Bool {
        let byte = try peek(bytes)
        guard byte == 0x2c || byte == close else { throw .malformed }
        position &+= 1
        return byte == 0x2c
    }

    /// Passes a member's name and colon.
    @inline(__always)
    mutating func memberName(_ bytes: RawSpan) throws(JSONFailure) -> JSONText {
        guard try peek(bytes) == 0x22 else { throw .malformed }
        let name = try string(bytes)
        guard try peek(bytes) == 0x3a else { throw .malformed }
        position &+= 1
        return name
    }

    /// Passes a string; the cursor stands at its opening quote.
    @inline(__always)
    mutating func string(_ bytes: RawSpan) throws(JSONFailure) -> JSONText {
        let start = position &+ 1
        let found = Self.nextSpecial(bytes, from: start)
        guard found < bytes.byteCount, bytes.byte(found) == 0x22 else { return try anyString(bytes, start, found) }
        position = found &+ 1
        return JSONText(start: start, end: found, hasEscape: false)
    }

    /// A string with escapes or beyond ASCII, from the first byte that says so.
    @inline(never)
    private mutating func anyString(
        _ bytes: RawSpan, _ start: Int, _ special: Int
    ) throws(JSONFailure) -> JSONText {
        var hasEscape = false
        position = special
        while position < bytes.byteCount {
            let byte = bytes.byte(position)
            switch byte {
            case 0x22:
                position &+= 1
                return JSONText(start: start, end: position &- 1, hasEscape: hasEscape)
            case 0x5c:
                hasEscape = true
                try passEscape(bytes)
            case 0x80...: position &+= try Self.characterLength(bytes, position)
            case 0...0x1f: throw .malformed
            default: break
            }
            position = Self.nextSpecial(bytes, from: position)
        }
        throw .unfinished
    }

    private mutating func passEscape(_ bytes: RawSpan) throws(JSONFailure) {
        guard position &+ 1 < bytes.byteCount else { throw .unfinished }
        switch bytes.byte(position &+ 1) {
        case 0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74: position &+= 2
        case 0x75:
            position &+= 2
            for _ in 0..<4 {
                guard position < bytes.byteCount else { throw .unfinished }
                guard Hexadecimal.digit(bytes.byte(position)) < 16 else { throw .malformed }
                position &+= 1
            }
        default: throw .malformed
        }
    }

    /// Length of the well-formed character beyond ASCII at an offset (RFC 3629: no surrogates, no overlong forms).
    static func characterLength(_ bytes: RawSpan, _ offset: Int) throws(JSONFailure) -> Int {
        let lead = bytes.byte(offset)
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xbf
        switch lead {
        case 0xc2...0xdf: length = 2
        case 0xe0: (length, second) = (3, 0xa0...0xbf)
        case 0xed: (length, second) = (3, 0x80...0x9f)
        case 0xe1...0xef: length = 3
        case 0xf0: (length, second) = (4, 0x90...0xbf)
        case 0xf1...0xf3: length = 4
        case 0xf4: (length, second) = (4, 0x80...0x8f)
        default: throw .malformed
        }
        for index in 1..<length {
            guard offset &+ index < bytes.byteCount else { throw .unfinished }
            guard (index == 1 ? second : 0x80...0xbf).contains(bytes.byte(offset &+ index)) else { throw .malformed }
        }
        return length
    }

    /// Offset of the next byte that is a quote, a backslash, a control character or not ASCII; else the end.
    @inline(__always)
    static func nextSpecial(_ bytes: RawSpan, from start: Int) -> Int {
        var offset = start
        let count = bytes.byteCount
        while offset &+ 16 <= count {
            let found = specials(bytes.sixteen(offset))
            if found != 0 { return offset &+ (found.trailingZeroBitCount &>> 2) }
            offset &+= 16
        }
        while offset < count {
            let byte = bytes.byte(offset)
            if byte == 0x22 || byte == 0x5c || !(0x20...0x7f).contains(byte) { break }
            offset &+= 1
        }
        return offset
    }

    /// Sets four bits for each special byte, the lowest ones for the first byte.
    ///
    /// As signed numbers, control characters and all that is not ASCII lie below the space. The types are spelt out,
    /// because else this is not compiled to vector code.
    @inline(__always)
    static func specials(_ bytes: SIMD16<Int8>) -> UInt64 {
        let quotes: SIMDMask<SIMD16<Int8>> = bytes .== SIMD16<Int8>(repeating: 0x22)
        let backslashes: SIMDMask<SIMD16<Int8>> = bytes .== SIMD16<Int8>(repeating: 0x5c)
        let others: SIMDMask<SIMD16<Int8>> = bytes .< SIMD16<Int8>(repeating: 0x20)
        let all =
            unsafeBitCast(quotes, to: SIMD8<UInt16>.self) | unsafeBitCast(backslashes, to: SIMD8<UInt16>.self)
            | unsafeBitCast(others, to: SIMD8<UInt16>.self)
        // Of each two bytes the middle: four bits of the one, four of the other.
        return (all &>> 4).lowBytes
    }
}
