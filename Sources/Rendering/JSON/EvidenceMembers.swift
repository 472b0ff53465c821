import SpanModel

extension JSONWriter {
    /// Traces by what their weights rest on.
    mutating func counts(_ key: String, _ counts: EvidenceCounts) {
        member(key) { json in
            json.object { json in
                for evidence in WeightEvidence.strongestFirst { json.member(evidence.label, counts[evidence]) }
            }
        }
    }

    /// Where the weights of each root operation came from, and the probability its traces show.
    mutating func evidence(_ report: Report?) {
        member("evidence") { json in
            guard let report else { return json.null() }
            json.array(report.evidence, .lines) { json, row in
                json.object { json in
                    json.member("service", row.service)
                    json.member("operation", row.operation)
                    json.counts("traces_by_evidence", row.traces)
                    json.observed(row)
                }
            }
        }
    }

    /// The observed probability with its interval, and how ids show it.
    mutating func observed(_ row: RootEvidence) {
        member("observed_probability", row.observed?.probability)
        member("observed_probability_interval") { json in
            guard let interval = row.observed?.interval else { return json.null() }
            json.array([interval.low, interval.high]) { $0.value($1) }
        }
        member("inferred_family", row.inferred?.family?.label)
        member("inferred_traces", row.inferred?.traces)
        member("forced_traces", row.inferred?.forced)
    }
}
