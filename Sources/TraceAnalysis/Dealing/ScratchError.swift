internal import Glibc

/// Why spans could not be set aside or found again. It ends a run: the environment is at fault, not the input.
public struct ScratchError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        /// No space or quota left.
        case diskFull
        case unwritable
        case unreadable
        /// Other bytes came back than were written, or frames held impossible ones.
        case corrupt
        case outOfMemory
    }

    public var kind: Kind
    /// Directory of the scratch file.
    public var directory: String
    /// Lower case: what could not be done and why, the remedy last.
    public var message: String

    public init(_ kind: Kind, directory: String, message: String) {
        self.kind = kind
        self.directory = directory
        self.message = message
    }

    public var description: String { message }

    /// A failed system call; `doing` reads like "write".
    init(_ doing: String, directory: String, errorNumber: Int32) {
        let isFull = [ENOSPC, EDQUOT, EFBIG].contains(errorNumber)
        kind = isFull ? .diskFull : doing == "read" ? .unreadable : .unwritable
        self.directory = directory
        let reason = strerror(errorNumber).map { String(cString: $0).lowercased() } ?? "error \(errorNumber)"
        let remedy =
            isFull
            ? "free space there, give more --memory, or set --state or TMPDIR to another disk"
            : "check the directory, or set --state or TMPDIR to another"
        message = "cannot \(doing) scratch data in \(directory): \(reason); \(remedy)"
    }

    /// Bytes that cannot be what was set aside.
    static func corrupt(_ directory: String, _ what: String) -> ScratchError {
        ScratchError(
            .corrupt, directory: directory,
            message: "cannot read back scratch data in \(directory): \(what); run again, on another disk if it recurs")
    }
}
