/// Why a command cannot go on: the environment's fault, never an archive's.
public struct MillError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure; decides the exit status.
    public enum Code: Hashable, Sendable {
        case configuration
        /// More unreadable archives than the job bears, or nothing readable at all.
        case badArchives
        case noInput
        case unavailable
        case cannotCreate
        case inputOutput
        /// Another run holds the lock.
        case locked
        /// The plan was refused; yesterday's strategies stay.
        case planRefused
        case permission
        case interrupted
        case terminated
        /// A bug.
        case software
    }

    public var code: Code
    /// Lower case; what could not be done, then the remedy.
    public var message: String

    /// - Parameters:
    ///   - code: decides the exit status.
    ///   - message: lower case; what could not be done, then the remedy.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }

    /// The exit status of the command line (sysexits where one fits).
    public var exitStatus: Int32 {
        switch code {
        case .badArchives: 65
        case .noInput: 66
        case .unavailable: 69
        case .software: 70
        case .cannotCreate: 73
        case .inputOutput: 74
        case .locked: 75
        case .planRefused: 76
        case .permission: 77
        case .configuration: 78
        case .interrupted: 130
        case .terminated: 143
        }
    }
}
