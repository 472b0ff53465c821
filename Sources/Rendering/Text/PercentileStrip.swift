import SpanModel

/// A small bar from the 50th over the 95th to the 99th percentile, all rows on one logarithmic scale.
struct PercentileStrip {
    private static let width = 20
    private let scale: LogScale

    /// Nil where there is nothing to compare.
    init?(_ latencies: [LatencySketch]) {
        let shown = latencies.filter { !$0.isEmpty }
        guard shown.count > 1 else { return nil }
        scale = LogScale(shown.compactMap { $0.percentile(0.5) } + shown.compactMap { $0.percentile(0.99) })
    }

    /// The ends of the scale.
    func title(on page: TextPage) -> String {
        let (least, most) = (page.duration(scale.least), page.duration(scale.most))
        let gap = max(1, Self.width - SafeText.width(least) - SafeText.width(most))
        return least + String(repeating: " ", count: gap) + most
    }

    func bar(_ latency: LatencySketch, on page: TextPage) -> String {
        let places = [0.5, 0.95, 0.99].compactMap { latency.percentile($0) }
            .map { Int(scale.place($0) * Double(Self.width - 1) + 0.5) }
        guard places.count == 3 else { return "" }
        let signs = page.terminal.isASCII ? ["o", "=", "-", "|"] : ["●", "━", "─", "┤"]
        var bar = String(repeating: " ", count: places[0]) + signs[0]
        for column in (places[0] + 1)..<(places[2] + 1) {
            bar += column == places[2] ? signs[3] : column <= places[1] ? signs[1] : signs[2]
        }
        return bar
    }
}
