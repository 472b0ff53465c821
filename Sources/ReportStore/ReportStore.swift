internal import GRDB
internal import Glibc

/// Reports, strategies and the ledger of what was published when, in one SQLite file.
///
/// One process writes, any number read; a reader sees the state before or after a `save`, never between. A
/// `save` that returned survives a power failure; one that was killed never happened.
///
/// All calls block until SQLite has answered: call them off an event loop. Safe from any thread.
public final class ReportStore: Sendable {
    /// The file's name in the state directory.
    public static let fileName = "spanmill.sqlite"

    /// What a store is opened for.
    public enum Access: Sendable {
        /// Creates directory (mode 0700) and file (0600) where they are missing, and brings an older store up to date.
        case readWrite
        /// Never changes what is stored; a missing or older store is an error.
        case readOnly
    }

    /// The database file.
    public let path: String
    let pool: DatabasePool
    private let access: Access

    /// Opens the store of a state directory.
    ///
    /// - Throws: `missing`, `foreign`, `newer`, `older`, `forbidden`, `damaged`, `busy`.
    public init(directory: String, access: Access = .readWrite) throws(StoreError) {
        let path = directory.hasSuffix("/") ? directory + Self.fileName : "\(directory)/\(Self.fileName)"
        self.path = path
        self.access = access
        try Self.prepareFile(path, in: directory, access: access)
        do {
            let first = try Self.openKnown(path, access: access)
            pool = try DatabasePool(path: path, configuration: Self.configuration(access))
            // Not earlier: a journal that was left behind is read by whoever opens it while nobody else has it open.
            try first.close()
            if access == .readWrite { try Self.migrate(pool, path: path) }
        } catch { throw StoreError(error, path: path) }
    }

    /// Closes all connections; later calls fail. Without it they close with the last reference.
    public func close() throws(StoreError) {
        do {
            if access == .readWrite { try? pool.writeWithoutTransaction(Self.emptyJournal) }
            try pool.close()
        } catch { throw StoreError(error, path: path) }
    }

    /// Runs `body` on a snapshot.
    func read<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        do { return try pool.read(body) } catch { throw StoreError(error, path: path) }
    }

    /// Runs `body` in one transaction: all of it, or nothing.
    func write<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        do { return try pool.write(body) } catch { throw StoreError(error, path: path) }
    }
}

extension ReportStore {
    private static func configuration(_ access: Access) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = access == .readOnly
        configuration.busyMode = .timeout(10)
        configuration.maximumReaderCount = 4
        configuration.foreignKeysEnabled = false
        configuration.label = "store"
        // Decides about new files only. Rows of some kilobytes leave less of a larger page empty.
        configuration.prepareDatabase { db in
            if !db.configuration.readonly { try db.execute(sql: "PRAGMA page_size = 32768") }
        }
        return configuration
    }

    /// SQLite would create the file with the process's umask; its journal files copy the mode of this one.
    private static func prepareFile(_ path: String, in directory: String, access: Access) throws(StoreError) {
        if access == .readOnly {
            guard Glibc.access(path, F_OK) == 0 else {
                throw StoreError(.missing, path: path, message: "there is none yet; run 'spanmill run' first")
            }
            return
        }
        var made = ""
        for component in directory.split(separator: "/", omittingEmptySubsequences: false) {
            made += component
            defer { made += "/" }
            if !made.isEmpty, mkdir(made, 0o700) != 0, errno != EEXIST, errno != EISDIR {
                throw forbidden(path, "cannot create the directory \(made)")
            }
        }
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw forbidden(path, "cannot open the file") }
        Glibc.close(descriptor)
    }

    private static func forbidden(_ path: String, _ what: String) -> StoreError {
        let code: StoreError.Code = errno == ENOSPC ? .full : .forbidden
        return StoreError(
            code, path: path, message: "\(what): \(String(cString: strerror(errno))); check the state path")
    }

    /// The journal's pages go to the database. The last connection to close would see to it, but closing a pool that is a
    /// reader's, and every later start would read the journal through.
    private static func emptyJournal(_ db: Database) throws {
        // Another process may be reading; then it stays.
        try db.execute(sql: "PRAGMA busy_timeout = 0")
        _ = try? db.checkpoint(.truncate)
    }

    /// Looks before anything is changed: another program's database stays as it is.
    private static func openKnown(_ path: String, access: Access) throws -> DatabaseQueue {
        var configuration = configuration(access)
        configuration.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        let (application, version, objects) = try queue.read { db in
            (
                try Int64.fetchOne(db, sql: "PRAGMA application_id") ?? 0,
                try Int64.fetchOne(db, sql: "PRAGMA user_version") ?? 0,
                try Int64.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
            )
        }
        guard application == Schema.applicationID || (application == 0 && version == 0 && objects == 0) else {
            throw StoreError(
                .foreign, path: path, message: "it is a database of another program; name another state directory")
        }
        if version > Schema.version {
            throw StoreError(
                .newer, path: path,
                message:
                    "a newer spanmill wrote it (schema \(version), this one knows \(Schema.version)); upgrade this one"
            )
        }
        if version < Schema.version, access == .readOnly {
            let message =
                version == 0
                ? "it is still empty; run 'spanmill run' first"
                : "an older spanmill wrote it; "
                    + "run 'spanmill run' once to bring it up to date"
            throw StoreError(version == 0 ? .missing : .older, path: path, message: message)
        }
        return queue
    }

    /// Applies what is missing, each migration in a transaction of its own with its number.
    private static func migrate(_ pool: DatabasePool, path: String) throws {
        try pool.writeWithoutTransaction { db in
            // A window must survive a power failure once `save` has returned.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.execute(sql: "PRAGMA cache_size = -16000")
        }
        for (index, migration) in Schema.migrations.enumerated() {
            try pool.write { db in
                guard try Int64.fetchOne(db, sql: "PRAGMA user_version") ?? 0 == index else { return }
                try db.execute(sql: migration)
                try db.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
                try db.execute(sql: "PRAGMA user_version = \(index + 1)")
            }
        }
    }
}
