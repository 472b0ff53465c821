internal import GRDB
internal import SpanModel

extension ReportReader {
    mutating func edges(_ detail: ReportDetail) throws -> [Edge] {
        var names = names
        defer { self.names = names }
        let destinations = try destinations()
        let hours = try hours(detail, of: "edge_hours")
        let hasSketches = detail.contains(.sketches)
        let sketches = "client_sketch, server_sketch"
        let figures = ["client_", "server_"].map(Percentiles.figureColumns).joined(separator: ", ")
        let columns = """
            id, caller_id, callee_id, kind, name_source, calls, errors, client_only_errors, estimate, exemplars,
            \(hasSketches ? sketches : figures)
            """
        return try all(columns, of: "edge") { row in
            let id = try row.integer()
            var edge = Edge(
                caller: try names.name(row.integer()), callee: try names.name(row.integer()),
                kind: try row.word(Edge.Kind.init(rawValue:)))
            guard let source = NameSource(key: try row.optionalText()) else { throw Columns.damage }
            edge.nameSource = source
            edge.calls = try row.number()
            edge.errors = try row.number()
            edge.clientOnlyErrors = try row.number()
            if let found = destinations[id] { edge.destinations = try found.map { try names.name($0) } }
            edge.estimated = try row.decoded { try $0.sums() }
            edge.exemplars = try row.traceIDs()
            if hasSketches {
                edge.client = try row.sketch()
                edge.server = try row.sketch()
            } else {
                edge.figures = EdgeFigures(client: try row.figures(), server: try row.figures())
            }
            edge.hours = try hours(id).map {
                EdgeHour(hour: $0.hour, calls: $0.count, errors: $0.errors, latency: $0.latency)
            }
            return edge
        }
    }

    private func destinations() throws -> [Int64: [Int64]] {
        let sql =
            "SELECT edge_id, name_id FROM edge_destination WHERE edge_id BETWEEN ? AND ? ORDER BY edge_id, position"
        let rows = try StoredRows(db, sql, [owned.range.lowerBound, owned.range.upperBound])
        var destinations: [Int64: [Int64]] = [:]
        while var row = try rows.next() {
            destinations[try row.integer(), default: []].append(try row.integer())
        }
        return destinations
    }
}

extension Columns {
    /// The figures of a sketch, from `Percentiles.figureColumns`; damage where columns and sketch contradict each other.
    fileprivate mutating func figures() throws -> LatencyFigures {
        guard let bytes = try optionalBlob(prefix: LatencySketch.Head.longest) else {
            skip(Percentiles.count)
            return LatencyFigures()
        }
        var reader = VarintReader(bytes)
        guard let head = try? LatencySketch.Head(decoding: &reader), head.count > 0 else { throw Self.damage }
        var last = head.minimumNanoseconds
        guard try number() == head.minimumNanoseconds, try number() == head.maximumNanoseconds else {
            throw Self.damage
        }
        return try LatencyFigures(
            count: head.count, sumNanoseconds: head.sumNanoseconds, minimumNanoseconds: head.minimumNanoseconds,
            maximumNanoseconds: head.maximumNanoseconds
        ) { _ in
            let value = try number()
            guard (last...head.maximumNanoseconds).contains(value) else { throw Self.damage }
            last = value
            return value
        }
    }
}
