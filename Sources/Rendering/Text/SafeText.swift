/// Names as a terminal or a picture may show them.
///
/// Names come from strangers: one may hold escape sequences, line feeds, characters that reverse the reading direction or
/// thousands of bytes. What is shown never moves the cursor and never hides.
enum SafeText {
    /// The name on one line: control and format characters as visible escapes; all but ASCII too, where asked for.
    static func line(_ name: String, ascii: Bool = false) -> String {
        if name.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) { return name }
        var text = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.isUnsafeToShow || ascii && !scalar.isASCII:
                text += "\\u{\(String(scalar.value, radix: 16))}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// Columns a text takes on a terminal: two for wide characters, none for combining ones.
    static func width(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        var scalars = 0
        for scalar in text.unicodeScalars {
            // Characters need tables, which takes long.
            guard isPlain(scalar) else { return text.reduce(0) { $0 + width($1) } }
            scalars += 1
        }
        return scalars
    }

    /// The same of a text in UTF-8.
    static func width(_ text: ArraySlice<UInt8>) -> Int {
        text.allSatisfy { $0 < 0x80 } ? text.count : width(String(decoding: text, as: UTF8.self))
    }

    /// Whether a scalar is surely a character of one column beside others of its kind: what units, dashes and arrows
    /// are made of.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // Latin without controls and the soft hyphen; dashes, quotation marks, the ellipsis; lines and triangles.
        case 0x20...0x7e, 0xa1...0xac, 0xae...0x24f, 0x2010...0x2026, 0x2500...0x25b6: true
        default: false
        }
    }

    static func width(_ character: Character) -> Int {
        character.unicodeScalars.reduce(0) { max($0, width($1)) }
    }

    /// The text cut to a width: the middle gives way, since names differ at both ends; or the end.
    static func shortened(_ text: String, to limit: Int, ascii: Bool = false, atEnd: Bool = false) -> String {
        // Every character takes up to two columns, so a short enough text needs no counting.
        guard limit > 0, text.utf8.count > limit, width(text) > limit else { return limit > 0 ? text : "" }
        let mark = ascii ? "..." : "…"
        let room = limit - mark.count
        guard room > 1 else { return String(mark.prefix(limit)) }
        let tail = atEnd ? 0 : room / 2
        return take(text, room - tail) + mark + String(take(text.reversed(), tail).reversed())
    }

    private static func take(_ characters: some Sequence<Character>, _ limit: Int) -> String {
        var taken = ""
        var used = 0
        for character in characters {
            used += width(character)
            if used > limit { break }
            taken.append(character)
        }
        return taken
    }

    private static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format, .control: return 0
        default: break
        }
        if scalar.properties.isEmojiPresentation { return 2 }
        return wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }

    /// East Asian Wide and Fullwidth (UAX #11), in blocks.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff, 0xa000...0xa4cf,
        0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f,
        0x1f900...0x1f9ff, 0x20000...0x3fffd,
    ]
}

extension Unicode.Scalar {
    /// Whether showing it as it is could steer a terminal, change the reading direction or show nothing.
    var isUnsafeToShow: Bool {
        if value < 0x7f { return value < 0x20 }
        if value == 0x200d { return false }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: return true
        default: return value == 0x3164 || value == 0x115f || value == 0x1160 || value == 0xffa0
        }
    }
}
