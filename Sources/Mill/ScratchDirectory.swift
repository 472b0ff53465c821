import Foundation
import Glibc

/// A private place for what does not fit in memory; gone when the scan ends, and swept when a killed one left it.
final class ScratchDirectory: Sendable {
    let path: String

    /// Made below the state directory where there is one, else below the system's place for temporary files.
    init(below state: String) throws(MillError) {
        var isDirectory = ObjCBool(false)
        let exists = FileManager.default.fileExists(atPath: state, isDirectory: &isDirectory)
        let parent =
            exists && isDirectory.boolValue && access(state, W_OK) == 0
            ? state : ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        Self.sweep(parent)
        var template = Array("\(parent)/scratch-\(getpid())-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw MillError(
                .cannotCreate,
                "cannot make a scratch directory in \(parent): \(String(cString: strerror(errno)).lowercased()); set TMPDIR or --state"
            )
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Removes what processes left that are no more.
    private static func sweep(_ parent: String) {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        where name.hasPrefix("scratch-") {
            let fields = name.split(separator: "-")
            guard fields.count == 3, let process = pid_t(fields[1]), kill(process, 0) != 0, errno == ESRCH else {
                continue
            }
            try? FileManager.default.removeItem(atPath: "\(parent)/\(name)")
        }
    }
}
