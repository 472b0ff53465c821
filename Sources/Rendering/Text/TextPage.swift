import SpanModel

/// The readable page of a verb.
func textPage(_ input: RenderInput, _ options: RenderOptions) -> String {
    var page = TextPage(options.terminal)
    switch input.verb {
    case .graph: page.graph(input, options)
    case .latency: page.latency(input, options)
    case .report: page.report(input, options)
    case .run: page.run(input, options)
    case .inspect: page.inspect(input.archives)
    case .sampling: page.sampling(input.strategies)
    }
    return page.text
}

/// Lines for a terminal of known abilities.
struct TextPage {
    let terminal: Terminal
    private(set) var text = ""

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
        terminal.usesColor && style != .plain && !text.isEmpty ? "\u{1b}[\(style.rawValue)m\(text)\u{1b}[0m" : text
    }

    mutating func line(_ content: String = "", _ style: Style = .plain) {
        text += paint(content, style) + "\n"
    }

    /// A line that breaks between its parts where the terminal ends; following lines are indented.
    mutating func line(parts: [String], indent: Int = 0, _ style: Style = .plain) {
        let limit = terminal.width ?? .max
        var current = ""
        for part in parts {
            let candidate = current.isEmpty ? part : current + sign(.separator) + part
            if !current.isEmpty, indent + SafeText.width(candidate) > limit {
                line(current, style)
                current = String(repeating: " ", count: indent) + part
            } else {
                current = candidate
            }
        }
        line(current, style)
    }

    /// `label      part · part`, the labels in one column.
    mutating func fact(_ label: String, _ parts: [String], _ style: Style = .plain) {
        let column = 11
        let gap = String(repeating: " ", count: max(1, column - label.count))
        let limit = (terminal.width ?? .max)
        var current = paint(label, .dim) + gap
        var used = column
        for (index, part) in parts.enumerated() {
            let separator = index == 0 ? "" : sign(.separator)
            let width = SafeText.width(separator) + SafeText.width(part)
            if index > 0, used + width > limit {
                line(current)
                current = String(repeating: " ", count: column) + paint(part, style)
                used = column + SafeText.width(part)
            } else {
                current += separator + paint(part, style)
                used += width
            }
        }
        line(current)
    }

    mutating func heading(_ title: String, _ note: String = "") {
        line()
        line(paint(title, .strong) + (note.isEmpty ? "" : "  " + paint(note, .dim)))
    }

    mutating func table(_ table: TextTable) {
        for row in table.lines(on: self) { line(row) }
    }
}
