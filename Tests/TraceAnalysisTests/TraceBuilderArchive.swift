import SpanModel

@testable import TraceAnalysis

/// Drawn traces the way assembly hands them to a rule set: names final, links at their targets, all sorted.
struct DrawnArchive {
    private(set) var traces: [TraceRecords] = []
    let names: [String]

    init(_ drawings: [Drawing]) {
        var texts: Set<String> = [""]
        var pairs: Set<[String]> = [["", ""]]
        for span in drawings.flatMap(\.spans) {
            texts.formUnion([span.service, span.peer, span.destination])
            pairs.insert([span.service, span.name])
        }
        names = texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let operations = pairs.sorted { $0.lexicographicallyPrecedes($1) }
        var linksByTrace: [UInt64: [(LinkRecord, UInt32)]] = [:]
        var spansByTrace: [UInt64: [(SpanRecord, UInt32)]] = [:]
        for drawing in drawings {
            for drawn in drawing.spans {
                var record = drawn.record
                record.peer = id(drawn.peer)
                record.destination = id(drawn.destination)
                record.operation = UInt32(operations.firstIndex(of: [drawn.service, drawn.name]) ?? 0)
                spansByTrace[drawing.traceID, default: []].append((record, id(drawn.service)))
                for link in drawn.links {
                    let target = TraceID(high: 0, low: link.trace)
                    let copy = LinkRecord(of: record, to: target, link.span)
                    linksByTrace[link.trace, default: []].append((copy, id(drawn.service)))
                }
            }
        }
        for traceID in Set(spansByTrace.keys).union(linksByTrace.keys).sorted() {
            traces.append(Self.records(traceID, spansByTrace[traceID] ?? [], linksByTrace[traceID] ?? []))
        }
    }

    private func id(_ name: String) -> UInt32 { UInt32(names.firstIndex(of: name) ?? 0) }

    private static func records(
        _ traceID: UInt64, _ spans: [(SpanRecord, UInt32)], _ links: [(LinkRecord, UInt32)]
    ) -> TraceRecords {
        var records = TraceRecords()
        records.id = TraceID(high: 0, low: traceID)
        let sorted = spans.sorted { content($0).lexicographicallyPrecedes(content($1)) }
        records.records = sorted.map(\.0)
        records.services = sorted.map(\.1)
        let sortedLinks = links.sorted {
            ($0.0.targetSpanID, $0.0.traceID, $0.0.spanID) < ($1.0.targetSpanID, $1.0.traceID, $1.0.spanID)
        }
        records.links = sortedLinks.map(\.0)
        records.linkServices = sortedLinks.map(\.1)
        return records
    }

    private static func content(_ span: (SpanRecord, UInt32)) -> [UInt64] {
        let record = span.0
        return [
            record.spanID, UInt64(span.1), record.parentID, record.startNanoseconds, record.durationNanoseconds,
            UInt64(record.operation), UInt64(record.peer), UInt64(record.destination), UInt64(record.endpointHash),
            UInt64(record.kind.rawValue), UInt64(record.flags.rawValue), UInt64(record.peerSource.rawValue),
            record.weight.units,
        ]
    }

    /// Everything a rule set says of these traces, as text to compare with.
    func outcome(_ rules: some RuleSet) -> Outcome {
        var rules = rules
        var outcome = Outcome()
        var observation = TraceObservation()
        for records in traces {
            rules.observe(records, into: &observation)
            outcome.add(observation, names)
        }
        return outcome
    }
}

/// Edges, findings and entry calls by name.
struct Outcome: Equatable {
    struct Counts: Equatable {
        var calls = 0
        var errors = 0
        var clientOnly = 0
    }

    var edges: [String: Counts] = [:]
    var findings: [String: UInt64] = [:]
    var entryCalls: [String: Int] = [:]

    mutating func add(_ observation: TraceObservation, _ names: [String]) {
        for edge in observation.edges {
            var key = "\(names[Int(edge.caller)])->\(names[Int(edge.callee)]) \(edge.kind.rawValue)"
            if let source = edge.nameSource.key { key += " by \(source)" }
            if edge.destination != 0 { key += " via \(names[Int(edge.destination)])" }
            edges[key, default: Counts()].calls += 1
            edges[key, default: Counts()].errors += edge.isError ? 1 : 0
            edges[key, default: Counts()].clientOnly += edge.isClientOnlyError ? 1 : 0
        }
        for finding in observation.findings where finding.reason != .spansUnweighted {
            findings["\(finding.reason.rawValue) \(names[Int(finding.service)])", default: 0] += finding.count
        }
        for entry in observation.entryCalls {
            entryCalls[names[Int(observation.trace.spans[Int(entry)].service)], default: 0] += 1
        }
    }

    /// One line per fact, sorted: `a->b call 2 (1 failed, 1 client only)`, `entry a 1`, `inner_entries b 1`.
    var lines: [String] {
        var lines = edges.map { key, counts in
            var line = "\(key) \(counts.calls)"
            if counts.errors > 0 { line += " failed \(counts.errors)" }
            if counts.clientOnly > 0 { line += " client_only \(counts.clientOnly)" }
            return line
        }
        lines += entryCalls.map { "entry \($0.key) \($0.value)" }
        lines += findings.map { "\($0.key) \($0.value)" }
        return lines.sorted()
    }
}

/// What the default rules say of some drawings; the first is trace 1, the second trace 2, and so on.
func otlp(_ drawings: String..., settings: AnalysisSettings = AnalysisSettings()) throws -> [String] {
    let parsed = try drawings.enumerated().map { try Drawing($1, trace: UInt64($0 + 1)) }
    return DrawnArchive(parsed).outcome(OTLPRules(settings: settings)).lines
}

/// The first trace's observation by the default rules.
func observed(_ drawing: String, settings: AnalysisSettings = AnalysisSettings()) throws -> TraceObservation {
    var rules = OTLPRules(settings: settings)
    var observation = TraceObservation()
    let archive = DrawnArchive([try Drawing(drawing)])
    guard let records = archive.traces.first else { return observation }
    rules.observe(records, into: &observation)
    return observation
}
