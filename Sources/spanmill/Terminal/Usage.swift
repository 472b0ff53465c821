import Glibc

/// What this process has used so far, for `--verbose`.
enum Usage {
    /// `used 1.24 s of CPU, at most 143 MB of memory`.
    static var text: String {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        let micros = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
        let hundredths = (seconds * 1_000_000 + micros) / 10_000
        let fraction = hundredths % 100
        return "used \(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) s of CPU, "
            + "at most \(usage.ru_maxrss / 1024) MiB of memory"
    }
}
