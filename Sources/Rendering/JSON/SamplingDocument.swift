import SpanModel

extension JSONWriter {
    /// The strategies in force; an empty array where there are none.
    mutating func samplingMembers(_ set: StrategySet?) {
        member("strategies") { json in
            json.array(set?.services ?? [], .lines) { json, service in
                json.object(.lines) { json in
                    json.member("service", service.service)
                    json.member("default_probability", service.defaultProbability)
                    json.member("lower_bound_per_second", service.lowerBoundPerSecond)
                    json.member("operations") { json in
                        json.array(service.operations, .lines) { json, operation in
                            json.object { $0.strategy(operation) }
                        }
                    }
                }
            }
        }
        member("default_probability", set?.defaultProbability)
        member("budget") { json in
            guard let set else { return json.null() }
            json.object { json in
                json.member("spans_per_second", set.budgetSpansPerSecond)
                json.member("predicted_spans_per_second", Decimal.rounded(set.predictedSpansPerSecond, 6))
                json.member("status", set.status.rawValue)
            }
        }
        member("note", set?.note)
        member("version_id", set?.versionID)
        time("published_at", set?.publishedAtNanoseconds)
    }

    private mutating func strategy(_ operation: OperationStrategy) {
        member("operation", operation.operation)
        member("probability", operation.probability)
        member("previous_probability", operation.previousProbability)
        member("reason", operation.reason)
        member("evidence", operation.evidence.label)
        member("estimated_rate_per_second", Decimal.rounded(operation.estimatedRatePerSecond, 6))
        member("predicted_traces_per_day", Decimal.rounded(operation.predictedTracesPerDay))
        member("predicted_spans_per_second", Decimal.rounded(operation.predictedSpansPerSecond, 6))
        if !operation.hours.isEmpty { member("hours") { json in json.array(operation.hours) { $0.value($1) } } }
    }
}
