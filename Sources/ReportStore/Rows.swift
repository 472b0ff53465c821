internal import FoundationEssentials
internal import GRDB
internal import SpanModel

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
    func rows(_ db: Database, _ columns: String, of table: String) throws -> StoredRows {
        try StoredRows(
            db, "SELECT \(columns) FROM \(table) WHERE id BETWEEN ? AND ? ORDER BY id",
            [range.lowerBound, range.upperBound])
    }

    /// About how many rows `table` has, without counting them: positions leave few gaps.
    func likelyCount(_ db: Database, of table: String) throws -> Int {
        let last = try Int64.fetchOne(
            db, sql: "SELECT max(id) FROM \(table) WHERE id BETWEEN ? AND ?",
            arguments: [range.lowerBound, range.upperBound])
        // A wrong position must not ask for memory that nobody has.
        return min(Int(last.map { $0 - range.lowerBound + 1 } ?? 0), 100_000)
    }

    func delete(_ db: Database, from table: String, key: String = "id") throws {
        try db.execute(
            sql: "DELETE FROM \(table) WHERE \(key) BETWEEN ? AND ?", arguments: [range.lowerBound, range.upperBound])
    }
}
