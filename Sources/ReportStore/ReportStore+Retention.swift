internal import GRDB
internal import SpanModel

extension ReportStore {
    /// Forgets what is too old, in one transaction.
    ///
    /// - Parameters:
    ///   - hoursBefore: windows that end by then lose their hours and root throughput; strategies published
    ///     before then lose their steps of explanation.
    ///   - daysBefore: windows that end by then go altogether, and with them runs and strategies. The latest run,
    ///     the latest strategies and whatever of the ledger was still in force then always stay.
    public func prune(hoursBefore: UInt64, daysBefore: UInt64) throws(StoreError) {
        let (hours, days) = (Int64(clamping: hoursBefore), Int64(clamping: daysBefore))
        try write { db in
            try Self.pruneHours(db, before: hours)
            try Self.pruneReports(db, before: days)
            try Self.pruneStrategies(db, stepsBefore: hours, allBefore: days)
            try db.execute(
                sql: "DELETE FROM run WHERE finished_nanoseconds < ? AND id < (SELECT max(id) FROM run)",
                arguments: [days])
            try Self.pruneNames(db, before: days)
        }
    }

    private static func pruneHours(_ db: Database, before instant: Int64) throws {
        for id in try reportIDs(db, endingBy: instant) {
            for table in ["edge_hours", "operation_hours", "root_throughput"] {
                try OwnedRows(owner: id).delete(db, from: table)
            }
        }
    }

    private static func pruneReports(_ db: Database, before instant: Int64) throws {
        for id in try reportIDs(db, endingBy: instant) {
            for (table, key) in ReportWriter.tables { try OwnedRows(owner: id).delete(db, from: table, key: key) }
            try db.execute(sql: "DELETE FROM report WHERE id = ?", arguments: [id])
        }
    }

    private static func reportIDs(_ db: Database, endingBy instant: Int64) throws -> [Int64] {
        try Int64.fetchAll(
            db, sql: "SELECT id FROM report WHERE window_end_nanoseconds <= ? ORDER BY id", arguments: [instant])
    }

    private static func pruneStrategies(_ db: Database, stepsBefore: Int64, allBefore: Int64) throws {
        let old = """
            SELECT id FROM strategy_version
            WHERE published_nanoseconds < ? AND id < (SELECT max(id) FROM strategy_version) ORDER BY id
            """
        for id in try Int64.fetchAll(db, sql: old, arguments: [stepsBefore]) {
            let range = OwnedRows(owner: id).range
            try db.execute(
                sql: "UPDATE strategy SET steps = NULL WHERE id BETWEEN ? AND ? AND steps IS NOT NULL",
                arguments: [range.lowerBound, range.upperBound])
        }
        for id in try Int64.fetchAll(db, sql: old, arguments: [allBefore]) {
            for table in ["strategy", "strategy_service"] { try OwnedRows(owner: id).delete(db, from: table) }
            try db.execute(sql: "DELETE FROM strategy_version WHERE id = ?", arguments: [id])
        }
        try db.execute(
            sql: """
                DELETE FROM publication WHERE version_id < (
                    SELECT max(version_id) FROM publication later
                    WHERE later.service_id = publication.service_id AND later.operation_id = publication.operation_id
                        AND later.published_nanoseconds <= ?)
                """, arguments: [allBefore])
    }

    /// Names that no window since `instant` has, and no strategy.
    private static func pruneNames(_ db: Database, before instant: Int64) throws {
        try db.execute(
            sql: """
                DELETE FROM name WHERE used_nanoseconds <= ? AND id NOT IN (
                    SELECT service_id FROM strategy_service
                    UNION SELECT operation_id FROM strategy UNION SELECT reason_id FROM strategy
                    UNION SELECT service_id FROM publication UNION SELECT operation_id FROM publication)
                """, arguments: [instant])
    }
}
