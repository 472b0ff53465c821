/// Numbers in archives as text.
enum DecimalText {
    /// A JSON-like decimal (`1e-05`, `0.3`, `+7`), rounded correctly; nil when malformed or beyond a double.
    static func number(_ text: RawSpan) -> Double? {
        var cursor = 0
        var isNegative = false
        if cursor < text.byteCount, text.byte(cursor) == 0x2d || text.byte(cursor) == 0x2b {
            isNegative = text.byte(cursor) == 0x2d
            cursor += 1
        }
        var mantissa: UInt64 = 0
        var digits = 0
        var fraction = 0
        var isExact = true
        var hasPoint = false
        while cursor < text.byteCount {
            let byte = text.byte(cursor)
            if byte == 0x2e, !hasPoint {
                hasPoint = true
            } else if (0x30...0x39).contains(byte) {
                digits += 1
                if hasPoint { fraction += 1 }
                isExact = isExact && mantissa < 1 << 49
                mantissa = mantissa &* 10 &+ UInt64(byte - 0x30)
            } else {
                break
            }
            cursor += 1
        }
        guard digits > 0, let exponent = exponent(text, from: cursor) else { return nil }
        let scale = exponent - fraction
        guard isExact, abs(scale) <= 22 else { return slowNumber(text) }
        let value = scale < 0 ? Double(mantissa) / powers[-scale] : Double(mantissa) * powers[scale]
        return isNegative ? -value : value
    }

    /// A signed decimal integer; nil when malformed or beyond 64 bits.
    static func integer(_ text: RawSpan) -> Int64? {
        guard text.byteCount > 0 else { return nil }
        let isNegative = text.byte(0) == 0x2d
        guard let magnitude = unsigned(text.extracting((isNegative ? 1 : 0)..<text.byteCount)) else { return nil }
        if isNegative { return magnitude <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil }
        return Int64(exactly: magnitude)
    }

    /// A decimal integer without a sign; nil when malformed or beyond 64 bits.
    static func unsigned(_ text: RawSpan) -> UInt64? {
        guard text.byteCount > 0 else { return nil }
        var value: UInt64 = 0
        for offset in 0..<text.byteCount {
            let digit = text.byte(offset) &- 0x30
            guard digit <= 9 else { return nil }
            let (shifted, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflows) = shifted.addingReportingOverflow(UInt64(digit))
            guard !isTooLarge, !overflows else { return nil }
            value = sum
        }
        return value
    }

    /// Powers of ten that a double holds exactly: one rounding at the end makes the result correct (Clinger).
    private static let powers: [Double] = (0...22).map { (0..<$0).reduce(1.0) { value, _ in value * 10 } }

    private static func exponent(_ text: RawSpan, from start: Int) -> Int? {
        guard start < text.byteCount else { return 0 }
        guard text.byte(start) | 0x20 == 0x65, start + 1 < text.byteCount else { return nil }
        let hasPlus = text.byte(start + 1) == 0x2b
        let digits = text.extracting((start + (hasPlus ? 2 : 1))..<text.byteCount)
        guard let value = integer(digits) else { return nil }
        return value.magnitude < 100_000 ? Int(value) : nil
    }

    /// Long mantissas and far exponents, rare enough for a string.
    private static func slowNumber(_ text: RawSpan) -> Double? {
        let string = text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        guard let value = Double(string), value.isFinite else { return nil }
        return value
    }
}
