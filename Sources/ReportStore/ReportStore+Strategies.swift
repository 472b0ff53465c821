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
                published_nanoseconds, status, budget_spans_per_second, predicted_spans_per_second,
                default_probability, note, planned
                """)
            try insertion.run([
                .integer(publishedNanoseconds), .text(strategies.status.rawValue),
                .real(strategies.budgetSpansPerSecond), .real(strategies.predictedSpansPerSecond),
                .real(strategies.defaultProbability), .text(strategies.note),
                .blob { HourlyNumbers.encode(strategies.plannedSpansPerSecond, into: &$0) },
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
            let sql = """
                SELECT id, published_nanoseconds, status, budget_spans_per_second, predicted_spans_per_second, note
                FROM strategy_version ORDER BY id
                """
            return try Row.fetchAll(db, sql: sql).map { row in
                var columns = Columns(row)
                return StrategyVersion(
                    id: try columns.integer(), publishedNanoseconds: try columns.number(),
                    status: try columns.word(StrategySet.Status.init(rawValue:)),
                    budgetSpansPerSecond: try columns.real(), predictedSpansPerSecond: try columns.real(),
                    note: try columns.text())
            }
        }
    }

    /// What the plans in force expected of each hour that begins in `[from, to)`, in spans per second.
    ///
    /// An hour belongs to the version that was in force at its middle; one that was planned by none is left out.
    public func plannedSpansPerSecond(from: UInt64, to: UInt64) throws(StoreError) -> [UInt32: Double] {
        try read { db in
            let sql = "SELECT published_nanoseconds, planned FROM strategy_version ORDER BY published_nanoseconds, id"
            let versions = try Row.fetchAll(db, sql: sql).map { row in
                var columns = Columns(row)
                return (try columns.number(), try columns.decoded(HourlyNumbers.decode(byHour:)) ?? [:])
            }
            var planned: [UInt32: Double] = [:]
            var next = 0
            let first = Self.firstHour(atOrAfter: from)
            for hour in first..<max(first, Self.firstHour(atOrAfter: to)) {
                let middle = hour * Nanoseconds.hour + Nanoseconds.hour / 2
                while next < versions.count, versions[next].0 <= middle { next += 1 }
                guard next > 0, let spans = versions[next - 1].1[UInt32(truncatingIfNeeded: hour)] else { continue }
                planned[UInt32(truncatingIfNeeded: hour)] = spans
            }
            return planned
        }
    }

    private static func firstHour(atOrAfter instant: UInt64) -> UInt64 {
        instant / Nanoseconds.hour + (instant % Nanoseconds.hour == 0 ? 0 : 1)
    }
}

extension ReportStore {
    private static func strategies(_ db: Database, version id: Int64) throws -> StrategySet? {
        let sql = """
            SELECT published_nanoseconds, status, budget_spans_per_second, predicted_spans_per_second,
                default_probability, note, planned
            FROM strategy_version WHERE id = ?
            """
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [id]) else { return nil }
        var columns = Columns(row)
        let published = try columns.number()
        let status = try columns.word(StrategySet.Status.init(rawValue:))
        let (budget, predicted) = (try columns.real(), try columns.real())
        let (unlisted, note) = (try columns.real(), try columns.text())
        let planned = try columns.decoded(HourlyNumbers.decode(byHour:)) ?? [:]
        return StrategySet(
            versionID: id, publishedAtNanoseconds: published, budgetSpansPerSecond: budget,
            predictedSpansPerSecond: predicted, status: status, defaultProbability: unlisted,
            services: try services(db, version: id), plannedSpansPerSecond: planned, note: note)
    }

    private static func services(_ db: Database, version id: Int64) throws -> [ServiceStrategy] {
        let owned = OwnedRows(owner: id)
        var names = try NameReader(db)
        var services: [ServiceStrategy] = []
        let serviceRows = try owned.rows(
            db, "service_id, default_probability, lower_bound_per_second", of: "strategy_service")
        while var columns = try serviceRows.next() {
            services.append(
                ServiceStrategy(
                    service: try names.name(columns.integer()), defaultProbability: try columns.real(),
                    lowerBoundPerSecond: try columns.real(), operations: []))
        }
        let operationRows = try owned.rows(
            db, "service_position, \(operationColumns)", of: "strategy")
        while var columns = try operationRows.next() {
            let position = Int(try columns.integer())
            guard services.indices.contains(position) else { throw Columns.damage }
            services[position].operations.append(try operation(&columns, &names))
        }
        return services
    }

    /// What `operation` reads, in its order.
    static let operationColumns = """
        operation_id, probability, previous_probability, reason_id, evidence, estimated_rate_per_second,
        predicted_traces_per_day, predicted_spans_per_second, steps, hours
        """

    static func operation(_ row: inout Columns, _ names: inout NameReader) throws -> OperationStrategy {
        OperationStrategy(
            operation: try names.name(row.integer()), probability: try row.real(),
            previousProbability: try row.optionalReal(), reason: try names.name(row.integer()),
            evidence: try row.word(WeightEvidence.init(label:)), estimatedRatePerSecond: try row.real(),
            predictedTracesPerDay: try row.real(), predictedSpansPerSecond: try row.real(),
            steps: try row.decoded(ExplanationStep.decode) ?? [],
            hours: try row.decoded(HourlyNumbers.decode) ?? [])
    }
}
