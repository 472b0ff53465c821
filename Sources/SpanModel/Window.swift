/// A half-open span of time `[start, end)` in nanoseconds since the Unix epoch, UTC.
public struct Window: Hashable, Comparable, Sendable {
    public var startNanoseconds: UInt64
    public var endNanoseconds: UInt64

    public init(startNanoseconds: UInt64, endNanoseconds: UInt64) {
        self.startNanoseconds = startNanoseconds
        self.endNanoseconds = max(startNanoseconds, endNanoseconds)
    }

    /// The window of all times.
    public static let always = Window(startNanoseconds: 0, endNanoseconds: .max)

    public var durationNanoseconds: UInt64 { endNanoseconds - startNanoseconds }

    @inlinable
    public func contains(_ nanoseconds: UInt64) -> Bool {
        nanoseconds >= startNanoseconds && nanoseconds < endNanoseconds
    }

    /// By start, then end.
    public static func < (a: Window, b: Window) -> Bool {
        (a.startNanoseconds, a.endNanoseconds) < (b.startNanoseconds, b.endNanoseconds)
    }
}

/// Units of time in nanoseconds.
public enum Nanoseconds {
    public static let second: UInt64 = 1_000_000_000
    public static let hour: UInt64 = 3600 * second
    public static let day: UInt64 = 24 * hour
}

/// Instants as text: RFC 3339, UTC, without Foundation.
public enum Timestamp {
    /// `2026-03-01T00:00:00.000000000Z`; always nine decimals.
    public static func text(_ nanoseconds: UInt64) -> String {
        let (date, time) = parts(nanoseconds)
        let fraction = pad(nanoseconds % Nanoseconds.second, 9)
        return "\(date)T\(time).\(fraction)Z"
    }

    /// `2026-03-01 00:00` for people; seconds are left off.
    public static func minuteText(_ nanoseconds: UInt64) -> String {
        let (date, time) = parts(nanoseconds)
        return "\(date) \(time.prefix(5))"
    }

    /// `2026-03-01`.
    public static func dateText(_ nanoseconds: UInt64) -> String { parts(nanoseconds).0 }

    /// Nanoseconds of `2026-03-01`, `2026-03-01T10`, `…T10:30`, `…T10:30:15[.fraction][Z]`; nil when malformed
    /// or outside 1970…2554.
    public static func nanoseconds(_ text: some StringProtocol) -> UInt64? {
        let halves = text.split(separator: "T", maxSplits: 1, omittingEmptySubsequences: false)
        let date = halves[0].split(separator: "-", omittingEmptySubsequences: false)
        guard date.count == 3, date[0].count == 4, date[1].count == 2, date[2].count == 2,
            let year = number(date[0]), let month = number(date[1]), let day = number(date[2]),
            (1970...2553).contains(year), (1...12).contains(month), (1...daysIn(month, year)).contains(day)
        else { return nil }
        let days = UInt64(daysSinceEpoch(year, month, day))
        guard halves.count == 2 else { return days * Nanoseconds.day }
        guard let time = timeOfDay(halves[1]) else { return nil }
        return days * Nanoseconds.day + time
    }

    private static func timeOfDay(_ text: some StringProtocol) -> UInt64? {
        let bare = text.hasSuffix("Z") ? text.dropLast() : text[...]
        let clock = bare.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fields = clock[0].split(separator: ":", omittingEmptySubsequences: false)
        guard (1...3).contains(fields.count), clock.count == 1 || fields.count == 3 else { return nil }
        var seconds: UInt64 = 0
        for (index, limit) in [24, 60, 60].enumerated() {
            guard index < fields.count else {
                seconds *= 60
                continue
            }
            guard fields[index].count == 2, let value = number(fields[index]), value < limit else { return nil }
            seconds = seconds * 60 + UInt64(value)
        }
        guard clock.count == 2 else { return seconds * Nanoseconds.second }
        guard (1...9).contains(clock[1].count), let fraction = number(clock[1]) else { return nil }
        var scaled = UInt64(fraction)
        for _ in clock[1].count..<9 { scaled *= 10 }
        return seconds * Nanoseconds.second + scaled
    }

    private static func number(_ text: some StringProtocol) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }

    private static func pad(_ value: UInt64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func parts(_ nanoseconds: UInt64) -> (String, String) {
        let (year, month, day) = civil(Int(nanoseconds / Nanoseconds.day))
        let seconds = nanoseconds % Nanoseconds.day / Nanoseconds.second
        let date = "\(pad(UInt64(year), 4))-\(pad(UInt64(month), 2))-\(pad(UInt64(day), 2))"
        return (date, "\(pad(seconds / 3600, 2)):\(pad(seconds / 60 % 60, 2)):\(pad(seconds % 60, 2))")
    }

    private static func daysIn(_ month: Int, _ year: Int) -> Int {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// Days since 1970-01-01, by eras of 400 years that begin on 1 March.
    private static func daysSinceEpoch(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let y = month <= 2 ? year - 1 : year
        let era = y / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let z = days + 719_468
        let era = z / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}
