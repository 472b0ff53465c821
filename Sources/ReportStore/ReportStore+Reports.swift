internal import GRDB
public import SpanModel

extension ReportStore {
    /// Makes `report` what the store says of its window, in one transaction, and records the run.
    ///
    /// Equal reports leave equal rows, whatever was there before.
    public func save(_ report: Report, run: RunRecord, archives: [ArchiveRecord]) throws(StoreError) {
        try requireStorable(report.window)
        try write { db in
            let id = try Self.reportID(db, of: report)
            var writer = try ReportWriter(db, reportID: id, of: report.window)
            try writer.write(report, archives: archives)
            try Self.insert(db, run)
        }
    }

    /// Records a run that found nothing new to read.
    public func record(_ run: RunRecord) throws(StoreError) {
        try requireStorable(run.window)
        try write { db in try Self.insert(db, run) }
    }

    /// The latest run; nil when there was none.
    public func latestRun() throws(StoreError) -> RunRecord? {
        try read { db in
            let sql = """
                SELECT id, window_start_nanoseconds, window_end_nanoseconds, started_nanoseconds, finished_nanoseconds,
                    program_version, settings_digest
                FROM run ORDER BY id DESC LIMIT 1
                """
            guard let row = try Row.fetchOne(db, sql: sql) else { return nil }
            var columns = Columns(row)
            return RunRecord(
                id: try columns.integer(), window: try columns.window(), startedNanoseconds: try columns.number(),
                finishedNanoseconds: try columns.number(), programVersion: try columns.text(),
                settingsDigest: try columns.text())
        }
    }

    /// The report of exactly this window; nil when there is none.
    public func report(window: Window, detail: ReportDetail = .whole) throws(StoreError) -> Report? {
        try read { db in
            guard let (id, record) = try Self.reports(db, in: window).first(where: { $0.record.window == window })
            else { return nil }
            var reader = try ReportReader(db, reportID: id)
            return try reader.report(record, detail)
        }
    }

    /// The reports whose windows overlap `window`, in order.
    public func reports(in window: Window = .always) throws(StoreError) -> [ReportRecord] {
        try read { db in try Self.reports(db, in: window).map(\.record) }
    }

    /// The windows that have a report and overlap `window`, in order.
    public func windows(in window: Window = .always) throws(StoreError) -> [Window] {
        try reports(in: window).map(\.window)
    }

    /// The window with the latest end; nil when the store holds no report.
    public func latestWindow() throws(StoreError) -> Window? {
        try windows().max { ($0.endNanoseconds, $0.startNanoseconds) < ($1.endNanoseconds, $1.startNanoseconds) }
    }

    /// The quality figures of a window's report alone; nil when there is none.
    public func quality(window: Window) throws(StoreError) -> Quality? {
        try owned(by: window) { reader in try reader.quality() }
    }

    /// What a window's traces tell of the probabilities of its root operations; none where there is no report.
    public func rootEvidence(window: Window) throws(StoreError) -> [RootEvidence] {
        try owned(by: window) { reader in
            var reader = reader
            return try reader.evidence()
        } ?? []
    }

    /// How much a window's report holds, without reading it; nil when there is none.
    public func size(window: Window) throws(StoreError) -> ReportSize? {
        try owned(by: window) { reader in
            ReportSize(
                nodes: try reader.count("node"), edges: try reader.count("edge"),
                operations: try reader.count("operation_latency"))
        }
    }

    /// What was read for a window; compared with what is there now, it tells whether a run is worthwhile. Nil
    /// when the window has no report.
    public func archives(window: Window) throws(StoreError) -> [ArchiveRecord]? {
        try owned(by: window) { reader in try reader.archives() }
    }

    /// Rises whenever something new was stored; two look-ups of a key.
    public func version() throws(StoreError) -> StoreVersion {
        try read { db in
            StoreVersion(
                run: try Int64.fetchOne(db, sql: "SELECT max(id) FROM run") ?? 0,
                strategies: try Int64.fetchOne(db, sql: "SELECT max(id) FROM strategy_version") ?? 0)
        }
    }

