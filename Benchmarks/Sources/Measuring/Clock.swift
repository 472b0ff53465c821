import Glibc

/// CPU seconds of this process, user and system, and wall-clock seconds.
public struct Clock {
    public var cpu: Double
    public var wall: Double

    public static var now: Clock {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime)
        return Clock(cpu: cpu, wall: Double(time.tv_sec) + Double(time.tv_nsec) / 1e9)
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    /// What `body` took.
    public static func measure(_ body: () throws -> Void) rethrows -> Clock {
        let start = now
        try body()
        let end = now
        return Clock(cpu: end.cpu - start.cpu, wall: end.wall - start.wall)
    }
}

/// A number with as many decimals.
public func text(_ number: Double, _ decimals: Int) -> String {
    let scale = pow(10, Double(decimals))
    let whole = Int64((number * scale).rounded())
    guard decimals > 0 else { return String(whole) }
    let digits = String(abs(whole) % Int64(scale))
    let fraction = String(repeating: "0", count: decimals - digits.count) + digits
    return "\(whole < 0 ? "-" : "")\(abs(whole) / Int64(scale)).\(fraction)"
}
