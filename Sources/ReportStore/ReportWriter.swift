internal import GRDB
internal import SpanModel

/// Writes the rows of one report, in its order.
struct ReportWriter {
    private let db: Database
    private let owned: OwnedRows
    private var names: Names
    private let hours = HourBlob()

    /// Tables whose rows belong to a report, with the column that says to which.
    static let tables = [
        ("archive", "id"), ("quality", "id"), ("finding", "id"), ("node", "id"), ("edge", "id"),
        ("edge_destination", "edge_id"), ("operation_latency", "id"), ("root_throughput", "id"),
        ("root_evidence", "id"), ("edge_hours", "id"), ("operation_hours", "id"),
    ]

    /// Clears what the window had.
    init(_ db: Database, reportID: Int64, of window: Window) throws {
        self.db = db
        owned = OwnedRows(owner: reportID)
        names = try Names(db, usedNanoseconds: window.endNanoseconds)
        for (table, key) in Self.tables { try owned.delete(db, from: table, key: key) }
    }

    mutating func write(_ report: Report, archives: [ArchiveRecord]) throws {
        try write(archives)
        try write(report.quality)
        try write(report.findings)
        try write(report.nodes)
        try write(report.edges)
        try write(report.operations)
        try write(report.roots)
        try write(report.evidence)
    }

    private mutating func write(_ evidence: [RootEvidence]) throws {
        let counts = WeightEvidence.strongestFirst
        let insertion = try Insertion(
            db, into: "root_evidence",
            """
            id, service_id, operation_id, \(counts.map { "traces_by_\($0.label)" }.joined(separator: ", ")),
            told_probability, inferred_probability, inferred_low, inferred_high, inferred_family, inferred_traces,
            forced_traces
            """)
        for (position, row) in evidence.enumerated() {
            let names = [owned.id(position), try names.value(row.service), try names.value(row.operation)]
            try insertion.run(
                names + counts.map { .integer(row.traces[$0]) } + [
                    .real(row.told), .real(row.inferred?.probability), .real(row.inferred?.interval.low),
                    .real(row.inferred?.interval.high), .text(row.inferred?.family?.label),
                    .integer(row.inferred?.traces), .integer(row.inferred?.forced),
                ])
        }
    }

    private func write(_ archives: [ArchiveRecord]) throws {
        let insertion = try Insertion(
            db, into: "archive",
            """
            id, path, identity, layers, format, bytes, bytes_decompressed, spans, spans_invalid, bad_records,
            other_records, first_nanoseconds, last_nanoseconds, truncated_at, error_code, error_path, error_offset,
            error_message
            """)
        for (position, archive) in archives.enumerated() {
            let summary = archive.summary
            try insertion.run([
                owned.id(position), .text(summary.path), .text(archive.identity),
                .text(summary.layers.joined(separator: " ")), .text(summary.format), .integer(summary.bytes),
                .integer(summary.bytesDecompressed), .integer(summary.spans), .integer(summary.spansInvalid),
                .integer(summary.badRecords), .integer(summary.otherRecords),
                .integer(summary.firstNanoseconds == .max ? nil : summary.firstNanoseconds),
                .integer(summary.lastNanoseconds), .integer(summary.truncatedAt), .text(summary.error?.code.rawValue),
                .text(summary.error?.path), .integer(summary.error?.offset), .text(summary.error?.message),
            ])
        }
    }

    private func write(_ quality: Quality) throws {
        let insertion = try Insertion(db, into: "quality", "id, counter, value")
        let counters =
            QualityCounters.all.map { ($0.name, quality[keyPath: $0.path]) }
            + quality.counters.sorted { $0.key < $1.key }.map { ($0.key.rawValue, $0.value) }
        for (position, (name, value)) in counters.enumerated() {
            try insertion.run([owned.id(position), .text(name), .integer(value)])
        }
    }

    private mutating func write(_ findings: [Finding]) throws {
        let insertion = try Insertion(db, into: "finding", "id, reason, service_id, count, exemplars")
        for (position, finding) in findings.enumerated() {
            try insertion.run([
                owned.id(position), .text(finding.reason.rawValue), names.value(finding.service),
                .integer(finding.count), .blob(TraceIDCoding.bytes(finding.exemplars)),
            ])
        }
    }

    private mutating func write(_ nodes: [Node]) throws {
        let insertion = try Insertion(
            db, into: "node", "id, name_id, kind, calls_in, errors_in, calls_out, entry_calls")
        for (position, node) in nodes.enumerated() {
            try insertion.run([
                owned.id(position), names.value(node.name), .text(node.kind.rawValue), .integer(node.callsIn),
                .integer(node.errorsIn), .integer(node.callsOut), .integer(node.entryCalls),
            ])
        }
    }

