internal import GRDB
internal import SpanModel

/// Reads the rows of one report back into the value they came from.
struct ReportReader {
    let db: Database
    let owned: OwnedRows
    var names: NameReader

    init(_ db: Database, reportID: Int64) throws {
        self.db = db
        owned = OwnedRows(owner: reportID)
        names = try NameReader(db)
    }

    mutating func report(_ record: ReportRecord, _ detail: ReportDetail) throws -> Report {
        Report(
            window: record.window, rules: record.rules, quality: try quality(), nodes: try nodes(),
            edges: try edges(detail), operations: detail.contains(.operations) ? try operations(detail) : [],
            roots: detail.contains(.roots) ? try roots() : [], findings: try findings(), evidence: try evidence())
    }

    /// One value per row of `table`.
    func all<Value>(
        _ columns: String, of table: String, _ make: (inout Columns) throws -> Value
    ) throws -> [Value] {
        let rows = try owned.rows(db, columns, of: table)
        var values: [Value] = []
        values.reserveCapacity(try owned.likelyCount(db, of: table))
        while var row = try rows.next() { values.append(try make(&row)) }
        return values
    }

    func count(_ table: String) throws -> Int {
        try Int.fetchOne(
            db, sql: "SELECT count(*) FROM \(table) WHERE id BETWEEN ? AND ?",
            arguments: [owned.range.lowerBound, owned.range.upperBound]) ?? 0
    }

    func archives() throws -> [ArchiveRecord] {
        let columns = """
            path, identity, layers, format, bytes, bytes_decompressed, spans, spans_invalid, bad_records, other_records,
            first_nanoseconds, last_nanoseconds, truncated_at, error_code, error_path, error_offset, error_message
            """
        return try all(columns, of: "archive") { row in
            var summary = ArchiveSummary(path: try row.text())
            let identity = try row.text()
            summary.layers = try row.text().split(separator: " ").map(String.init)
            summary.format = try row.text()
            summary.bytes = try row.number()
            summary.bytesDecompressed = try row.number()
            summary.spans = try row.number()
            summary.spansInvalid = try row.number()
            summary.badRecords = try row.number()
            summary.otherRecords = try row.number()
            summary.firstNanoseconds = try row.optionalNumber() ?? .max
            summary.lastNanoseconds = try row.number()
            summary.truncatedAt = try row.optionalNumber()
            if let code = try row.optionalText() {
                summary.error = ArchiveError(
                    ArchiveError.Code(rawValue: code), path: try row.text(), offset: try row.number(),
                    message: try row.text())
            }
            return ArchiveRecord(summary, identity: identity)
        }
    }

    func quality() throws -> Quality {
        let paths = Dictionary(uniqueKeysWithValues: QualityCounters.all.map { ($0.name, $0.path) })
        var quality = Quality()
        for (name, value) in try all("counter, value", of: "quality", { (try $0.text(), try $0.number()) }) {
            if let path = paths[name] {
                quality[keyPath: path] = value
            } else if let reason = Finding.Reason(rawValue: name) {
                quality[reason] = value
            }
        }
        return quality
    }

    private mutating func findings() throws -> [Finding] {
        var names = names
        defer { self.names = names }
        return try all("reason, service_id, count, exemplars", of: "finding") { row in
            Finding(
                reason: try row.word(Finding.Reason.init(rawValue:)), service: try names.name(row.integer()),
                count: try row.number(), exemplars: try row.traceIDs())
        }
    }

    private mutating func nodes() throws -> [Node] {
        var names = names
        defer { self.names = names }
        return try all("name_id, kind, calls_in, errors_in, calls_out, entry_calls", of: "node") { row in
            Node(
                name: try names.name(row.integer()), kind: try row.word(Node.Kind.init(rawValue:)),
                callsIn: try row.number(), errorsIn: try row.number(), callsOut: try row.number(),
                entryCalls: try row.number())
        }
    }

