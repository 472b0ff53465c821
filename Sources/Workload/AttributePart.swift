import SpanModel

/// A piece of a span's attributes, made once for all spans of a shape.
enum AttributePart: Sendable {
    case fixed([UInt8])
    /// One of several.
    case chosen(Draw, [[UInt8]])
    /// A number: what stands before it, by its width, and after it.
    case number(Draw, heads: [[UInt8]], tail: [UInt8], isVarint: Bool)
    /// Sixteen hexadecimal digits.
    case hex(Draw, head: [UInt8], tail: [UInt8])

    /// Appends the piece as it is in a span.
    @inline(__always)
    func append(_ span: WorkloadSpan, to bytes: inout [UInt8]) {
        switch self {
        case .fixed(let text): bytes.append(contentsOf: text)
        case .chosen(let draw, let texts): bytes.append(contentsOf: texts[Int(draw.value(span))])
        case .number(let draw, let heads, let tail, let isVarint):
            let value = draw.value(span)
            let width = isVarint ? value.varintWidth : value.decimalWidth
            bytes.append(contentsOf: heads[min(width, heads.count) - 1])
            if isVarint { bytes.append(varint: value) } else { bytes.append(decimal: value) }
            bytes.append(contentsOf: tail)
        case .hex(let draw, let head, let tail):
            bytes.append(contentsOf: head)
            bytes.append(hex: draw.bits(span))
            bytes.append(contentsOf: tail)
        }
    }

    /// Tells attributes apart that the same id decides.
    static func salt(_ key: String) -> UInt64 {
        key.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}

/// A value that an id decides, so that equal spans have equal attributes in every payload.
struct Draw: Sendable {
    /// The id.
    enum Source: Sendable {
        case spanID
        case traceID
    }

    var source: Source
    var salt: UInt64
    /// Values are below it.
    var count: UInt64
    /// Small values are much more frequent than large ones.
    var isSkewed = false

    @inline(__always)
    func bits(_ span: WorkloadSpan) -> UInt64 {
        switch source {
        case .spanID: mix64(span.spanID ^ salt)
        case .traceID: mix64(span.traceID.low ^ salt)
        }
    }

    @inline(__always)
    func value(_ span: WorkloadSpan) -> UInt64 {
        let bits = bits(span)
        let value = bits.multipliedFullWidth(by: count).high
        return isSkewed ? value >> (bits & 7) : value
    }
}

/// How a payload writes one attribute.
protocol AttributeDialect {
    static func attribute(_ key: String, _ value: AttributeValue) -> [UInt8]
    /// Bytes that part an attribute from the one before it.
    static var separatorLength: Int { get }
    /// What stands after a text.
    static var textTail: [UInt8] { get }
    /// What stands after an integer.
    static var integerTail: [UInt8] { get }
    /// Whether integers are varints rather than decimal text.
    static var hasVarints: Bool { get }
}

enum AttributeValue {
    case text(String)
    case integer(UInt64)
    case number(Double)
    case truth(Bool)
}

extension AttributeDialect {
    /// An attribute that is a text and a number after it.
    static func text(
        _ key: String, _ text: String, then source: Draw.Source, below count: UInt64
    ) -> AttributePart {
        let heads = (1...(count - 1).decimalWidth).map { width -> [UInt8] in
            let whole = attribute(key, .text(text + String(repeating: "0", count: width)))
            return whole.dropLast(width + textTail.count)
        }
        let draw = Draw(source: source, salt: AttributePart.salt(key), count: count)
        return .number(draw, heads: heads, tail: textTail, isVarint: false)
    }

    /// An attribute that is sixteen hexadecimal digits.
    static func hex(_ key: String, _ source: Draw.Source) -> AttributePart {
        let whole = attribute(key, .text(String(repeating: "0", count: 16)))
        let draw = Draw(source: source, salt: AttributePart.salt(key), count: 0)
        return .hex(draw, head: whole.dropLast(16 + textTail.count), tail: textTail)
    }

    /// An attribute that is an integer.
    static func integer(
        _ key: String, _ source: Draw.Source, below count: UInt64, isSkewed: Bool = false
    ) -> AttributePart {
        let width = hasVarints ? (count - 1).varintWidth : (count - 1).decimalWidth
        var least: UInt64 = 0
        var heads: [[UInt8]] = []
        for width in 1...width {
            heads.append(attribute(key, .integer(least)).dropLast(width + integerTail.count))
            least = hasVarints ? 1 << UInt64(7 * width) : max(least, 1) * 10
        }
        let draw = Draw(source: source, salt: AttributePart.salt(key), count: count, isSkewed: isSkewed)
        return .number(draw, heads: heads, tail: integerTail, isVarint: hasVarints)
    }

    /// One of several attributes, or of several groups of them.
    static func chosen(_ key: String, _ source: Draw.Source, _ texts: [[UInt8]]) -> AttributePart {
        .chosen(Draw(source: source, salt: AttributePart.salt(key), count: UInt64(texts.count)), texts)
    }
}
