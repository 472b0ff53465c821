public import SpanModel

/// Windows as people write them, in UTC.
public enum WindowText {
    /// The wall clock.
    public static var now: UInt64 { Clock.nowNanoseconds }

    /// The window of `2026-03-01`, `2026-03-01T10`, `2026-03-01T10/12`, `START/END`, `today`, `yesterday`, `last-24h`;
    /// nil when malformed or empty.
    public static func window(_ text: String, nowNanoseconds now: UInt64) -> Window? {
        let today = now / Nanoseconds.day * Nanoseconds.day
        switch text {
        case "today": return Window(startNanoseconds: today, endNanoseconds: today + Nanoseconds.day)
        case "yesterday":
            guard today >= Nanoseconds.day else { return nil }
            return Window(startNanoseconds: today - Nanoseconds.day, endNanoseconds: today)
        default: break
        }
        if text.hasPrefix("last-") {
            guard let length = Units.duration(text.dropFirst(5)), length > 0, length < now else { return nil }
            return Window(startNanoseconds: now - length, endNanoseconds: now)
        }
        let ends = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let start = Timestamp.nanoseconds(ends[0]) else { return nil }
        guard ends.count > 1 else { return Window(startNanoseconds: start, endNanoseconds: start + width(ends[0])) }
        guard ends.count == 2, let end = end(ends[1], from: ends[0]), end > start else { return nil }
        return Window(startNanoseconds: start, endNanoseconds: end)
    }

    /// A day, an hour, a minute or a second, as precise as the text is.
    private static func width(_ text: Substring) -> UInt64 {
        guard let clock = text.split(separator: "T").dropFirst().first else { return Nanoseconds.day }
        switch clock.split(separator: ":").count {
        case 1: return Nanoseconds.hour
        case 2: return 60 * Nanoseconds.second
        default: return Nanoseconds.second
        }
    }

    /// A full time, or the hour of the same day: `2026-03-01T10/12`; 24 is midnight.
    private static func end(_ text: Substring, from start: Substring) -> UInt64? {
        if let full = Timestamp.nanoseconds(text) { return full }
        guard text.count == 2, let hour = UInt64(text), hour <= 24,
            let day = Timestamp.nanoseconds(start.prefix(10))
        else { return nil }
        return day + hour * Nanoseconds.hour
    }
}
