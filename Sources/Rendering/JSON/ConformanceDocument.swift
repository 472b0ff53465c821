import SpanModel

extension JSONWriter {
    /// Whether tracers obey: every operation, and names that were never seen.
    mutating func conformance(_ conformance: Conformance) {
        member("version_id", conformance.versionID)
        member("operations") { json in
            json.array(conformance.operations, .lines) { json, operation in
                json.object { $0.operation(operation) }
            }
        }
        member("unseen") { json in
            json.array(conformance.unseen, .lines) { json, unseen in
                json.object { json in
                    json.member("service", unseen.service)
                    json.member("operation", unseen.operation)
                    json.member("probability", unseen.probability)
                    json.member("expected_traces", Decimal.rounded(unseen.expectedTraces))
                    json.member("seen_as", unseen.seenAs)
                }
            }
        }
        member("aliases") { json in
            json.array(conformance.aliases, .lines) { json, alias in
                json.object { json in
                    json.member("service", alias.service)
                    json.member("seen", alias.seen)
                    json.member("published", alias.published)
                }
            }
        }
    }

    private mutating func operation(_ operation: Conformance.Operation) {
        member("service", operation.service)
        member("operation", operation.operation)
        member("published_as", operation.publishedName)
        member("listed", operation.isListed)
        member("published_low", operation.published?.lowerBound)
        member("published_high", operation.published?.upperBound)
        member("observed", operation.observed)
        member("observed_low", operation.interval?.low)
        member("observed_high", operation.interval?.high)
        member("evidence", operation.evidence.label)
        member("traces", operation.traces)
        member("verdict", operation.verdict.rawValue)
        member("follows_default", operation.followsDefault)
    }
}
