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
        guard case .statement(let statement, let count) = source else { return try value() }
        switch try type(statement, count) {
        case SQLITE_NULL: return nil
        case SQLITE_INTEGER: return sqlite3_column_int64(statement, index - 1)
        default: throw Self.damage
        }
    }

    mutating func optionalReal() throws -> Double? {
        guard case .statement(let statement, let count) = source else { return try value() }
        switch try type(statement, count) {
        case SQLITE_NULL: return nil
        case SQLITE_FLOAT, SQLITE_INTEGER: return sqlite3_column_double(statement, index - 1)
        default: throw Self.damage
        }
    }

    mutating func optionalText() throws -> String? {
        guard case .statement(let statement, let count) = source else { return try value() }
        switch try type(statement, count) {
        case SQLITE_NULL: return nil
        case SQLITE_TEXT: return String(decoding: Self.bytes(statement, index - 1), as: UTF8.self)
        default: throw Self.damage
        }
    }

    mutating func optionalBlob() throws -> [UInt8]? { try optionalBlob(prefix: .max) }

    /// A blob, or its first bytes where it has more.
    mutating func optionalBlob(prefix: Int) throws -> [UInt8]? {
        guard case .statement(let statement, let count) = source else {
            return try value(Data.self).map { Array($0.prefix(prefix)) }
        }
        switch try type(statement, count) {
        case SQLITE_NULL: return nil
        case SQLITE_BLOB: return Array(Self.bytes(statement, index - 1).prefix(prefix))
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

    /// The type of the next column of a statement, which is the current one after that.
    private mutating func type(_ statement: SQLiteStatement, _ count: Int32) throws -> Int32 {
        guard index < count else { throw Self.damage }
        index += 1
        return sqlite3_column_type(statement, index - 1)
    }

    /// What SQLite holds until the statement goes on.
    private static func bytes(_ statement: SQLiteStatement, _ index: Int32) -> UnsafeRawBufferPointer {
        // In this order: asking for the bytes may change their number.
        let start = sqlite3_column_blob(statement, index)
        return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, index)))
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
