import SpanModel

/// Hex digits as bytes.
enum Hexadecimal {
    /// 0…15, or 255 for any byte that is no hex digit of either case.
    @inline(__always)
    static func digit(_ byte: UInt8) -> UInt8 {
        let number = byte &- 0x30
        if number <= 9 { return number }
        let letter = (byte | 0x20) &- 0x61
        return letter <= 5 ? letter &+ 10 : 255
    }

    /// The value of sixteen digits; nil unless all are hex digits.
    @inline(__always)
    static func sixteen(_ text: SIMD16<Int8>) -> UInt64? {
        // Shifted so that the wanted characters are the lowest of all signed numbers: one compare for each range.
        let digits: SIMDMask<SIMD16<Int8>> =
            text &+ SIMD16<Int8>(repeating: 0x50) .< SIMD16<Int8>(repeating: -128 + 10)
        let letters: SIMDMask<SIMD16<Int8>> =
            (text | SIMD16<Int8>(repeating: 0x20)) &+ SIMD16<Int8>(repeating: 0x1f)
            .< SIMD16<Int8>(repeating: -128 + 6)
        let letterPairs = unsafeBitCast(letters, to: SIMD8<UInt16>.self)
        let valid = unsafeBitCast(digits, to: SIMD8<UInt16>.self) | letterPairs
        guard unsafeBitCast(valid, to: UInt128.self) == .max else { return nil }
        // A digit is its low four bits, plus nine for letters.
        let nibbles = (unsafeBitCast(text, to: SIMD8<UInt16>.self) & 0x0f0f) &+ (letterPairs & 0x0909)
        return UInt64(bigEndian: (nibbles &<< 4 | nibbles &>> 8).lowBytes)
    }
}

/// Ids as JSON dialects write them.
enum JSONIDs {
    /// 1…32 hex digits, padded with zeros on the left; nil otherwise.
    static func padded(_ bytes: RawSpan, _ text: JSONText) -> TraceID? {
        let count = text.end - text.start
        if count == 16, let low = sixteen(bytes, text.start) { return TraceID(high: 0, low: low) }
        if count == 32, let high = sixteen(bytes, text.start), let low = sixteen(bytes, text.start &+ 16) {
            return TraceID(high: high, low: low)
        }
        guard (1...32).contains(count) else { return nil }
        var id = TraceID(high: 0, low: 0)
        for offset in text.start..<text.end {
            let digit = Hexadecimal.digit(bytes.byte(offset))
            guard digit < 16 else { return nil }
            id.high = id.high << 4 | id.low >> 60
            id.low = id.low << 4 | UInt64(digit)
        }
        return id
    }

    /// Passes a trace id of the Jaeger and Zipkin dialects: as `padded` has it; nil where there is none.
    @inline(__always)
    static func traceID(_ cursor: inout JSONCursor, _ bytes: RawSpan) throws(JSONFailure) -> TraceID? {
        if let id = quotedTraceID(&cursor, bytes) { return id }
        return try anyID(&cursor, bytes)
    }

    /// Passes a span id of the Jaeger and Zipkin dialects; zero where there is none, or more than 64 bits.
    @inline(__always)
    static func spanID(_ cursor: inout JSONCursor, _ bytes: RawSpan) throws(JSONFailure) -> UInt64 {
        if let id = quotedSpanID(&cursor, bytes) { return id }
        let id = try anyID(&cursor, bytes)
        return id?.high == 0 ? id?.low ?? 0 : 0
    }

    @inline(never)
    private static func anyID(_ cursor: inout JSONCursor, _ bytes: RawSpan) throws(JSONFailure) -> TraceID? {
        try cursor.text(bytes).flatMap { padded(bytes, $0) }
    }

    /// Passes 32 quoted hex digits where the cursor stands; nil, and nothing is passed, if there is anything else.
    @inline(__always)
    static func quotedTraceID(_ cursor: inout JSONCursor, _ bytes: RawSpan) -> TraceID? {
        let start = cursor.position &+ 1
        guard start >= 1, start &+ 33 <= bytes.byteCount, bytes.byte(start &- 1) == 0x22,
            bytes.byte(start &+ 32) == 0x22, let high = sixteen(bytes, start), let low = sixteen(bytes, start &+ 16)
        else { return nil }
        cursor.position = start &+ 33
        return TraceID(high: high, low: low)
    }

    /// Passes 16 quoted hex digits where the cursor stands; nil, and nothing is passed, if there is anything else.
    @inline(__always)
    static func quotedSpanID(_ cursor: inout JSONCursor, _ bytes: RawSpan) -> UInt64? {
        let start = cursor.position &+ 1
        guard start >= 1, start &+ 17 <= bytes.byteCount, bytes.byte(start &- 1) == 0x22,
            bytes.byte(start &+ 16) == 0x22, let id = sixteen(bytes, start)
        else { return nil }
        cursor.position = start &+ 17
        return id
    }

    /// OTLP's trace id: 32 hex digits, or base64 of 16 bytes; zero where it is neither.
    @inline(__always)
    static func traceID(_ bytes: RawSpan, _ start: Int, _ end: Int) -> TraceID {
        if end &- start == 32, let high = sixteen(bytes, start), let low = sixteen(bytes, start &+ 16) {
            return TraceID(high: high, low: low)
        }
        return end &- start == 24 ? base64(bytes, start, end, padding: 2) : TraceID(high: 0, low: 0)
    }

    /// OTLP's span id: 16 hex digits, or base64 of 8 bytes; zero where it is neither.
    @inline(__always)
    static func spanID(_ bytes: RawSpan, _ start: Int, _ end: Int) -> UInt64 {
        if end &- start == 16 { return sixteen(bytes, start) ?? 0 }
        return end &- start == 12 ? base64(bytes, start, end, padding: 1).low : 0
    }

    @inline(__always)
    private static func sixteen(_ bytes: RawSpan, _ start: Int) -> UInt64? {
        guard start >= 0, start &+ 16 <= bytes.byteCount else { return nil }
        return Hexadecimal.sixteen(bytes.sixteen(start))
    }

    /// The bytes of base64 (either alphabet) as one big-endian number; zero unless exactly `padding` signs end it.
    private static func base64(_ bytes: RawSpan, _ start: Int, _ end: Int, padding: Int) -> TraceID {
        var id = TraceID(high: 0, low: 0)
        let digitsEnd = end - padding
        for offset in digitsEnd..<end where bytes.byte(offset) != 0x3d { return TraceID(high: 0, low: 0) }
        // The last digit carries bits beyond the last byte: four with two signs, two with one.
        let spare = padding * 2
        for offset in start..<digitsEnd {
            guard let digit = base64Digit(bytes.byte(offset)) else { return TraceID(high: 0, low: 0) }
            let isLast = offset == digitsEnd - 1
            let width = isLast ? 6 - spare : 6
            id.high = id.high << width | id.low >> (64 - width)
            id.low = id.low << width | UInt64(isLast ? digit >> spare : digit)
        }
        return id
    }

    private static func base64Digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x41...0x5a: byte - 0x41
        case 0x61...0x7a: byte - 0x61 + 26
        case 0x30...0x39: byte - 0x30 + 52
        case 0x2b, 0x2d: 62
        case 0x2f, 0x5f: 63
        default: nil
        }
    }
}