    private mutating func write(_ edges: [Edge]) throws {
        let insertion = try Insertion(
            db, into: "edge",
            """
            id, caller_id, callee_id, kind, name_source, calls, errors, client_only_errors, estimated_calls,
            \(Percentiles.columns("client_")), \(Percentiles.columns("server_")),
            estimate, exemplars, client_sketch, server_sketch
            """)
        let destinations = try Insertion(db, into: "edge_destination", "edge_id, position, name_id")
        for (position, edge) in edges.enumerated() {
            let counts: [DatabaseValue] = [
                owned.id(position), try names.value(edge.caller), try names.value(edge.callee),
                .text(edge.kind.rawValue), .text(edge.nameSource.key), .integer(edge.calls), .integer(edge.errors),
                .integer(edge.clientOnlyErrors), .real(edge.estimated?.estimate),
            ]
            let details: [DatabaseValue] = [
                edge.estimated.map { sums in .blob { $0.append(sums) } } ?? .null,
                .blob(TraceIDCoding.bytes(edge.exemplars)), .sketch(edge.client), .sketch(edge.server),
            ]
            try insertion.run(counts + Percentiles.values(edge.client) + Percentiles.values(edge.server) + details)
            for (index, destination) in edge.destinations.enumerated() {
                try destinations.run([owned.id(position), index.databaseValue, names.value(destination)])
            }
        }
        let hours = edges.lazy.map { $0.hours.map { HourBlob.Hour($0.hour, $0.calls, $0.errors, $0.latency) } }
        try write(hours, "edge_hours")
    }

    private func write(_ all: some Sequence<[HourBlob.Hour]>, _ table: String) throws {
        let insertion = try Insertion(db, into: table, "id, hours")
        for (position, row) in all.enumerated() where !row.isEmpty {
            try insertion.run([owned.id(position), .blob(hours.encode(row))])
        }
    }

    private mutating func write(_ operations: [OperationLatency]) throws {
        let insertion = try Insertion(
            db, into: "operation_latency",
            """
            id, service_id, operation_id, kind, count, errors, roots, estimated_count, estimated_errors,
            \(Percentiles.columns("")), exemplar_p50, exemplar_p95, exemplar_p99, exemplar_error, estimates, sketch
            """)
        for (position, operation) in operations.enumerated() {
            let counts: [DatabaseValue] = [
                owned.id(position), try names.value(operation.service), try names.value(operation.operation),
                .text(operation.kind.label), .integer(operation.count), .integer(operation.errors),
                .integer(operation.roots), .real(operation.estimated.estimate),
                .real(operation.estimatedErrors.estimate),
            ]
            let exemplars = operation.exemplars
            let details: [DatabaseValue] = [
                .traceID(exemplars.p50), .traceID(exemplars.p95), .traceID(exemplars.p99), .traceID(exemplars.error),
                .blob {
                    $0.append(operation.estimated)
                    $0.append(operation.estimatedErrors)
                },
                .sketch(operation.latency),
            ]
            try insertion.run(counts + Percentiles.values(operation.latency) + details)
        }
        let hours = operations.lazy.map { $0.hours.map { HourBlob.Hour($0.hour, $0.count, $0.errors, $0.latency) } }
        try write(hours, "operation_hours")
    }

    private mutating func write(_ roots: [RootThroughput]) throws {
        let insertion = try Insertion(
            db, into: "root_throughput",
            """
            id, service_id, operation_id, hour, roots, uncounted, unweighted, evidence, estimated_roots, spans, bytes,
            errors, p95_nanoseconds, first_seen_nanoseconds, last_seen_nanoseconds, sums, sketch
            """)
        for (position, root) in roots.enumerated() {
            try insertion.run([
                owned.id(position), names.value(root.service), names.value(root.operation),
                Int64(root.hour).databaseValue, .integer(root.roots), .integer(root.uncounted),
                .integer(root.unweighted), .text(root.evidence.label), .real(root.estimated.estimate),
                .integer(root.spans), .integer(root.bytes), .integer(root.errors),
                .integer(root.latency.percentile(0.95)), .integer(root.firstSeenNanoseconds),
                .integer(root.lastSeenNanoseconds),
                .blob {
                    $0.append(root.estimated)
                    $0.append(root.durations)
                    $0.append(root.logSum)
                    $0.append(root.logSquareSum)
                },
                .sketch(root.latency),
            ])
        }
    }
}
