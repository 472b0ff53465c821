import SpanModel

/// The readable page of a verb, as UTF-8.
@Sendable
func textDocument(_ input: RenderInput, _ options: RenderOptions) -> [UInt8] {
    var page = TextPage(options.terminal)
    switch input.verb {
    case .graph: page.graph(input, options)
    case .latency: page.latency(input, options)
    case .report: page.report(input, options)
    case .run: page.run(input, options)
    case .inspect: page.inspect(input.archives)
    case .sampling: page.sampling(input.strategies)
    case .explain, .backtest, .samplingDiff, .samplingHistory, .samplingCheck: page.samplingAnswer(input.sampling)
    }
    return page.bytes
}

/// Lines for a terminal of known abilities.
struct TextPage {
    let terminal: Terminal
    /// UTF-8.
    private(set) var bytes: [UInt8] = []

    init(_ terminal: Terminal) { self.terminal = terminal }

    enum Style: String {
        case plain = ""
        case strong = "1"
        case dim = "2"
        case bad = "31"
        case warning = "33"
        case good = "32"
    }

    /// Characters that have a plain substitute.
    enum Sign {
        case dash, between, separator, warning, arrow, about
    }

    func sign(_ sign: Sign) -> String {
        switch sign {
        case .dash: terminal.isASCII ? "-" : "—"
        case .between: terminal.isASCII ? "-" : "–"
        case .separator: terminal.isASCII ? " | " : " · "
        case .warning: "!"
        case .arrow: terminal.isASCII ? "->" : "→"
        case .about: "~"
        }
    }

    func name(_ name: String) -> String { SafeText.line(name, ascii: terminal.isASCII) }

    func duration(_ nanoseconds: UInt64?) -> String {
        nanoseconds.map { Quantity.duration($0, ascii: terminal.isASCII) } ?? sign(.dash)
    }

    func window(_ window: Window) -> String { Quantity.window(window, ascii: terminal.isASCII) }

    func joined(_ parts: [String]) -> String { parts.joined(separator: sign(.separator)) }

    func paint(_ text: String, _ style: Style) -> String {
        text.isEmpty ? text : String(writing: { Self.paint(style, terminal, &$0) { $0.append(text) } })
    }

    /// What `write` writes, which is something, in a style.
    static func paint(_ style: Style, _ terminal: Terminal, _ text: inout [UInt8], _ write: (inout [UInt8]) -> Void) {
        guard terminal.usesColor, style != .plain else { return write(&text) }
        text.append("\u{1b}[\(style.rawValue)m")
        write(&text)
        text.append("\u{1b}[0m")
    }

    mutating func line(_ content: String = "", _ style: Style = .plain) { bytes.append(paint(content, style) + "\n") }

    /// Parts side by side; where the terminal ends, the next part or word goes to the next line.
    mutating func line(parts: [String], _ style: Style = .plain) {
        for row in wrapped(parts, from: 0) { line(row, style) }
    }

    /// `label      part · part`, the labels in one column.
    mutating func fact(_ label: String, _ parts: [String], _ style: Style = .plain) {
        let column = 11
        for (index, row) in wrapped(parts, from: column).enumerated() {
            let shown = index == 0 ? label : ""
            line(paint(shown, .dim) + String(repeating: " ", count: max(1, column - shown.count)) + paint(row, style))
        }
    }

    private func wrapped(_ parts: [String], from column: Int) -> [String] {
        let room = max(20, (terminal.width ?? .max) - column)
        var rows: [String] = []
        for part in parts {
            if let last = rows.last, SafeText.width(last + sign(.separator) + part) <= room {
                rows[rows.count - 1] = last + sign(.separator) + part
            } else if SafeText.width(part) <= room {
                rows.append(part)
            } else {
                rows += words(part, room)
            }
        }
        return rows
    }

    /// A part too long for a line, by words; a word too long for a line is cut.
    private func words(_ part: String, _ room: Int) -> [String] {
        var rows: [String] = []
        for word in part.split(separator: " ", omittingEmptySubsequences: false) {
            let word = SafeText.shortened(String(word), to: room, ascii: terminal.isASCII)
            if let last = rows.last, SafeText.width(last) + 1 + SafeText.width(word) <= room {
                rows[rows.count - 1] = last + " " + word
            } else {
                rows.append(word)
            }
        }
        return rows
    }

    mutating func heading(_ title: String, _ note: String = "") {
        line()
        line(paint(title, .strong) + (note.isEmpty ? "" : "  " + paint(note, .dim)))
    }

    mutating func table(_ table: TextTable) {
        table.write(to: &bytes, terminal)
    }
}
