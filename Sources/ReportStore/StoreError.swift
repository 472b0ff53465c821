internal import GRDB

/// Why the store could not be opened, read or written.
///
/// Texts carry the path and SQLite's own words, never a value that was being stored.
public struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// An open set: new codes may come.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The word that documents and logs show, such as `store-busy`.
        public var rawValue: String

        /// Any word; those of this version are below.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// There is no store yet, and it was opened for reading.
        public static let missing = Code(rawValue: "store-missing")
        /// The file is something else than a store of this program.
        public static let foreign = Code(rawValue: "store-foreign")
        /// A later version of the program wrote it.
        public static let newer = Code(rawValue: "store-newer")
        /// An earlier version wrote it, and it was opened for reading only.
        public static let older = Code(rawValue: "store-older")
        /// Its bytes contradict each other.
        public static let damaged = Code(rawValue: "store-damaged")
        /// The file or its directory may not be read or written.
        public static let forbidden = Code(rawValue: "store-forbidden")
        /// Another process holds the write lock.
        public static let busy = Code(rawValue: "store-busy")
        /// The disk is full.
        public static let full = Code(rawValue: "store-full")
        /// The disk failed, or SQLite did.
        public static let failed = Code(rawValue: "store-failed")
        /// What was to be stored cannot be: a window beyond the year 2262.
        public static let unstorable = Code(rawValue: "store-unstorable")

        /// The exit status of a command that ends for this reason (sysexits).
        public var exitStatus: Int32 {
            switch self {
            case .missing: 66
            case .foreign, .newer, .older, .damaged, .unstorable: 65
            case .forbidden: 77
            case .busy: 75
            default: 74
            }
        }
    }

    public var code: Code
    /// The database file.
    public var path: String
    /// Lower case, without the path: what is wrong, then the remedy.
    public var message: String

    /// - Parameters:
    ///   - path: of the database file.
    ///   - message: lower case, without the path: what is wrong, then the remedy.
    public init(_ code: Code, path: String, message: String) {
        self.code = code
        self.path = path
        self.message = message
    }

    /// `cannot use the store state/spanmill.sqlite: …`.
    public var description: String { "cannot use the store \(path): \(message)" }
}

extension StoreError {
    /// The same thing said by SQLite.
    init(_ error: any Error, path: String) {
        if let error = error as? StoreError {
            self.init(error.code, path: error.path.isEmpty ? path : error.path, message: error.message)
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(.failed, path: path, message: "an unexpected error; try again")
            return
        }
        let words = error.message ?? "no reason given"
        switch error.resultCode {
        case .SQLITE_NOTADB:
            self.init(.foreign, path: path, message: "it is not a SQLite file; name another state directory")
        case .SQLITE_CORRUPT, .SQLITE_FORMAT, .SQLITE_MISMATCH:
            self = .damaged(path: path, words)
        case .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_AUTH, .SQLITE_CANTOPEN:
            self.init(.forbidden, path: path, message: "\(words); check the owner and mode of the file and directory")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.busy, path: path, message: "another process is writing; try again when it has ended")
        case .SQLITE_FULL:
            self.init(.full, path: path, message: "the disk is full; make room and run again, nothing is half-written")
        default:
            let code = error.extendedResultCode.rawValue
            self.init(.failed, path: path, message: "\(words) (SQLite code \(code)); check the disk and run again")
        }
    }

    static func damaged(path: String, _ words: String) -> StoreError {
        StoreError(
            .damaged, path: path,
            message: "\(words); restore it from a backup, or move it away and run the windows again")
    }
}
