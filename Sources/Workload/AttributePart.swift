import SpanModel

/// A piece of a span's attributes, made once for all spans of a shape.
enum AttributePart: Sendable {
    case fixed([UInt8])
    /// One of several, by an id's remainder.
    case chosen(Source, [[UInt8]])
    /// A number below `modulus`: what stands before it, by its width, and after it.
    case number(Source, modulus: UInt64, heads: [[UInt8]], tail: [UInt8], isVarint: Bool)

    /// The id that decides.
    enum Source: Sendable {
        case spanID
        case traceID
    }

    /// Appends the piece as it is in a span.
    @inline(__always)
    func append(_ span: WorkloadSpan, to bytes: inout [UInt8]) {
        switch self {
        case .fixed(let text): bytes.append(contentsOf: text)
        case .chosen(let source, let texts):
            bytes.append(contentsOf: texts[Int(Self.id(source, span) % UInt64(texts.count))])
        case .number(let source, let modulus, let heads, let tail, let isVarint):
            let value = Self.id(source, span) % modulus
            let width = isVarint ? value.varintWidth : value.decimalWidth
            bytes.append(contentsOf: heads[min(width, heads.count) - 1])
            if isVarint { bytes.append(varint: value) } else { bytes.append(decimal: value) }
            bytes.append(contentsOf: tail)
        }
    }

    private static func id(_ source: Source, _ span: WorkloadSpan) -> UInt64 {
        switch source {
        case .spanID: span.spanID
        case .traceID: span.traceID.low
        }
    }
}

/// How a payload writes one attribute.
protocol AttributeDialect {
    static func attribute(_ key: String, _ value: AttributeValue) -> [UInt8]
    /// What stands after the value.
    static var tail: [UInt8] { get }
    /// Whether integers are varints rather than decimal text.
    static var hasVarints: Bool { get }
}

enum AttributeValue {
    case text(String)
    case integer(UInt64)
    case number(Double)
}

extension AttributeDialect {
    /// An attribute that is a text and a number after it.
    static func text(_ key: String, _ text: String, then source: AttributePart.Source, below modulus: UInt64)
        -> AttributePart
    {
        let heads = (1...(modulus - 1).decimalWidth).map { width -> [UInt8] in
            let whole = attribute(key, .text(text + String(repeating: "0", count: width)))
            return whole.dropLast(width + tail.count)
        }
        return .number(source, modulus: modulus, heads: heads, tail: tail, isVarint: false)
    }

    /// An attribute that is an integer.
    static func integer(_ key: String, _ source: AttributePart.Source, below modulus: UInt64) -> AttributePart {
        let width = hasVarints ? (modulus - 1).varintWidth : (modulus - 1).decimalWidth
        var least: UInt64 = 0
        var heads: [[UInt8]] = []
        for width in 1...width {
            heads.append(attribute(key, .integer(least)).dropLast(width + tail.count))
            least = hasVarints ? 1 << UInt64(7 * width) : max(least, 1) * 10
        }
        return .number(source, modulus: modulus, heads: heads, tail: tail, isVarint: hasVarints)
    }
}

extension UInt64 {
    var decimalWidth: Int {
        var (width, limit) = (1, UInt64(10))
        while self >= limit, width < 19 {
            width += 1
            limit &*= 10
        }
        return self >= 10_000_000_000_000_000_000 ? 20 : width
    }

    var varintWidth: Int { Swift.max(1, (70 - (self | 1).leadingZeroBitCount) / 7) }
}

extension [UInt8] {
    mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func append(decimal value: UInt64) {
        let width = value.decimalWidth
        var (rest, place) = (value, count + width)
        append(contentsOf: repeatElement(0, count: width))
        for _ in 0..<width {
            place -= 1
            self[place] = 48 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }

    mutating func append(bigEndian value: UInt64) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    mutating func append(littleEndian value: UInt64) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    mutating func append(hex value: UInt64) {
        for shift in stride(from: 60, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(shift)) & 15
            append(digit < 10 ? 48 + digit : 87 + digit)
        }
    }
}