    private func owned<Value>(
        by window: Window, _ body: (ReportReader) throws -> Value
    ) throws(StoreError) -> Value? {
        try read { db in
            guard let (id, _) = try Self.reports(db, in: window).first(where: { $0.record.window == window })
            else { return nil }
            return try body(try ReportReader(db, reportID: id))
        }
    }

    func requireStorable(_ window: Window) throws(StoreError) {
        guard window.endNanoseconds <= UInt64(Int64.max) else {
            throw StoreError(
                .unstorable, path: path, message: "a window must end before the year 2262; name one with --window")
        }
    }
}

extension ReportStore {
    /// Reports overlapping `window`, by window.
    static func reports(_ db: Database, in window: Window) throws -> [(id: Int64, record: ReportRecord)] {
        let sql = """
            SELECT id, window_start_nanoseconds, window_end_nanoseconds, rules, analysis_version FROM report
            WHERE window_start_nanoseconds < ? AND window_end_nanoseconds > ?
            ORDER BY window_start_nanoseconds, window_end_nanoseconds
            """
        let bounds = [window.endNanoseconds, window.startNanoseconds].map { Int64(clamping: $0) }
        return try Row.fetchAll(db, sql: sql, arguments: StatementArguments(bounds)).map { row in
            var columns = Columns(row)
            let id = try columns.integer()
            let record = ReportRecord(
                window: try columns.window(), rules: try columns.text(), analysisVersion: Int(try columns.integer()))
            return (id, record)
        }
    }

    /// As `reports`, but no instant twice: where windows overlap, the one that was run last holds.
    static func disjointReports(_ db: Database, in window: Window) throws -> [(id: Int64, record: ReportRecord)] {
        let found = try reports(db, in: window)
        let lastRun = "SELECT max(id) FROM run WHERE window_start_nanoseconds = ? AND window_end_nanoseconds = ?"
        let ranked = try found.map { report in
            let bounds = [report.record.window.startNanoseconds, report.record.window.endNanoseconds]
            let arguments = StatementArguments(bounds.map { Int64(clamping: $0) })
            return (run: try Int64.fetchOne(db, sql: lastRun, arguments: arguments) ?? 0, report: report)
        }
        var kept: [(id: Int64, record: ReportRecord)] = []
        for (_, report) in ranked.sorted(by: { ($0.run, $0.report.id) > ($1.run, $1.report.id) }) {
            let window = report.record.window
            let isFree = kept.allSatisfy { other in
                other.record.window.endNanoseconds <= window.startNanoseconds
                    || window.endNanoseconds <= other.record.window.startNanoseconds
            }
            if isFree { kept.append(report) }
        }
        return kept.sorted { $0.record.window < $1.record.window }
    }

    /// The row of a window, the same for every run.
    private static func reportID(_ db: Database, of report: Report) throws -> Int64 {
        let sql = """
            INSERT INTO report (window_start_nanoseconds, window_end_nanoseconds, rules, analysis_version)
            VALUES (?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET rules = excluded.rules, analysis_version = excluded.analysis_version
            RETURNING id
            """
        let values: [DatabaseValue] = [
            .integer(report.window.startNanoseconds), .integer(report.window.endNanoseconds), .text(report.rules),
            Report.analysisVersion.databaseValue,
        ]
        guard let id = try Int64.fetchOne(db, sql: sql, arguments: StatementArguments(values)) else {
            throw Columns.damage
        }
        return id
    }

    private static func insert(_ db: Database, _ run: RunRecord) throws {
        let insertion = try Insertion(
            db, into: "run",
            """
            window_start_nanoseconds, window_end_nanoseconds, started_nanoseconds, finished_nanoseconds,
            program_version, settings_digest
            """)
        try insertion.run([
            .integer(run.window.startNanoseconds), .integer(run.window.endNanoseconds),
            .integer(run.startedNanoseconds), .integer(run.finishedNanoseconds), .text(run.programVersion),
            .text(run.settingsDigest),
        ])
    }
}

extension Columns {
    mutating func window() throws -> Window {
        Window(startNanoseconds: try number(), endNanoseconds: try number())
    }
}
