internal import FoundationEssentials
internal import GRDB

/// The table of names, for one transaction.
///
/// Names are compared and kept by their bytes: Swift holds `é` equal to `e` with a combining accent, a tracer
/// does not. They pass as blobs because a name may hold a zero byte.
struct Names {
    private struct Key: Hashable {
        let bytes: [UInt8]
    }

    private let find: Statement
    private let insert: Statement
    private let touch: Statement
    private let database: Database
    private let used: Int64
    private var ids: [Key: Int64] = [:]

    /// - Parameter usedNanoseconds: until when the names are certainly needed.
    init(_ db: Database, usedNanoseconds: UInt64) throws {
        database = db
        used = Int64(clamping: usedNanoseconds)
        find = try db.cachedStatement(sql: "SELECT id, used_nanoseconds FROM name WHERE text = CAST(? AS TEXT)")
        insert = try db.cachedStatement(sql: "INSERT INTO name (text, used_nanoseconds) VALUES (CAST(? AS TEXT), ?)")
        touch = try db.cachedStatement(sql: "UPDATE name SET used_nanoseconds = ? WHERE id = ?")
    }

    /// The id of a name, given one if it has none.
    mutating func id(_ name: String) throws -> Int64 {
        let key = Key(bytes: Array(name.utf8))
        if let id = ids[key] { return id }
        let text = Data(key.bytes).databaseValue
        let id: Int64
        if let found = try Row.fetchOne(find, arguments: StatementArguments([text])) {
            var columns = Columns(found)
            id = try columns.integer()
            if try columns.integer() < used { try touch.execute(arguments: [used, id]) }
        } else {
            try insert.execute(arguments: StatementArguments([text, used.databaseValue]))
            id = database.lastInsertedRowID
        }
        ids[key] = id
        return id
    }

    mutating func value(_ name: String) throws -> DatabaseValue { try id(name).databaseValue }
}

/// Names by id, read as they are needed.
struct NameReader {
    private let find: Statement
    private var names: [Int64: String] = [:]

    init(_ db: Database) throws {
        find = try db.cachedStatement(sql: "SELECT CAST(text AS BLOB) FROM name WHERE id = ?")
    }

    mutating func name(_ id: Int64) throws -> String {
        if let name = names[id] { return name }
        guard let row = try Row.fetchOne(find, arguments: [id]) else { throw Columns.damage }
        var columns = Columns(row)
        // An empty blob may read as NULL.
        guard let name = String(validating: try columns.blob(), as: UTF8.self) else { throw Columns.damage }
        names[id] = name
        return name
    }
}
