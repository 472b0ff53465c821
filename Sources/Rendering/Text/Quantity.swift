import SpanModel

/// Figures for people: three significant digits and a unit.
enum Quantity {
    /// `18,204,551`.
    static func count(_ number: some BinaryInteger) -> String {
        String(writing: { bytes in
            if number < 0 { bytes.append(0x2d) }
            bytes.append(count: UInt64(clamping: number.magnitude))
        })
    }

    /// `1 archive`, `1,904 archives`.
    static func count(_ number: UInt64, _ singular: String, _ plural: String? = nil) -> String {
        "\(count(number)) \(number == 1 ? singular : plural ?? singular + "s")"
    }

    /// An estimate: `~112,000`; three significant digits, for more would claim too much.
    static func estimate(_ number: Double) -> String { String(writing: { $0.append(estimate: number) }) }

    /// `812 ns`, `4.12 ms`, `148 ms`, `2.10 s`, `3.50 min`.
    static func duration(_ nanoseconds: UInt64, ascii: Bool = false) -> String {
        String(writing: { $0.append(duration: nanoseconds, ascii: ascii) })
    }

    /// `0 %`, `<0.1 %`, `0.4 %`, `12.5 %`; never 0 or 100 unless exactly so.
    static func share(_ part: UInt64, of whole: UInt64) -> String? {
        whole > 0 ? String(writing: { $0.append(share: part, of: whole) }) : nil
    }

    /// Calls in a time: `112/s`, `4.20/min`, `3.00/h`; nil for no time at all.
    static func rate(_ calls: UInt64, in nanoseconds: UInt64) -> String? {
        nanoseconds > 0 ? rate(perSecond(calls, in: nanoseconds)) : nil
    }

    /// `112/s`, `4.20/min`, `3.00/h`, `1.50/d`.
    static func rate(_ perSecond: Double) -> String { String(writing: { $0.append(ratePerSecond: perSecond) }) }

    static func perSecond(_ calls: UInt64, in nanoseconds: UInt64) -> Double {
        Double(calls) / (Double(nanoseconds) / 1e9)
    }

    /// `4.10 GB`; units of 1,000.
    static func bytes(_ number: UInt64) -> String {
        if number < 1000 { return "\(number) B" }
        var value = Double(number)
        for unit in ["kB", "MB", "GB", "TB", "PB"] {
            value /= 1000
            if value < 999.5 { return significant(value) + " " + unit }
        }
        return significant(value / 1000) + " EB"
    }

    /// Three significant digits: `0.0150`, `4.12`, `148`, `1,234`.
    static func significant(_ number: Double, trim: Bool = false) -> String {
        String(writing: { $0.append(significant: number, trim: trim) })
    }

    /// `2026-03-01 00:00 – 24:00 UTC`, or with the date of the end where it is another day's.
    static func window(_ window: Window, ascii: Bool = false) -> String {
        if window == .always { return "all times" }
        let dash = ascii ? "-" : "–"
        let start = Timestamp.minuteText(window.startNanoseconds)
        let end = Timestamp.minuteText(window.endNanoseconds)
        let startDay = Timestamp.dateText(window.startNanoseconds)
        if end.prefix(10) == startDay { return "\(start) \(dash) \(end.dropFirst(11)) UTC" }
        let lastInstant = window.endNanoseconds &- 1
        if end.hasSuffix("00:00"), Timestamp.dateText(lastInstant) == startDay { return "\(start) \(dash) 24:00 UTC" }
        return "\(start) \(dash) \(end) UTC"
    }
}
