internal import SpanModel

/// Which hours have cells of their own: the least 1,024 of all that were seen.
///
/// A window has some 25; only broken clocks or an archive of months bring more. What is later is added up
/// without its hour. Hours are kept exactly if they are among the least, whatever the order: memory may hold twice
/// as many before it is worth the trouble to `trim`.
struct HourLimit: Sendable {
    static let maximumCount = 1024
    /// Stands for all hours beyond the limit, and for spans without a start.
    static let none = UInt32.max

    /// Sorted.
    private var hours: [UInt32] = []
    /// Later hours are not kept.
    private(set) var last = HourLimit.none - 1

    /// The hour of an instant, as far as hours are known now.
    @inline(__always)
    func hour(_ nanoseconds: UInt64) -> UInt32 {
        let hour = UInt32(truncatingIfNeeded: nanoseconds / Nanoseconds.hour)
        return hour <= last ? hour : Self.none
    }

    /// Remembers an hour; whether it is time to trim.
    mutating func insert(_ hour: UInt32) -> Bool {
        guard hour <= last else { return false }
        var (lower, upper) = (0, hours.count)
        while lower < upper {
            let middle = (lower + upper) / 2
            if hours[middle] < hour { lower = middle + 1 } else { upper = middle }
        }
        if lower < hours.count, hours[lower] == hour { return false }
        hours.insert(hour, at: lower)
        return hours.count >= 2 * Self.maximumCount
    }

    var needsTrim: Bool { hours.count > Self.maximumCount }

    /// Forgets all but the least hours; the owner adds up the cells of those beyond `last`.
    mutating func trim() {
        guard needsTrim else { return }
        hours.removeSubrange(Self.maximumCount...)
        last = hours[Self.maximumCount - 1]
    }
}
