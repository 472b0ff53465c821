import SpanModel

/// Figures for people: three significant digits and a unit.
enum Quantity {
    /// `18,204,551`.
    static func count(_ number: some BinaryInteger) -> String {
        var text = ""
        let digits = String(number)
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0, digits.prefix(index) != "-" { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// `1 archive`, `1,904 archives`.
    static func count(_ number: UInt64, _ singular: String, _ plural: String? = nil) -> String {
        "\(count(number)) \(number == 1 ? singular : plural ?? singular + "s")"
    }

    /// An estimate: `~112,000`; three significant digits, for more would claim too much.
    static func estimate(_ number: Double) -> String {
        guard number.isFinite, number < 1e18 else { return "~" + significant(number) }
        guard number >= 1000 else { return "~" + significant(number, trim: true) }
        var scale: UInt64 = 1
        while number / Double(scale) >= 1000 { scale *= 10 }
        return "~" + count(UInt64(number / Double(scale) + 0.5) * scale)
    }

    /// `812 ns`, `4.12 ms`, `148 ms`, `2.10 s`, `3.50 min`.
    static func duration(_ nanoseconds: UInt64, ascii: Bool = false) -> String {
        if nanoseconds < 1000 { return "\(nanoseconds) ns" }
        let number = Double(nanoseconds)
        if number >= 3597e9 { return significant(number / 36e11) + " h" }
        if number >= 59.95e9 { return significant(number / 6e10) + " min" }
        if number >= 999.5e6 { return significant(number / 1e9) + " s" }
        if number >= 999.5e3 { return significant(number / 1e6) + " ms" }
        return significant(number / 1e3) + (ascii ? " us" : " µs")
    }

    /// `0 %`, `<0.1 %`, `0.4 %`, `12.5 %`; never 0 or 100 unless exactly so.
    static func share(_ part: UInt64, of whole: UInt64) -> String? {
        guard whole > 0 else { return nil }
        if part == 0 { return "0 %" }
        if part >= whole { return part == whole ? "100 %" : ">100 %" }
        let percent = Double(part) / Double(whole) * 100
        if percent < 0.05 { return "<0.1 %" }
        return Decimal.fixed(min(percent, 99.9), 1) + " %"
    }

    /// Calls in a time: `112/s`, `4.20/min`, `3.00/h`; nil for no time at all.
    static func rate(_ calls: UInt64, in nanoseconds: UInt64) -> String? {
        guard nanoseconds > 0 else { return nil }
        return rate(Double(calls) / (Double(nanoseconds) / 1e9))
    }

    /// `112/s`, `4.20/min`, `3.00/h`, `1.50/d`.
    static func rate(_ perSecond: Double) -> String {
        if perSecond <= 0 { return "0/s" }
        if perSecond >= 0.995 { return significant(perSecond) + "/s" }
        if perSecond * 60 >= 0.995 { return significant(perSecond * 60) + "/min" }
        if perSecond * 3600 >= 0.995 { return significant(perSecond * 3600) + "/h" }
        return significant(perSecond * 86_400) + "/d"
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
        guard number.isFinite else { return "-" }
        let size = abs(number)
        if size == 0 { return "0" }
        if size >= 99.95 {
            return size < 1e18 ? count(Int64(number + (number < 0 ? -0.5 : 0.5))) : Decimal.plain(number)
        }
        var decimals = size >= 9.995 ? 1 : 2
        var threshold = 0.9995
        while size < threshold, decimals < 15 {
            decimals += 1
            threshold /= 10
        }
        let text = Decimal.fixed(number, decimals)
        guard trim else { return text }
        let digits = text.reversed().drop { $0 == "0" }.drop { $0 == "." }.reversed()
        return String(digits)
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
