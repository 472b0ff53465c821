internal import FoundationEssentials
internal import GRDB
internal import SpanModel

/// One row to be read, column after column; a value of the wrong type is damage, not a trap.
struct Columns {
    private let row: Row
    private var index = 0

    init(_ row: Row) { self.row = row }

    mutating func integer() throws -> Int64 { try required(optional()) }
    mutating func number() throws -> UInt64 { UInt64(bitPattern: try integer()) }
    mutating func real() throws -> Double { try required(optional()) }
    mutating func text() throws -> String { try required(optional()) }
    mutating func blob() throws -> [UInt8] { try optionalBlob() ?? [] }

    mutating func optionalNumber() throws -> UInt64? { try optional(Int64.self).map(UInt64.init(bitPattern:)) }
    mutating func optionalReal() throws -> Double? { try optional() }
    mutating func optionalText() throws -> String? { try optional() }
    mutating func optionalBlob() throws -> [UInt8]? { try optional(Data.self).map(Array.init) }

    /// A value that is stored as one of few words.
    mutating func word<Word>(_ find: (String) -> Word?) throws -> Word { try required(find(text())) }

    /// What `decode` makes of a blob, all of it.
    mutating func decoded<Value>(_ decode: (inout VarintReader) throws -> Value) throws -> Value? {
        guard let bytes = try optionalBlob() else { return nil }
        var reader = VarintReader(bytes)
        guard let value = try? decode(&reader), reader.isAtEnd else { throw Self.damage }
        return value
    }

    private mutating func optional<Value: DatabaseValueConvertible>(_ type: Value.Type = Value.self) throws -> Value? {
        guard index < row.count else { throw Self.damage }
        let stored: DatabaseValue = row[index]
        index += 1
        return stored.isNull ? nil : try required(Value.fromDatabaseValue(stored))
    }

    private func required<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Self.damage }
        return value
    }

    static var damage: StoreError { .damaged(path: "", "a row cannot be read") }
}

/// An INSERT that is prepared once and run many times.
struct Insertion {
    private let statement: Statement

    init(_ db: Database, into table: String, _ columns: String) throws {
        let marks = columns.split(separator: ",").map { _ in "?" }.joined(separator: ", ")
        statement = try db.cachedStatement(sql: "INSERT INTO \(table) (\(columns)) VALUES (\(marks))")
    }

    /// As many values as columns.
    func run(_ values: [DatabaseValue]) throws {
        statement.setUncheckedArguments(StatementArguments(values))
        try statement.execute()
    }
}

extension DatabaseValue {
    /// The same 64 bits: counts beyond 2⁶³ − 1, which do not occur, would read as negative in SQL.
    static func integer(_ value: UInt64) -> DatabaseValue { Int64(bitPattern: value).databaseValue }
    static func integer(_ value: UInt64?) -> DatabaseValue { value.map(integer) ?? .null }
    static func real(_ value: Double) -> DatabaseValue { value.databaseValue }
    static func real(_ value: Double?) -> DatabaseValue { value.map(\.databaseValue) ?? .null }
    static func text(_ value: String) -> DatabaseValue { value.databaseValue }
    static func text(_ value: String?) -> DatabaseValue { value.map(\.databaseValue) ?? .null }
    /// No bytes are NULL.
    static func blob(_ bytes: [UInt8]) -> DatabaseValue { bytes.isEmpty ? .null : Data(bytes).databaseValue }

    static func blob(_ encode: (inout VarintWriter) -> Void) -> DatabaseValue {
        var writer = VarintWriter()
        encode(&writer)
        return blob(writer.bytes)
    }
}

/// Row ids of what one report or one strategy version owns.
struct OwnedRows {
    let owner: Int64

    func id(_ position: Int) -> DatabaseValue { (owner << 32 + Int64(position)).databaseValue }

    var range: ClosedRange<Int64> { owner << 32...(owner << 32 + Int64(UInt32.max)) }

    /// The rows of `table`, in order.
    func rows(_ db: Database, _ columns: String, of table: String) throws -> RowCursor {
        try Row.fetchCursor(
            db, sql: "SELECT \(columns) FROM \(table) WHERE id BETWEEN ? AND ? ORDER BY id",
            arguments: [range.lowerBound, range.upperBound])
    }

    func delete(_ db: Database, from table: String, key: String = "id") throws {
        try db.execute(
            sql: "DELETE FROM \(table) WHERE \(key) BETWEEN ? AND ?", arguments: [range.lowerBound, range.upperBound])
    }
}
