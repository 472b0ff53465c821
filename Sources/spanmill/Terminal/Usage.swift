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
        let peak = peakMemoryKibibytes ?? UInt64(clamping: usage.ru_maxrss)
        return "used \(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) s of CPU, "
            + "at most \(peak / 1024) MiB of memory"
    }

    /// Of this program alone: what `getrusage` tells includes the one that started it.
    private static var peakMemoryKibibytes: UInt64? {
        guard let file = fopen("/proc/self/status", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = line.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } } ?? ""
            guard text.hasPrefix("VmHWM:") else { continue }
            return text.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { UInt64($0) }
        }
        return nil
    }
}
