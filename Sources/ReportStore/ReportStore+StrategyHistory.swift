internal import GRDB
public import SpanModel

extension ReportStore {
    /// How many names got another probability with each version, by version; as far back as the ledger is kept.
    public func publicationCounts() throws(StoreError) -> [Int64: Int] {
        try read { db in
            let rows = try Row.fetchCursor(db, sql: "SELECT version_id, count(*) FROM publication GROUP BY version_id")
            var counts: [Int64: Int] = [:]
            while let row = try rows.next() {
                var columns = Columns(row)
                let version = try columns.integer()
                counts[version] = Int(clamping: try columns.integer())
            }
            return counts
        }
    }

    /// What every version said of one operation, without steps; versions that do not list it are left out.
    ///
    /// - Complexity: O(all strategies that are kept).
    public func strategies(service: String, operation: String) throws(StoreError) -> [Int64: OperationStrategy] {
        try read { db in
            guard let (serviceID, operationID) = try Self.ids(db, service, operation) else { return [:] }
            let sql = """
                SELECT s.id >> 32, s.probability, s.previous_probability, s.reason_id, s.evidence,
                    s.estimated_rate_per_second, s.predicted_traces_per_day, s.predicted_spans_per_second, s.hours
                FROM strategy s
                JOIN strategy_service ss ON ss.id = ((s.id >> 32) << 32) + s.service_position
                WHERE s.operation_id = ? AND ss.service_id = ? ORDER BY s.id
                """
            let rows = try Row.fetchCursor(db, sql: sql, arguments: [operationID, serviceID])
            var names = try NameReader(db)
            var found: [Int64: OperationStrategy] = [:]
            while let row = try rows.next() {
                var columns = Columns(row)
                let version = try columns.integer()
                found[version] = OperationStrategy(
                    operation: operation, probability: try columns.real(),
                    previousProbability: try columns.optionalReal(), reason: try names.name(columns.integer()),
                    evidence: try columns.word(WeightEvidence.init(label:)),
                    estimatedRatePerSecond: try columns.real(), predictedTracesPerDay: try columns.real(),
                    predictedSpansPerSecond: try columns.real(),
                    hours: try columns.decoded(HourlyNumbers.decode) ?? [])
            }
            return found
        }
    }

    /// The default that every version gave a service; versions that do not list it are left out.
    public func defaultProbabilities(service: String) throws(StoreError) -> [Int64: Double] {
        try read { db in
            guard let (serviceID, _) = try Self.ids(db, service, service) else { return [:] }
            let rows = try Row.fetchCursor(
                db, sql: "SELECT id >> 32, default_probability FROM strategy_service WHERE service_id = ?",
                arguments: [serviceID])
            var found: [Int64: Double] = [:]
            while let row = try rows.next() {
                var columns = Columns(row)
                let version = try columns.integer()
                found[version] = try columns.real()
            }
            return found
        }
    }

    /// The ids of two names; nil where one was never stored.
    private static func ids(_ db: Database, _ first: String, _ second: String) throws -> (Int64, Int64)? {
        var ids: [Int64] = []
        for name in [first, second] {
            let bytes = DatabaseValue.blob(Array(name.utf8))
            let sql = "SELECT id FROM name WHERE text = CAST(? AS TEXT)"
            guard let id = try Int64.fetchOne(db, sql: sql, arguments: [bytes]) else { return nil }
            ids.append(id)
        }
        return (ids[0], ids[1])
    }
}
