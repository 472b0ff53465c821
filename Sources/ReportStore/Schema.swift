/// The shape of the store.
///
/// Migrations are appended, never edited: the number of those applied is the file's `user_version`.
///
/// Rows that belong to a report or a strategy version have `id = owner · 2³² + position`, so that one range of
/// the primary key is one report in its own order, and a second run of a window writes equal rows.
enum Schema {
    /// "SPML": marks a SQLite file as a store (`PRAGMA application_id`).
    static let applicationID: Int64 = 0x5350_4D4C

    static let migrations = [tables + views, plans, rootEvidence, hours]

    static var version: Int64 { Int64(migrations.count) }

    private static let tables = """
        CREATE TABLE name (
            id INTEGER PRIMARY KEY,
            text TEXT NOT NULL UNIQUE,
            used_nanoseconds INTEGER NOT NULL -- end of the last window with this name; decides when it may go
        ) STRICT;

        CREATE TABLE run (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            window_start_nanoseconds INTEGER NOT NULL, -- since 1970-01-01, UTC; so all instants here
            window_end_nanoseconds INTEGER NOT NULL,
            started_nanoseconds INTEGER NOT NULL,
            finished_nanoseconds INTEGER NOT NULL,
            program_version TEXT NOT NULL,
            settings_digest TEXT NOT NULL
        ) STRICT;

        CREATE TABLE report (
            id INTEGER PRIMARY KEY,
            window_start_nanoseconds INTEGER NOT NULL,
            window_end_nanoseconds INTEGER NOT NULL,
            rules TEXT NOT NULL,
            analysis_version INTEGER NOT NULL,
            UNIQUE (window_start_nanoseconds, window_end_nanoseconds)
        ) STRICT;

        CREATE TABLE archive (
            id INTEGER PRIMARY KEY, -- report · 2^32 + position; so all ids below but those of strategies
            report_id INTEGER GENERATED ALWAYS AS (id >> 32) VIRTUAL,
            path TEXT NOT NULL,
            identity TEXT NOT NULL, -- what tells that the file is still the same
            layers TEXT NOT NULL, -- from the outside in, joined by spaces
            format TEXT NOT NULL,
            bytes INTEGER NOT NULL,
            bytes_decompressed INTEGER NOT NULL,
            spans INTEGER NOT NULL,
            spans_invalid INTEGER NOT NULL,
            bad_records INTEGER NOT NULL,
            other_records INTEGER NOT NULL,
            first_nanoseconds INTEGER, -- NULL: no spans
            last_nanoseconds INTEGER NOT NULL,
            truncated_at INTEGER,
            error_code TEXT,
            error_path TEXT,
            error_offset INTEGER,
            error_message TEXT
        ) STRICT;

        CREATE TABLE quality (
            id INTEGER PRIMARY KEY,
            report_id INTEGER GENERATED ALWAYS AS (id >> 32) VIRTUAL,
            counter TEXT NOT NULL,
            value INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE finding (
            id INTEGER PRIMARY KEY,
            report_id INTEGER GENERATED ALWAYS AS (id >> 32) VIRTUAL,
            reason TEXT NOT NULL,
            service_id INTEGER NOT NULL,
            count INTEGER NOT NULL,
            exemplars BLOB -- trace ids of 16 bytes
        ) STRICT;

        CREATE TABLE node (
            id INTEGER PRIMARY KEY,
            report_id INTEGER GENERATED ALWAYS AS (id >> 32) VIRTUAL,
            name_id INTEGER NOT NULL,
            kind TEXT NOT NULL,
            calls_in INTEGER NOT NULL,
            errors_in INTEGER NOT NULL,
            calls_out INTEGER NOT NULL,
            entry_calls INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE edge (
            id INTEGER PRIMARY KEY,
            report_id INTEGER GENERATED ALWAYS AS (id >> 32) VIRTUAL,
            caller_id INTEGER NOT NULL,
            callee_id INTEGER NOT NULL,
            kind TEXT NOT NULL,
            name_source TEXT, -- the attribute that gave the name; NULL: both ends were seen
            calls INTEGER NOT NULL,
            errors INTEGER NOT NULL,
            client_only_errors INTEGER NOT NULL,
            estimated_calls REAL,
            \(percentileColumns("client_")),
            \(percentileColumns("server_")),
            estimate BLOB, -- exact sums
            exemplars BLOB,
            client_sketch BLOB,
            server_sketch BLOB,
            hours BLOB
        ) STRICT;

        CREATE TABLE edge_destination (
            edge_id INTEGER NOT NULL,
            position INTEGER NOT NULL,
            name_id INTEGER NOT NULL,
            PRIMARY KEY (edge_id, position)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE operation_latency (
            id INTEGER PRIMARY KEY,
            report_id INTEGER GENERATED ALWAYS AS (id >> 32) VIRTUAL,
            service_id INTEGER NOT NULL,
            operation_id INTEGER NOT NULL,
            kind TEXT NOT NULL,
            count INTEGER NOT NULL,
            errors INTEGER NOT NULL,
            roots INTEGER NOT NULL,
            estimated_count REAL NOT NULL,
            estimated_errors REAL NOT NULL,
            \(percentileColumns("")),
            exemplar_p50 BLOB,
            exemplar_p95 BLOB,
            exemplar_p99 BLOB,
            exemplar_error BLOB,
            estimates BLOB NOT NULL,
            sketch BLOB,
            hours BLOB
        ) STRICT;

        CREATE TABLE root_throughput (
            id INTEGER PRIMARY KEY,
            report_id INTEGER GENERATED ALWAYS AS (id >> 32) VIRTUAL,
            service_id INTEGER NOT NULL,
            operation_id INTEGER NOT NULL,
            hour INTEGER NOT NULL, -- hours since 1970-01-01, UTC
            roots INTEGER NOT NULL,
            uncounted INTEGER NOT NULL,
            unweighted INTEGER NOT NULL,
            evidence TEXT NOT NULL,
            estimated_roots REAL NOT NULL,
            spans INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            errors INTEGER NOT NULL,
            p95_nanoseconds INTEGER,
            first_seen_nanoseconds INTEGER NOT NULL,
            last_seen_nanoseconds INTEGER NOT NULL,
            sums BLOB NOT NULL,
            sketch BLOB
        ) STRICT;

        CREATE TABLE strategy_version (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            published_nanoseconds INTEGER NOT NULL,
            status TEXT NOT NULL,
            budget_spans_per_second REAL NOT NULL,
            predicted_spans_per_second REAL NOT NULL,
            default_probability REAL NOT NULL
        ) STRICT;

        CREATE TABLE strategy_service (
            id INTEGER PRIMARY KEY, -- version · 2^32 + position
            version_id INTEGER GENERATED ALWAYS AS (id >> 32) VIRTUAL,
            service_id INTEGER NOT NULL,
            default_probability REAL NOT NULL,
            lower_bound_per_second REAL NOT NULL
        ) STRICT;

        CREATE TABLE strategy (
            id INTEGER PRIMARY KEY, -- version · 2^32 + position
            version_id INTEGER GENERATED ALWAYS AS (id >> 32) VIRTUAL,
            service_position INTEGER NOT NULL,
            operation_id INTEGER NOT NULL,
            probability REAL NOT NULL,
            previous_probability REAL,
            reason_id INTEGER NOT NULL,
            evidence TEXT NOT NULL,
            estimated_rate_per_second REAL NOT NULL,
            predicted_traces_per_day REAL NOT NULL,
            predicted_spans_per_second REAL NOT NULL,
            steps BLOB
        ) STRICT;

        -- What was in force from when on; changes only. service_id 0: all services not named; operation_id 0: all
        -- operations not named; probability NULL: named no longer, the next wider row holds.
        CREATE TABLE publication (
            service_id INTEGER NOT NULL,
            operation_id INTEGER NOT NULL,
            version_id INTEGER NOT NULL,
            published_nanoseconds INTEGER NOT NULL,
            probability REAL,
            PRIMARY KEY (service_id, operation_id, version_id)
        ) STRICT, WITHOUT ROWID;

        """

