internal import GRDB
public import SpanModel

extension ReportStore {
    /// Stores what is in force from `publishedNanoseconds` on, and what of it is new in the ledger.
    ///
    /// - Returns: the version's number, higher than all before.
    @discardableResult
    public func save(_ strategies: StrategySet, publishedNanoseconds: UInt64) throws(StoreError) -> Int64 {
        try write { db in
            let insertion = try Insertion(
                db, into: "strategy_version",
                """
                published_nanoseconds, status, budget_spans_per_second, predicted_spans_per_second, default_probability
                """)
            try insertion.run([
                .integer(publishedNanoseconds), .text(strategies.status.rawValue),
                .real(strategies.budgetSpansPerSecond), .real(strategies.predictedSpansPerSecond),
                .real(strategies.defaultProbability),
            ])
            let id = db.lastInsertedRowID
            let names = try Names(db, usedNanoseconds: publishedNanoseconds)
            var writer = StrategyWriter(db, versionID: id, names: names)
            try writer.write(strategies.services)
            try writer.appendToLedger(strategies, publishedNanoseconds: publishedNanoseconds)
            return id
        }
    }

    /// What was published last; nil when nothing was.
    public func latestStrategies() throws(StoreError) -> StrategySet? {
        try read { db in
            guard let id = try Int64.fetchOne(db, sql: "SELECT max(id) FROM strategy_version") else { return nil }
            return try Self.strategies(db, version: id)
        }
    }

    /// One version; nil when there is none of that number. Versions older than the hours that are kept have no
    /// steps of explanation any more.
    public func strategies(version id: Int64) throws(StoreError) -> StrategySet? {
        try read { db in try Self.strategies(db, version: id) }
    }

    /// All versions, in order.
    public func strategyVersions() throws(StoreError) -> [StrategyVersion] {
        try read { db in
            let sql = "SELECT id, published_nanoseconds FROM strategy_version ORDER BY id"
            return try Row.fetchAll(db, sql: sql).map { row in
                var columns = Columns(row)
                return StrategyVersion(id: try columns.integer(), publishedNanoseconds: try columns.number())
            }
        }
    }

    /// What was in force in a window: for all names the line in force at its start and those inside it.
    ///
    /// Sorted by service, operation and time; lines for the unnamed come first.
    public func ledger(in window: Window) throws(StoreError) -> [Publication] {
        try read { db in
            let sql = """
                SELECT service_id, operation_id, version_id, published_nanoseconds, probability FROM publication p
                WHERE published_nanoseconds < ?2 AND version_id >= ifnull((
                    SELECT max(version_id) FROM publication q
                    WHERE q.service_id = p.service_id AND q.operation_id = p.operation_id
                        AND q.published_nanoseconds <= ?1), 0)
                ORDER BY service_id, operation_id, version_id
                """
            let bounds = [window.startNanoseconds, window.endNanoseconds].map { Int64(clamping: $0) }
            let rows = try Row.fetchCursor(db, sql: sql, arguments: StatementArguments(bounds))
            var names = try NameReader(db)
            var lines: [Publication] = []
            while let row = try rows.next() {
                var columns = Columns(row)
                let (service, operation) = (try columns.integer(), try columns.integer())
                let version = try columns.integer()
                lines.append(
                    Publication(
                        service: service == 0 ? nil : try names.name(service),
                        operation: operation == 0 ? nil : try names.name(operation),
                        publishedNanoseconds: try columns.number(), probability: try columns.optionalReal(),
                        versionID: version))
            }
            return lines.sorted { $0.order < $1.order }
        }
    }
}

extension Publication {
    fileprivate var order: (Int, String, Int, String, Int64) {
        (service == nil ? 0 : 1, service ?? "", operation == nil ? 0 : 1, operation ?? "", versionID)
    }
}

extension ReportStore {
    private static func strategies(_ db: Database, version id: Int64) throws -> StrategySet? {
        let sql = """
            SELECT published_nanoseconds, status, budget_spans_per_second, predicted_spans_per_second,
                default_probability
            FROM strategy_version WHERE id = ?
            """
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [id]) else { return nil }
        var columns = Columns(row)
        let published = try columns.number()
        let status = try columns.word(StrategySet.Status.init(rawValue:))
        let (budget, predicted) = (try columns.real(), try columns.real())
        return StrategySet(
            versionID: id, publishedAtNanoseconds: published, budgetSpansPerSecond: budget,
            predictedSpansPerSecond: predicted, status: status, defaultProbability: try columns.real(),
            services: try services(db, version: id))
    }

    private static func services(_ db: Database, version id: Int64) throws -> [ServiceStrategy] {
        let owned = OwnedRows(owner: id)
        var names = try NameReader(db)
        var services: [ServiceStrategy] = []
        let serviceRows = try owned.rows(
            db, "service_id, default_probability, lower_bound_per_second", of: "strategy_service")
        while let row = try serviceRows.next() {
            var columns = Columns(row)
            services.append(
                ServiceStrategy(
                    service: try names.name(columns.integer()), defaultProbability: try columns.real(),
                    lowerBoundPerSecond: try columns.real(), operations: []))
        }
        let operationRows = try owned.rows(
            db,
            """
            service_position, operation_id, probability, previous_probability, reason_id, evidence,
            estimated_rate_per_second, predicted_traces_per_day, predicted_spans_per_second, steps
            """, of: "strategy")
        while let row = try operationRows.next() {
            var columns = Columns(row)
            let position = Int(try columns.integer())
            guard services.indices.contains(position) else { throw Columns.damage }
            services[position].operations.append(try operation(&columns, &names))
        }
        return services
    }

    private static func operation(_ row: inout Columns, _ names: inout NameReader) throws -> OperationStrategy {
        OperationStrategy(
            operation: try names.name(row.integer()), probability: try row.real(),
            previousProbability: try row.optionalReal(), reason: try names.name(row.integer()),
            evidence: try row.word(WeightEvidence.init(label:)), estimatedRatePerSecond: try row.real(),
            predictedTracesPerDay: try row.real(), predictedSpansPerSecond: try row.real(),
            steps: try row.decoded(ExplanationStep.decode) ?? [])
    }
}
