internal import FoundationEssentials
internal import Glibc
internal import NIOCore

/// How many threads serve.
public enum ServingThreads {
    /// One for every core the process may use, where those are fewer than the machine has: threads that share a core
    /// make each other's requests wait. To be called once, before any server runs.
    public static func useAllowedCores() {
        // The network library's own variable decides where it is set.
        guard getenv("NIO_SINGLETON_GROUP_LOOP_COUNT") == nil, let count = allowedCores(), count < System.coreCount
        else {
            return
        }
        NIOSingletons.groupLoopCountSuggestion = count
    }

    private static func allowedCores() -> Int? {
        let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        return status.flatMap(allowedCores(inStatus:))
    }

    /// The bits of `Cpus_allowed`, hex digits in groups; nil where the kernel tells none.
    static func allowedCores(inStatus text: String) -> Int? {
        let name = "Cpus_allowed:"
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
        let count = line.dropFirst(name.count).reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
        return count > 0 ? count : nil
    }
}
