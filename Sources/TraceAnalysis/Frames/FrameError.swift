internal import Glibc

/// Why frames could not be read or written; whatever was made of them so far must not be used.
public struct FrameError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        /// The input ends before its trailer: whoever wrote it did not finish.
        case truncated
        /// Lengths, numbers or counts contradict each other.
        case corrupt
        /// Written by another version, under other settings, or for another stage.
        case incompatible
        /// The descriptor fails; `broken pipe` where the reader went away.
        case inputOutput
        /// Blocks could not be set aside.
        case scratch
    }

    public var kind: Kind
    /// Lower case: what could not be done and why, the remedy last.
    public var message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }

    static func corrupt(_ what: String) -> FrameError {
        FrameError(.corrupt, "cannot read frames: \(what); write them again")
    }

    /// A failed system call; `doing` reads like "write".
    init(_ doing: String, errorNumber: Int32) {
        let reason = strerror(errorNumber).map { String(cString: $0).lowercased() } ?? "error \(errorNumber)"
        self.init(
            .inputOutput, "cannot \(doing) frames: \(reason); see whether the process at the other end still runs")
    }

    init(_ error: ScratchError) {
        self.init(error.kind == .corrupt ? .corrupt : .scratch, error.message)
    }
}
