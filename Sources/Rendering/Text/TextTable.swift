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

    /// Text safe to show that stands in many rows: measured once.
    struct Text {
        let bytes: [UInt8]
        let width: Int

        init(_ text: String) {
            bytes = Array(text.utf8)
            width = SafeText.width(text)
        }
    }

    private struct Placed {
        /// Offset of the byte after the cell's text, which begins where the one before ends.
        var end: Int
        var width: Int
        var style: TextPage.Style
    }

    private static let leastName = 10

    private let columns: [Column]
    /// The texts of all cells, row by row, the titles first: a large table has some hundred thousand.
    private var bytes: [UInt8] = []
    private var cells: [Placed] = []

    init(_ columns: [Column], rows: Int = 0) {
        self.columns = columns
        cells.reserveCapacity((rows + 1) * columns.count)
        bytes.reserveCapacity(rows * columns.count * 12)
        for column in columns { add(Cell(column.title, .dim)) }
    }

    /// Adds a row: as many cells as columns.
    mutating func add(_ cells: [Cell]) { for cell in cells { add(cell) } }

    /// Adds the next cell of a row.
    mutating func add(_ cell: Cell) { add(cell.style) { $0.append(cell.text) } }

    /// Adds the next cell of a row.
    mutating func add(_ text: Text, _ style: TextPage.Style = .plain) {
        bytes.append(contentsOf: text.bytes)
        cells.append(Placed(end: bytes.count, width: text.width, style: style))
    }

    /// Adds the next cell of a row, whose text `write` writes as UTF-8.
    mutating func add(_ style: TextPage.Style = .plain, _ write: (inout [UInt8]) -> Void) {
        let start = bytes.count
        write(&bytes)
        cells.append(Placed(end: bytes.count, width: SafeText.width(bytes[start...]), style: style))
    }

    /// The title line and the rows, without trailing spaces, for a terminal's width.
    func write(to text: inout [UInt8], _ terminal: Terminal) {
        let limit = terminal.width ?? .max
        var shown = Array(columns.indices)
        var widths = naturalWidths()
        while total(shown, widths) > limit, let last = shown.lastIndex(where: { columns[$0].need == .ifNamesFit }) {
            shown.remove(at: last)
        }
        while leastTotal(shown, widths) > limit,
            let last = shown.lastIndex(where: { columns[$0].need == .ifShortNamesFit })
        {
            shown.remove(at: last)
        }
        shrink(&widths, of: shown, to: limit)
        let rows = columns.isEmpty ? 0 : cells.count / columns.count
        text.reserveCapacity(text.count + rows * (total(shown, widths) + 16))
        for row in 0..<rows { write(row, shown, widths, to: &text, terminal) }
    }

    private func naturalWidths() -> [Int] {
        var widths = Array(repeating: 0, count: columns.count)
        var column = 0
        for cell in cells {
            widths[column] = max(widths[column], cell.width)
            column = column + 1 < columns.count ? column + 1 : 0
        }
        return widths
    }

    private func total(_ shown: [Int], _ widths: [Int]) -> Int {
        shown.reduce(0) { $0 + widths[$1] } + shown.dropLast().reduce(0) { $0 + columns[$1].gap }
    }

    private func leastTotal(_ shown: [Int], _ widths: [Int]) -> Int {
        let yield = shown.reduce(0) { columns[$1].isFlexible ? $0 + max(0, widths[$1] - Self.leastName) : $0 }
        return total(shown, widths) - yield
    }

    /// Takes from the widest flexible column until all fit.
    private func shrink(_ widths: inout [Int], of shown: [Int], to limit: Int) {
        var excess = total(shown, widths) - limit
        while excess > 0 {
            let flexible = shown.filter { columns[$0].isFlexible && widths[$0] > Self.leastName }
            guard let widest = flexible.max(by: { widths[$0] < widths[$1] }) else { return }
            let next = flexible.filter { $0 != widest }.map { widths[$0] }.max() ?? Self.leastName
            let step = max(1, min(excess, widths[widest] - next))
            widths[widest] -= step
            excess -= step
        }
    }

    private func write(_ row: Int, _ shown: [Int], _ widths: [Int], to text: inout [UInt8], _ terminal: Terminal) {
        var pending = 0
        for column in shown {
            let index = row * columns.count + column
            let content = (index > 0 ? cells[index - 1].end : 0)..<cells[index].end
            let style = cells[index].style
            var width = cells[index].width
            var cut: Text?
            if width > widths[column] || widths[column] == 0 {
                let shortened = Text(
                    SafeText.shortened(
                        String(decoding: bytes[content], as: UTF8.self), to: widths[column], ascii: terminal.isASCII,
                        atEnd: columns[column].isProse))
                width = shortened.width
                cut = shortened
            }
            let room = max(0, widths[column] - width)
            if columns[column].isRight { pending += room }
            if !(cut?.bytes.isEmpty ?? content.isEmpty) {
                text.append(spaces: pending)
                if let cut {
                    TextPage.paint(style, terminal, &text) { $0.append(contentsOf: cut.bytes) }
                } else {
                    TextPage.paint(style, terminal, &text) { $0.append(contentsOf: bytes[content]) }
                }
                pending = 0
            }
            if !columns[column].isRight { pending += room }
            pending += columns[column].gap
        }
        text.append(0x0a)
    }
}
