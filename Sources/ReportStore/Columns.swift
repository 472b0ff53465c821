internal import FoundationEssentials
internal import GRDB
internal import GRDBSQLite
internal import SpanModel

/// The rows of a query, one after the other.
///
/// A large report has a million values. They are taken from SQLite as they lie there: a row of GRDB would make a
/// value of each first.
struct StoredRows {
    private let rows: RowCursor
    private let statement: Statement

    init(_ db: Database, _ sql: String, _ arguments: StatementArguments) throws {
        statement = try db.makeStatement(sql: sql)
        rows = try Row.fetchCursor(statement, arguments: arguments)
    }

    /// The next row, to be read before the one after it is asked for.
    func next() throws -> Columns? { try rows.next() == nil ? nil : Columns(statement) }
}

/// One row to be read, column after column; a value of the wrong type is damage, not a trap.
struct Columns {
    private enum Source {
        case row(Row)
        /// The row that a statement stands at.
        case statement(SQLiteStatement, count: Int32)
    }

    private let source: Source
    private var index: Int32 = 0

    init(_ row: Row) { source = .row(row) }

    init(_ statement: Statement) {
        source = .statement(statement.sqliteStatement, count: sqlite3_column_count(statement.sqliteStatement))
    }

    mutating func integer() throws -> Int64 { try required(optionalInteger()) }
    mutating func number() throws -> UInt64 { UInt64(bitPattern: try integer()) }
    mutating func real() throws -> Double { try required(optionalReal()) }
    mutating func text() throws -> String { try required(optionalText()) }
    mutating func blob() throws -> [UInt8] { try optionalBlob() ?? [] }

    mutating func optionalNumber() throws -> UInt64? { try optionalInteger().map(UInt64.init(bitPattern:)) }

    mutating func optionalInteger() throws -> Int64? {
        guard let stored = try stored() else { return try value() }
        switch sqlite3_value_type(stored) {
        case SQLITE_NULL: return nil
        case SQLITE_INTEGER: return sqlite3_value_int64(stored)
        default: throw Self.damage
        }
    }

    mutating func optionalReal() throws -> Double? {
        guard let stored = try stored() else { return try value() }
        switch sqlite3_value_type(stored) {
        case SQLITE_NULL: return nil
        case SQLITE_FLOAT, SQLITE_INTEGER: return sqlite3_value_double(stored)
        default: throw Self.damage
        }
    }

    mutating func optionalText() throws -> String? {
        guard let stored = try stored() else { return try value() }
        switch sqlite3_value_type(stored) {
        case SQLITE_NULL: return nil
        case SQLITE_TEXT: return String(decoding: Self.bytes(stored), as: UTF8.self)
        default: throw Self.damage
        }
    }

    mutating func optionalBlob() throws -> [UInt8]? { try optionalBlob(prefix: .max) }

    /// A blob, or its first bytes where it has more.
    mutating func optionalBlob(prefix: Int) throws -> [UInt8]? {
        guard let stored = try stored() else { return try value(Data.self).map { Array($0.prefix(prefix)) } }
        switch sqlite3_value_type(stored) {
        case SQLITE_NULL: return nil
        case SQLITE_BLOB: return Array(Self.bytes(stored).prefix(prefix))
        default: throw Self.damage
        }
    }

    /// Leaves columns out.
    mutating func skip(_ count: Int) { index += Int32(count) }

    /// A value that is stored as one of few words.
    mutating func word<Word>(_ find: (String) -> Word?) throws -> Word { try required(find(text())) }

    /// What `decode` makes of a blob, all of it.
    mutating func decoded<Value>(_ decode: (inout VarintReader) throws -> Value) throws -> Value? {
        guard let bytes = try optionalBlob() else { return nil }
        var reader = VarintReader(bytes)
        guard let value = try? decode(&reader), reader.isAtEnd else { throw Self.damage }
        return value
    }

    /// The next value of a statement's row, which becomes the current one; nil for a row of GRDB.
    private mutating func stored() throws -> OpaquePointer? {
        guard case .statement(let statement, let count) = source else { return nil }
        guard index < count else { throw Self.damage }
        index += 1
        // Looked up once, for its type and itself; connections serve one thread at a time.
        return sqlite3_column_value(statement, index - 1)
    }

    /// What SQLite holds until the statement goes on.
    private static func bytes(_ stored: OpaquePointer) -> UnsafeRawBufferPointer {
        // In this order: asking for the bytes may change their number.
        let start = sqlite3_value_blob(stored)
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_value_bytes(stored)))
    }

    private mutating func value<Value: DatabaseValueConvertible>(_ type: Value.Type = Value.self) throws -> Value? {
        guard case .row(let row) = source, Int(index) < row.count else { throw Self.damage }
        let stored: DatabaseValue = row[Int(index)]
        index += 1
        return stored.isNull ? nil : try required(Value.fromDatabaseValue(stored))
    }

    private func required<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Self.damage }
        return value
    }

    static var damage: StoreError { .damaged(path: "", "a row cannot be read") }
}
