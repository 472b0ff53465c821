import SpanModel

/// The document of a verb, as the command line promises it.
@Sendable
func jsonDocument(_ input: RenderInput, _ options: RenderOptions) -> [UInt8] {
    let schema = input.verb == .run ? RenderInput.Verb.report : input.verb
    return JSONWriter.document { json in
        json.header(input, schema: "spanmill.\(schema.rawValue)")
        let report = input.selected(options)
        switch schema {
        case .graph:
            json.graphMembers(report)
            json.findings(report)
        case .latency: json.latencyMembers(report)
        case .inspect: json.inspectMembers(input.archives)
        case .sampling: json.samplingMembers(input.strategies)
        case .explain, .backtest, .samplingDiff, .samplingHistory, .samplingCheck:
            json.samplingAnswer(input.sampling)
        case .report, .run:
            json.summary(report, input)
            json.section("graph", report != nil) { $0.graphMembers(report) }
            json.section("latency", report != nil) { $0.latencyMembers(report) }
            json.section("sampling", input.strategies != nil) { $0.samplingMembers(input.strategies) }
            json.findings(report)
            json.evidence(report)
        }
    }
}

extension JSONWriter {
    /// What every document begins with; rules and quality are null where no report is shown.
    mutating func header(_ input: RenderInput, schema: String) {
        member("schema", schema)
        member("version", 1)
        member("spanmill_version", input.version)
        member("window") { json in
            guard let window = input.report?.window ?? input.sampling?.window else { return json.null() }
            json.object { json in
                json.time("start", window.startNanoseconds)
                json.time("end", window.endNanoseconds)
            }
        }
        member("rules", input.report?.rules)
        member("quality") { json in
            if let quality = input.report?.quality { json.quality(quality) } else { json.null() }
        }
    }

    mutating func section(_ name: String, _ exists: Bool, _ body: (inout JSONWriter) -> Void) {
        member(name) { json in if exists { json.object(.lines, body) } else { json.null() } }
    }

    /// An instant, or null.
    mutating func time(_ key: String, _ nanoseconds: UInt64?) {
        member(key, nanoseconds.map(Timestamp.text))
    }

    /// Trace ids.
    mutating func traces(_ key: String, _ traces: [TraceID]) {
        member(key) { $0.array(traces) { $0.value($1.hex) } }
    }

    private mutating func quality(_ quality: Quality) {
        object(.lines) { json in
            json.member("archives", quality.archives)
            json.member("archives_bad", quality.archivesBad)
            json.member("records_bad", quality.recordsBad)
            json.member("bytes_read", quality.bytesRead)
            json.member("spans", quality.spans)
            json.member("spans_invalid", quality.spansInvalid)
            json.member("spans_outside", quality.spansOutside)
            json.member("traces", quality.traces)
            json.member("traces_complete", quality.tracesComplete)
            json.member("entry_calls", quality.entryCalls)
            json.member("operations_folded", quality.operationsFolded)
            json.counts("traces_by_evidence", quality.evidence)
            for reason in Finding.Reason.allCases { json.member(reason.rawValue, quality[reason]) }
        }
    }

    /// What is in doubt, with traces that show it.
    mutating func findings(_ report: Report?) {
        member("findings") { json in
            guard let report else { return json.null() }
            json.array(report.findings, .lines) { json, finding in
                json.object { json in
                    json.member("reason", finding.reason.rawValue)
                    json.member("service", finding.service)
                    json.member("count", finding.count)
                    json.traces("exemplars", finding.exemplars)
                }
            }
        }
    }

    fileprivate mutating func summary(_ report: Report?, _ input: RenderInput) {
        member("summary") { json in
            guard let report else { return json.null() }
            let summary = ReportSummary(report)
            json.object(.lines) { json in
                json.member("services", summary.nodes[.service])
                json.member("databases", summary.nodes[.database])
                json.member("queues", summary.nodes[.messaging])
                json.member("externals", summary.nodes[.external])
                json.member("edges", report.edges.count)
                json.member("operations", report.operations.count)
                json.member("calls", summary.calls)
                json.member("errors", summary.errors)
                json.member("entry_calls", report.quality.entryCalls)
                json.edge("slowest_edge", summary.slowest)
                json.edge("most_failing_edge", summary.mostFailing)
                json.member("elapsed_nanoseconds", input.run?.elapsedNanoseconds)
            }
        }
    }

    /// The key of an edge with the figures it was chosen for.
    private mutating func edge(_ key: String, _ edge: Edge?) {
        member(key) { json in
            guard let edge else { return json.null() }
            json.object { json in
                json.member("caller", edge.caller)
                json.member("callee", edge.callee)
                json.member("kind", edge.kind.rawValue)
                json.member("calls", edge.calls)
                json.member("errors", edge.errors)
                json.member("p95_nanoseconds", edge.shownFigures[.p95])
            }
        }
    }
}
