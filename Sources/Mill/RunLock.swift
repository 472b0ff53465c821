import Foundation
import Glibc
import SpanModel

/// One run at a time per state directory: a file lock that ends with the process, however it ends.
struct RunLock: ~Copyable {
    private let descriptor: Int32

    /// Takes the lock, or says who holds it and since when (exit status 75).
    ///
    /// - Parameter patienceSeconds: how long to wait for another run to end; zero: not at all.
    init(path: String, patienceSeconds: Int = 0) throws(MillError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw MillError(
                .cannotCreate, "cannot create the lock \(path): \(Self.reason); is the state directory writable?")
        }
        if !Self.take(descriptor, patienceSeconds) {
            let holder = (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n").first.map(
                String.init)
            close(descriptor)
            throw MillError(
                .locked,
                "another run is at work (\(holder ?? "it did not say who it is")); try again later, or use --wait")
        }
        let text = "process \(getpid()), since \(Timestamp.text(Clock.nowNanoseconds))\n"
        ftruncate(descriptor, 0)
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
        self.descriptor = descriptor
    }

    deinit {
        ftruncate(descriptor, 0)
        close(descriptor)
    }

    private static var reason: String { String(cString: strerror(errno)) }

    /// Waits with an alarm of its own: `flock` blocks in the kernel, a second at a time is precise enough.
    private static func take(_ descriptor: Int32, _ patienceSeconds: Int) -> Bool {
        for attempt in 0...max(0, patienceSeconds) {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            if attempt < patienceSeconds { sleep(1) }
        }
        return false
    }
}

/// The wall clock.
enum Clock {
    static var nowNanoseconds: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(clamping: time.tv_sec) * 1_000_000_000 + UInt64(clamping: time.tv_nsec)
    }
}
