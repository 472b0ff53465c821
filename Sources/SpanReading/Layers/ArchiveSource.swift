import Glibc
import SpanModel

/// Where an archive's bytes come from.
enum ArchiveSource {
    /// An open file; `isOwned`: to be closed.
    case file(Int32, isOwned: Bool)
    /// Bytes in memory, handed out in pieces.
    case memory([UInt8], piece: Int, taken: Int)

    /// Opens a file for reading; `-` is standard input.
    static func open(_ path: String) throws(ArchiveError) -> ArchiveSource {
        if path == "-" { return .file(STDIN_FILENO, isOwned: false) }
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno, at: 0) }
        return .file(descriptor, isOwned: true)
    }

    /// The next bytes, zero at the end.
    mutating func read(into output: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(ArchiveError) -> Int {
        switch self {
        case .file(let descriptor, _):
            while true {
                let count = Glibc.read(descriptor, output.baseAddress, output.count)
                if count >= 0 { return count }
                if errno != EINTR { throw Self.failure(errno, at: offset) }
            }
        case .memory(let bytes, let piece, let taken):
            let count = min(bytes.count - taken, max(piece, 1), output.count)
            output.copyBytes(from: bytes[taken..<taken + count])
            self = .memory(bytes, piece: piece, taken: taken + count)
            return count
        }
    }

    func close() {
        if case .file(let descriptor, isOwned: true) = self { _ = Glibc.close(descriptor) }
    }

    private static func failure(_ code: Int32, at offset: UInt64) -> ArchiveError {
        let reason = String(cString: strerror(code)).lowercased()
        let remedy =
            switch code {
            case ENOENT: "; check the path"
            case EACCES, EPERM: "; check its permissions"
            case EISDIR: "; name the files in it"
            default: ""
            }
        return ArchiveError(.unreadable, offset: offset, message: reason + remedy)
    }
}