    /// What plans expected of each hour, why a version came about, and probabilities that differ by hour.
    private static let plans = """
        ALTER TABLE strategy_version ADD COLUMN note TEXT NOT NULL DEFAULT '';
        ALTER TABLE strategy_version ADD COLUMN planned BLOB; -- spans per second by hour; NULL: not planned
        ALTER TABLE strategy ADD COLUMN hours BLOB; -- probability by hour of the day, UTC; NULL: the same all day
        ALTER TABLE publication ADD COLUMN hours BLOB; -- likewise

        """

    /// What tells whether tracers obey what was published.
    private static let rootEvidence = """
        CREATE TABLE root_evidence (
            id INTEGER PRIMARY KEY,
            report_id INTEGER GENERATED ALWAYS AS (id >> 32) VIRTUAL,
            service_id INTEGER NOT NULL,
            operation_id INTEGER NOT NULL,
            traces_by_th INTEGER NOT NULL,
            traces_by_tag INTEGER NOT NULL,
            traces_by_vendor INTEGER NOT NULL,
            traces_by_ledger INTEGER NOT NULL,
            traces_by_inferred INTEGER NOT NULL,
            traces_by_assumed INTEGER NOT NULL,
            traces_by_none INTEGER NOT NULL,
            told_probability REAL, -- by tracestate, sampler tags or vendors' rates; NULL: none say any
            inferred_probability REAL, -- from the trace ids; NULL: no answer
            inferred_low REAL,
            inferred_high REAL,
            inferred_family TEXT, -- NULL: the ids show no sampling
            inferred_traces INTEGER,
            forced_traces INTEGER -- kept whatever the probability
        ) STRICT;

        """

    /// Hours in tables of their own: days are read without them, and whole pages become free when they go.
    private static let hours = """
        CREATE TABLE edge_hours (
            id INTEGER PRIMARY KEY, -- of the edge
            report_id INTEGER GENERATED ALWAYS AS (id >> 32) VIRTUAL,
            hours BLOB NOT NULL
        ) STRICT;

        CREATE TABLE operation_hours (
            id INTEGER PRIMARY KEY, -- of the operation
            report_id INTEGER GENERATED ALWAYS AS (id >> 32) VIRTUAL,
            hours BLOB NOT NULL
        ) STRICT;

        INSERT INTO edge_hours (id, hours) SELECT id, hours FROM edge WHERE hours IS NOT NULL;
        INSERT INTO operation_hours (id, hours) SELECT id, hours FROM operation_latency WHERE hours IS NOT NULL;
        ALTER TABLE edge DROP COLUMN hours;
        ALTER TABLE operation_latency DROP COLUMN hours;

        """

    private static func percentileColumns(_ prefix: String) -> String {
        ["minimum", "p50", "p75", "p90", "p95", "p99", "p999", "maximum"]
            .map { "\(prefix)\($0)_nanoseconds INTEGER" }.joined(separator: ", ")
    }
}
