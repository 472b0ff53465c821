/// JSON exactly as Jaeger writes it: compact, with the number and text forms of Go's `encoding/json`.
///
/// Clients of the sampling protocol read these bytes with parsers that forgive little, so they are a contract of their
/// own, apart from the documents of this program.
struct GoJSON {
    private(set) var bytes: [UInt8] = []

    /// Literal JSON.
    mutating func raw(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func number(_ value: UInt64) { bytes.append(contentsOf: String(value).utf8) }

    /// The shortest decimal that reads back as the same number, `1` for one; an exponent only below 1e-6 and from 1e21 on.
    ///
    /// What is not finite has no form in JSON and becomes 0.
    mutating func number(_ value: Double) {
        guard value.isFinite, value != 0 else { return raw("0") }
        let (digits, exponent) = Self.shortest(value.magnitude)
        if value < 0 { raw("-") }
        let magnitude = value.magnitude
        if magnitude < 1e-6 || magnitude >= 1e21 {
            bytes.append(digits[0])
            if digits.count > 1 {
                raw(".")
                bytes.append(contentsOf: digits[1...])
            }
            raw(exponent < 1 ? "e-" : "e+")
            bytes.append(contentsOf: String((exponent - 1).magnitude).utf8)
        } else if exponent <= 0 {
            raw("0.")
            bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: -exponent))
            bytes.append(contentsOf: digits)
        } else {
            bytes.append(contentsOf: digits.prefix(exponent))
            bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: max(0, exponent - digits.count)))
            guard digits.count > exponent else { return }
            raw(".")
            bytes.append(contentsOf: digits[exponent...])
        }
    }

    /// A text between quotes; `<`, `>` and `&` are escaped as for a page.
    mutating func text(_ text: String) {
        raw("\"")
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": raw("\\\"")
            case "\\": raw("\\\\")
            case "\n": raw("\\n")
            case "\r": raw("\\r")
            case "\t": raw("\\t")
            case "\u{0}"..<" ", "<", ">", "&", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                raw("\\u")
                bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 4 - digits.count))
                bytes.append(contentsOf: digits.utf8)
            default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        raw("\"")
    }

    /// Elements between brackets, commas between them.
    mutating func array<Element>(_ elements: some Sequence<Element>, _ body: (inout GoJSON, Element) -> Void) {
        raw("[")
        var isFirst = true
        for element in elements {
            if !isFirst { raw(",") }
            isFirst = false
            body(&self, element)
        }
        raw("]")
    }

    /// Digits d₁d₂… without zeros at either end and the exponent e of 0.d₁d₂… · 10ᵉ.
    private static func shortest(_ value: Double) -> (digits: [UInt8], exponent: Int) {
        var digits: [UInt8] = []
        var exponent = 0
        var isPastPoint = false
        var text = value.description.utf8[...]
        while let character = text.popFirst() {
            switch character {
            case UInt8(ascii: "."): isPastPoint = true
            case UInt8(ascii: "e"):
                exponent += Int(String(decoding: text, as: UTF8.self)) ?? 0
                text = text.suffix(0)
            default:
                if !isPastPoint { exponent += 1 }
                digits.append(character)
            }
        }
        let zeros = digits.prefix { $0 == UInt8(ascii: "0") }.count
        digits.removeFirst(min(zeros, digits.count - 1))
        exponent -= zeros
        while digits.count > 1, digits.last == UInt8(ascii: "0") { digits.removeLast() }
        return (digits, exponent)
    }
}