    private mutating func operations(_ detail: ReportDetail) throws -> [OperationLatency] {
        var names = names
        defer { self.names = names }
        let latency = ", exemplar_p50, exemplar_p95, exemplar_p99, exemplar_error, estimates, sketch"
        let columns = """
            id, service_id, operation_id, kind, count, errors, roots\(detail.contains(.latency) ? latency : "")
            """
        let hours = try hours(detail, of: "operation_hours")
        return try all(columns, of: "operation_latency") { row in
            let id = try row.integer()
            var operation = OperationLatency(
                service: try names.name(row.integer()), operation: try names.name(row.integer()),
                kind: try row.word(SpanKind.init(label:)))
            operation.count = try row.number()
            operation.errors = try row.number()
            operation.roots = try row.number()
            guard detail.contains(.latency) else { return operation }
            operation.exemplars = LatencyExemplars(
                p50: try row.traceID(), p95: try row.traceID(), p99: try row.traceID(), error: try row.traceID())
            let estimates = try row.decoded { (try $0.sums(), try $0.sums()) }
            (operation.estimated, operation.estimatedErrors) = estimates ?? (WeightedSums(), WeightedSums())
            operation.latency = try row.sketch()
            operation.hours = try hours(id).map {
                OperationHour(hour: $0.hour, count: $0.count, errors: $0.errors, latency: $0.latency)
            }
            return operation
        }
    }

    /// The hours of a row, asked for in the order of the rows; none unless the detail has them.
    func hours(_ detail: ReportDetail, of table: String) throws -> (Int64) throws -> [HourBlob.Hour] {
        guard detail.contains(.hours) else { return { _ in [] } }
        let blob = HourBlob()
        let rows = try owned.rows(db, "id, hours", of: table)
        var next = try rows.next()
        return { id in
            guard var row = next else { return [] }
            let owner = try row.integer()
            // Hours of no row would keep all that follow from being found.
            guard owner >= id else { throw Columns.damage }
            guard owner == id else { return [] }
            let hours = try blob.decode(row.blob())
            next = try rows.next()
            return hours
        }
    }

    mutating func evidence() throws -> [RootEvidence] {
        var names = names
        defer { self.names = names }
        let counts = WeightEvidence.strongestFirst
        let columns = """
            service_id, operation_id, \(counts.map { "traces_by_\($0.label)" }.joined(separator: ", ")), told_probability,
            inferred_probability, inferred_low, inferred_high, inferred_family, inferred_traces, forced_traces
            """
        return try all(columns, of: "root_evidence") { row in
            var evidence = RootEvidence(
                service: try names.name(row.integer()), operation: try names.name(row.integer()))
            for kind in counts { evidence.traces[kind] = try row.number() }
            evidence.told = try row.optionalReal()
            let (probability, low, high) = (try row.optionalReal(), try row.optionalReal(), try row.optionalReal())
            let label = try row.optionalText()
            let (traces, forced) = (try row.optionalNumber(), try row.optionalNumber())
            guard let probability, let low, let high, let traces, let forced else { return evidence }
            let family = label.flatMap(TraceIDFamily.init(label:))
            guard (family == nil) == (label == nil) else { throw Columns.damage }
            evidence.inferred = InferredProbability(
                probability: probability, interval: ConfidenceInterval(low: low, high: high), family: family,
                traces: traces, forced: forced)
            return evidence
        }
    }

    mutating func roots(hours: Range<UInt64> = 0..<UInt64.max) throws -> [RootThroughput] {
        var names = names
        defer { self.names = names }
        let columns = """
            hour, service_id, operation_id, roots, uncounted, unweighted, evidence, spans, bytes, errors,
            first_seen_nanoseconds, last_seen_nanoseconds, sums, sketch
            """
        return try all(columns, of: "root_throughput") { row -> RootThroughput? in
            let hour = try row.number()
            guard hours.contains(hour) else { return nil }
            var root = RootThroughput(
                service: try names.name(row.integer()), operation: try names.name(row.integer()),
                hour: UInt32(truncatingIfNeeded: hour))
            root.roots = try row.number()
            root.uncounted = try row.number()
            root.unweighted = try row.number()
            root.evidence = try row.word(WeightEvidence.init(label:))
            root.spans = try row.number()
            root.bytes = try row.number()
            root.errors = try row.number()
            root.firstSeenNanoseconds = try row.number()
            root.lastSeenNanoseconds = try row.number()
            try root.readSums(&row)
            root.latency = try row.sketch()
            return root
        }.compactMap { $0 }
    }
}

extension RootThroughput {
    fileprivate mutating func readSums(_ row: inout Columns) throws {
        let sums = try row.decoded { (try $0.sums(), try $0.number(), try $0.wide(), try $0.wide()) }
        guard let sums else { throw Columns.damage }
        (estimated, durations, logSum, logSquareSum) = sums
    }
}
