/// Rows under headings, fitted to the terminal: optional columns go first, then names give way in the middle.
struct TextTable {
    struct Column {
        var title: String
        var isRight = true
        /// Whether its texts may be shortened.
        var isFlexible = false
        /// Whether what is cut off is the end, not the middle.
        var isProse = false
        /// What goes first where room is short.
        var need = Need.always
        /// Spaces before the next column.
        var gap = 2

        static func name(_ title: String) -> Column { Column(title: title, isRight: false, isFlexible: true) }
        static func prose(_ title: String) -> Column {
            Column(title: title, isRight: false, isFlexible: true, isProse: true)
        }
        static func word(_ title: String) -> Column { Column(title: title, isRight: false, need: .ifNamesFit) }
        static func figure(_ title: String, _ need: Need = .always) -> Column { Column(title: title, need: need) }
    }

    /// When a column is left out.
    enum Need {
        case always
        /// Before names are shortened so far that they say nothing.
        case ifShortNamesFit
        /// Before any name is shortened.
        case ifNamesFit
    }

    /// Text safe to show, with its style.
    struct Cell {
        var text: String
        var style: TextPage.Style = .plain

        init(_ text: String, _ style: TextPage.Style = .plain) {
            self.text = text
            self.style = style
        }
    }

    private static let leastName = 10

    private(set) var columns: [Column]
    private(set) var rows: [[Cell]] = []

    init(_ columns: [Column]) { self.columns = columns }

    mutating func add(_ cells: [Cell]) { rows.append(cells) }

    /// The title line and the rows, without trailing spaces.
    func lines(on page: TextPage) -> [String] {
        var table = self
        let limit = page.terminal.width ?? .max
        var widths = table.naturalWidths()
        while table.total(widths) > limit, let index = table.columns.lastIndex(where: { $0.need == .ifNamesFit }) {
            table.remove(column: index)
            widths.remove(at: index)
        }
        while table.leastTotal(widths) > limit,
            let index = table.columns.lastIndex(where: { $0.need == .ifShortNamesFit })
        {
            table.remove(column: index)
            widths.remove(at: index)
        }
        table.shrink(&widths, to: limit)
        let titles = table.columns.map { Cell($0.title, .dim) }
        return ([titles] + table.rows).map { table.line($0, widths, page) }
    }

    private mutating func remove(column index: Int) {
        columns.remove(at: index)
        for row in rows.indices { rows[row].remove(at: index) }
    }

    private func naturalWidths() -> [Int] {
        columns.indices.map { column in
            rows.reduce(SafeText.width(columns[column].title)) { max($0, SafeText.width($1[column].text)) }
        }
    }

    private func total(_ widths: [Int]) -> Int {
        widths.reduce(0, +) + columns.dropLast().reduce(0) { $0 + $1.gap }
    }

    private func leastTotal(_ widths: [Int]) -> Int {
        let yield = zip(columns, widths).reduce(0) { $1.0.isFlexible ? $0 + max(0, $1.1 - Self.leastName) : $0 }
        return total(widths) - yield
    }

    /// Takes from the widest flexible column until all fit.
    private func shrink(_ widths: inout [Int], to limit: Int) {
        var excess = total(widths) - limit
        while excess > 0 {
            let flexible = widths.indices.filter { columns[$0].isFlexible && widths[$0] > Self.leastName }
            guard let widest = flexible.max(by: { widths[$0] < widths[$1] }) else { return }
            let next = flexible.filter { $0 != widest }.map { widths[$0] }.max() ?? Self.leastName
            let step = max(1, min(excess, widths[widest] - next))
            widths[widest] -= step
            excess -= step
        }
    }

    private func line(_ cells: [Cell], _ widths: [Int], _ page: TextPage) -> String {
        var line = ""
        var pending = 0
        for (index, cell) in cells.enumerated() {
            let text = SafeText.shortened(
                cell.text, to: widths[index], ascii: page.terminal.isASCII, atEnd: columns[index].isProse)
            let room = max(0, widths[index] - SafeText.width(text))
            if columns[index].isRight { pending += room }
            if !text.isEmpty {
                line += String(repeating: " ", count: pending) + page.paint(text, cell.style)
                pending = 0
            }
            if !columns[index].isRight { pending += room }
            pending += columns[index].gap
        }
        return line
    }
}
