import Glibc

/// Tells systemd how the service fares: one datagram each, nothing where there is no service manager.
enum ServiceManager {
    /// `READY=1`, `STOPPING=1`, `STATUS=…`, `WATCHDOG=1`.
    static func notify(_ state: String) {
        guard let path = Environment.all["NOTIFY_SOCKET"], let first = path.utf8.first,
            first == UInt8(ascii: "/") || first == UInt8(ascii: "@")
        else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(path.utf8)
        // An address that begins with @ lives in the abstract name space, whose first byte is zero.
        if first == UInt8(ascii: "@") { bytes[0] = 0 }
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard bytes.count < capacity else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let text = Array(state.utf8)
        _ = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, text, text.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
    }

    /// Half the watchdog's patience in nanoseconds; nil: nobody watches.
    static var watchdogIntervalNanoseconds: UInt64? {
        guard let text = Environment.all["WATCHDOG_USEC"], let microseconds = UInt64(text), microseconds > 1 else {
            return nil
        }
        return microseconds / 2 &* 1000
    }
}
