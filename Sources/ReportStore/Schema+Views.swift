extension Schema {
    /// Tables for people: names instead of ids, milliseconds, UTC times as text.
    static let views = """
        CREATE VIEW dependencies AS
            SELECT \(instant("r.window_start_nanoseconds")) AS window_start,
                \(instant("r.window_end_nanoseconds")) AS window_end,
                caller.text AS caller, callee.text AS callee, e.kind, e.name_source, e.calls, e.errors,
                e.client_only_errors, e.estimated_calls,
                \(milliseconds("client_", of: "e")), \(milliseconds("server_", of: "e"))
            FROM report r
            JOIN edge e ON \(range("e.id", of: "r.id"))
            JOIN name caller ON caller.id = e.caller_id
            JOIN name callee ON callee.id = e.callee_id;

        CREATE VIEW latency AS
            SELECT \(instant("r.window_start_nanoseconds")) AS window_start,
                \(instant("r.window_end_nanoseconds")) AS window_end,
                service.text AS service, operation.text AS operation, o.kind, o.count, o.errors, o.roots,
                o.estimated_count, \(milliseconds("", of: "o")),
                lower(hex(o.exemplar_p99)) AS slow_trace, lower(hex(o.exemplar_error)) AS failed_trace
            FROM report r
            JOIN operation_latency o ON \(range("o.id", of: "r.id"))
            JOIN name service ON service.id = o.service_id
            JOIN name operation ON operation.id = o.operation_id;

        CREATE VIEW throughput AS
            SELECT \(instant("t.hour * 3600000000000")) AS hour, service.text AS service,
                operation.text AS operation, t.roots, t.estimated_roots, t.evidence, t.errors,
                1.0 * t.spans / nullif(t.roots, 0) AS spans_per_trace,
                1.0 * t.bytes / nullif(t.roots, 0) AS bytes_per_trace,
                t.p95_nanoseconds / 1e6 AS p95_milliseconds
            FROM root_throughput t
            JOIN name service ON service.id = t.service_id
            JOIN name operation ON operation.id = t.operation_id;

        CREATE VIEW strategies AS
            SELECT v.id AS version, \(instant("v.published_nanoseconds")) AS published, service.text AS service,
                operation.text AS operation, s.probability, s.previous_probability, reason.text AS reason,
                s.evidence, s.estimated_rate_per_second, s.predicted_traces_per_day, s.predicted_spans_per_second
            FROM strategy_version v
            JOIN strategy s ON \(range("s.id", of: "v.id"))
            JOIN strategy_service ss ON ss.id = (v.id << 32) + s.service_position
            JOIN name service ON service.id = ss.service_id
            JOIN name operation ON operation.id = s.operation_id
            JOIN name reason ON reason.id = s.reason_id;

        CREATE VIEW publications AS
            SELECT \(instant("p.published_nanoseconds")) AS published, service.text AS service,
                operation.text AS operation, p.probability, p.version_id AS version
            FROM publication p
            LEFT JOIN name service ON service.id = p.service_id
            LEFT JOIN name operation ON operation.id = p.operation_id;

        CREATE VIEW runs AS
            SELECT id, \(instant("window_start_nanoseconds")) AS window_start,
                \(instant("window_end_nanoseconds")) AS window_end, \(instant("started_nanoseconds")) AS started,
                (finished_nanoseconds - started_nanoseconds) / 1e9 AS seconds, program_version
            FROM run;

        """

    private static func instant(_ column: String) -> String {
        "strftime('%Y-%m-%dT%H:%M:%SZ', \(column) / 1000000000, 'unixepoch')"
    }

    /// Whether `id` belongs to `owner`, in a form that is a range of the primary key.
    private static func range(_ id: String, of owner: String) -> String {
        "\(id) BETWEEN \(owner) << 32 AND (\(owner) << 32) + 4294967295"
    }

    private static func milliseconds(_ prefix: String, of table: String) -> String {
        ["minimum", "p50", "p75", "p90", "p95", "p99", "p999", "maximum"]
            .map { "\(table).\(prefix)\($0)_nanoseconds / 1e6 AS \(prefix)\($0)_milliseconds" }
            .joined(separator: ", ")
    }
}
