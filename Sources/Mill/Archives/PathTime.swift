public import SpanModel

/// The time that a path carries, as exporters write it, and which windows it can serve.
///
/// Partitions (`year=2026/month=02/day=18/hour=18`) hold what was *uploaded* then: spans of that time or shortly
/// before. A rotation stamp (`data-2026-02-18T05-02-14.173.json`) is when the file was *closed*: its spans are
/// from before. Paths without a time serve every window.
public enum PathTime: Hashable, Sendable {
    /// Uploaded within this stretch.
    case partition(Window)
    /// Closed at this instant.
    case rotated(nanoseconds: UInt64)

    /// Whether an archive may hold spans of a window, given the margin for late uploads.
    public func mayServe(_ window: Window, marginNanoseconds margin: UInt64) -> Bool {
        let start = window.startNanoseconds > margin ? window.startNanoseconds - margin : 0
        let end = window.endNanoseconds.addingReportingOverflow(margin)
        switch self {
        case .partition(let stretch):
            return stretch.endNanoseconds > start && (end.overflow || stretch.startNanoseconds < end.partialValue)
        case .rotated(let closed): return closed >= start
        }
    }

    /// The time in a path, if it carries one.
    ///
    /// - Parameter offsetSeconds: of the path's clock from UTC.
    public init?(path: String, offsetSeconds: Int) {
        if let partition = Self.partition(path) {
            self = .partition(partition.shifted(bySeconds: -offsetSeconds))
        } else if let closed = Self.rotation(path) {
            let window = Window(startNanoseconds: closed, endNanoseconds: closed).shifted(bySeconds: -offsetSeconds)
            self = .rotated(nanoseconds: window.startNanoseconds)
        } else {
            return nil
        }
    }

    /// `year=…/month=…/day=…[/hour=…[/minute=…]]`.
    private static func partition(_ path: String) -> Window? {
        var fields: [String: Substring] = [:]
        for component in path.split(separator: "/") {
            let pair = component.split(separator: "=", maxSplits: 1)
            if pair.count == 2 { fields[String(pair[0])] = pair[1] }
        }
        guard let year = fields["year"], let month = fields["month"], let day = fields["day"],
            let date = Timestamp.nanoseconds("\(year)-\(month)-\(day)")
        else { return nil }
        guard let hourText = fields["hour"] else {
            return Window(startNanoseconds: date, endNanoseconds: date + Nanoseconds.day)
        }
        guard let hour = UInt64(hourText), hour < 24 else { return nil }
        let start = date + hour * Nanoseconds.hour
        guard let minuteText = fields["minute"] else {
            return Window(startNanoseconds: start, endNanoseconds: start + Nanoseconds.hour)
        }
        guard let minute = UInt64(minuteText), minute < 60 else { return nil }
        let exact = start + minute * 60 * Nanoseconds.second
        return Window(startNanoseconds: exact, endNanoseconds: exact + 60 * Nanoseconds.second)
    }

    /// The stamp `2026-02-18T05-02-14.173` in a file's name.
    private static func rotation(_ path: String) -> UInt64? {
        guard let name = path.split(separator: "/").last else { return nil }
        let characters = Array(name.utf8)
        guard characters.count >= 19 else { return nil }
        for start in 0...(characters.count - 19) where characters[start + 10] == UInt8(ascii: "T") {
            let stamp = characters[start..<start + 19].enumerated().map { offset, byte in
                offset > 10 && byte == UInt8(ascii: "-") ? UInt8(ascii: ":") : byte
            }
            if let time = Timestamp.nanoseconds(String(decoding: stamp, as: UTF8.self)) { return time }
        }
        return nil
    }
}

extension Window {
    /// The same stretch, later or earlier; saturating at the ends of time.
    func shifted(bySeconds seconds: Int) -> Window {
        func move(_ instant: UInt64) -> UInt64 {
            let distance = UInt64(seconds.magnitude) * Nanoseconds.second
            if seconds < 0 { return instant > distance ? instant - distance : 0 }
            return instant.addingReportingOverflow(distance).overflow ? .max : instant + distance
        }
        return Window(startNanoseconds: move(startNanoseconds), endNanoseconds: move(endNanoseconds))
    }
}
