/// Writes one JSON document, key by key, in the order of the calls.
///
/// Containers are laid out in lines down to the level the caller asks for and inline below it, so that a document reads
/// well, greps well and differs line by line. Equal calls give equal bytes.
public struct JSONWriter: Sendable {
    /// How the members of a container are separated.
    public enum Layout: Sendable {
        /// Each on its own line, indented by two spaces a level.
        case lines
        /// All on one line.
        case inline
    }

    /// UTF-8.
    public private(set) var bytes: [UInt8] = []
    private var levels: [Level] = []

    private struct Level {
        var layout: Layout
        var isEmpty = true
    }

    /// Nothing written yet.
    public init() {}

    /// A whole document: one object, ended by a line feed.
    public static func document(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        json.object(.lines, body)
        json.bytes.append(0x0a)
        return json.bytes
    }

    /// An object; the body writes its members.
    public mutating func object(_ layout: Layout = .inline, _ body: (inout JSONWriter) -> Void) {
        container("{", "}", layout, body)
    }

    /// An array of what the body writes for each element.
    public mutating func array<Elements: Sequence>(
        _ elements: Elements, _ layout: Layout = .inline, _ body: (inout JSONWriter, Elements.Element) -> Void
    ) {
        container("[", "]", layout) { json in
            for element in elements {
                json.separate()
                body(&json, element)
            }
        }
    }

    /// A member whose value the body writes.
    public mutating func member(_ key: String, _ body: (inout JSONWriter) -> Void) {
        separate()
        value(key)
        append(": ")
        body(&self)
    }

    /// A member with a text, or null.
    public mutating func member(_ key: String, _ text: String?) {
        member(key) { json in if let text { json.value(text) } else { json.null() } }
    }

    /// A member with a whole number of any width, exact, or null.
    public mutating func member<Number: BinaryInteger>(_ key: String, _ number: Number?) {
        member(key) { json in if let number { json.value(number) } else { json.null() } }
    }

    /// A member with a number, or null when it is absent, infinite or no number.
    public mutating func member(_ key: String, _ number: Double?) {
        member(key) { json in if let number { json.value(number) } else { json.null() } }
    }

    /// A member that is true or false.
    public mutating func member(_ key: String, _ flag: Bool) {
        member(key) { $0.append(flag ? "true" : "false") }
    }

    /// A member that is absent.
    public mutating func memberNull(_ key: String) {
        member(key) { $0.null() }
    }

    /// A whole number of any width, exact.
    public mutating func value(_ number: some BinaryInteger) {
        if let number = UInt64(exactly: number) { bytes.append(decimal: number) } else { append(String(number)) }
    }

    /// The shortest decimal that reads back as the same number, never with an exponent; null unless finite.
    public mutating func value(_ number: Double) {
        if number.isFinite { append(Decimal.plain(number)) } else { null() }
    }

    /// A text between quotes.
    ///
    /// Everything a terminal might obey or hide (control and format characters) is escaped as well; that loses nothing.
    public mutating func value(_ text: String) {
        bytes.append(0x22)
        defer { bytes.append(0x22) }
        // Nearly all texts are of such bytes alone.
        if text.utf8.allSatisfy(Self.standsForItself) { return append(text) }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": append("\\\"")
            case "\\": append("\\\\")
            case "\n": append("\\n")
            case "\r": append("\\r")
            case "\t": append("\\t")
            case _ where scalar.isUnsafeToShow: escape(scalar)
            default: bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
    }

    private static func standsForItself(_ byte: UInt8) -> Bool {
        (0x20...0x7e).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    public mutating func null() { append("null") }

    private mutating func escape(_ scalar: Unicode.Scalar) {
        for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
            let digits = String(unit, radix: 16)
            append("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
        }
    }

    private mutating func container(
        _ open: String, _ close: String, _ layout: Layout, _ body: (inout JSONWriter) -> Void
    ) {
        let inherited = levels.last?.layout ?? .lines
        levels.append(Level(layout: inherited == .inline ? .inline : layout))
        append(open)
        body(&self)
        let level = levels.removeLast()
        if level.layout == .lines, !level.isEmpty { breakLine() }
        append(close)
    }

    /// What comes before a member or an element.
    private mutating func separate() {
        guard let level = levels.last else { return }
        levels[levels.count - 1].isEmpty = false
        if !level.isEmpty { append(level.layout == .lines ? "," : ", ") }
        if level.layout == .lines { breakLine() }
    }

    private mutating func breakLine() {
        bytes.append(0x0a)
        bytes.append(contentsOf: repeatElement(0x20, count: 2 * levels.count))
    }

    private mutating func append(_ text: String) { bytes.append(text) }
}

/// Numbers as decimal text without Foundation.
enum Decimal {
    /// The shortest digits that read back as the same number, the exponent written out; always with a point, so that
    /// readers that infer types see one type.
    static func plain(_ number: Double) -> String {
        let text = number.description
        guard let mark = text.firstIndex(of: "e"), let exponent = Int(text[text.index(after: mark)...]) else {
            return text == "-0.0" ? "0.0" : text
        }
        let sign = text.hasPrefix("-") ? "-" : ""
        let mantissa = text[..<mark].drop { $0 == "-" }.split(separator: ".")
        let whole = mantissa.first ?? "0"
        var fraction = mantissa.count > 1 ? String(mantissa[1]) : ""
        if fraction == "0" { fraction = "" }
        let digits = whole + fraction
        if exponent < 0 { return "\(sign)0." + String(repeating: "0", count: -exponent - 1) + digits }
        return sign + digits + String(repeating: "0", count: max(0, exponent - fraction.count)) + ".0"
    }

    /// Rounded half up to some decimals, so that the last bits of a mathematical library do not show.
    static func rounded(_ number: Double, _ decimals: Int = 3) -> Double {
        let scale = power(decimals)
        let scaled = number * scale
        guard number.isFinite, abs(scaled) < 9_007_199_254_740_992 else { return number }
        return Double(Int64(scaled < 0 ? scaled - 0.5 : scaled + 0.5)) / scale
    }

    /// Exactly so many decimals, at most 18.
    static func fixed(_ number: Double, _ decimals: Int) -> String {
        String(writing: { $0.append(fixed: number, decimals) })
    }

    static func power(_ exponent: Int) -> Double {
        (0..<max(0, exponent)).reduce(1) { power, _ in power * 10 }
    }
}
