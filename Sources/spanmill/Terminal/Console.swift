import Glibc

/// The two streams: standard output is the answer, standard error the conversation.
///
/// Written with write(2), so that nothing is lost or reordered between them.
final class Console: Sendable {
    static let shared = Console()

    private init() {}

    /// Whether standard error is a terminal that a bar may be drawn on.
    var isInteractive: Bool { isatty(2) == 1 && environment("TERM") != "dumb" }

    /// Columns of the terminal behind standard output; nil when it is none.
    var columns: Int? { Self.columns(of: 1) }

    /// Columns of the terminal behind standard error; nil when it is none.
    var errorColumns: Int? { Self.columns(of: 2) }

    private static func columns(of descriptor: Int32) -> Int? {
        var size = winsize()
        guard isatty(descriptor) == 1, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
            return nil
        }
        return Int(size.ws_col)
    }

    /// Whether the locale says that characters beyond ASCII can be shown; a pipe can.
    var isASCII: Bool {
        guard isatty(1) == 1 else { return false }
        let locale = environment("LC_ALL") ?? environment("LC_CTYPE") ?? environment("LANG") ?? ""
        let folded = locale.uppercased()
        return !(folded.contains("UTF-8") || folded.contains("UTF8"))
    }

    /// Whether to colour standard output, as asked and as NO_COLOR, CLICOLOR and CLICOLOR_FORCE say.
    func usesColor(_ choice: ColorChoice) -> Bool {
        switch choice {
        case .always: return true
        case .never: return false
        case .auto:
            if let no = environment("NO_COLOR"), !no.isEmpty { return false }
            if let force = environment("CLICOLOR_FORCE"), !force.isEmpty, force != "0" { return true }
            return isatty(1) == 1 && environment("TERM") != "dumb" && environment("CLICOLOR") != "0"
        }
    }

    /// Writes part of the answer.
    func answer(_ bytes: [UInt8]) throws { try Self.write(bytes, to: 1) }

    /// Writes part of the answer.
    func answer(_ text: String) throws { try answer(Array(text.utf8)) }

    /// Says a line on standard error; a closed standard error is nobody's trouble.
    func say(_ line: String) { try? Self.write(Array((line + "\n").utf8), to: 2) }

    /// Says what went wrong.
    func problem(_ message: String) { say(message.contains("\n") ? message : "spanmill: \(message)") }

    func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    static func write(_ bytes: [UInt8], to descriptor: Int32) throws {
        var offset = 0
        while offset < bytes.count {
            let start = offset
            let count = bytes.withUnsafeBytes { buffer in
                buffer.baseAddress.map { Glibc.write(descriptor, $0 + start, buffer.count - start) } ?? 0
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw BrokenPipe() }
            offset += count
        }
    }
}

/// Whoever reads our output has gone away: no error, nothing more to do.
struct BrokenPipe: Error {}
