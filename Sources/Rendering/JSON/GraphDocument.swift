import SpanModel

extension JSONWriter {
    /// Nodes and edges; empty arrays where there is no report.
    mutating func graphMembers(_ report: Report?) {
        member("nodes") { json in
            json.array(report?.nodes ?? [], .lines) { json, node in
                json.object { json in
                    json.member("name", node.name)
                    json.member("kind", node.kind.rawValue)
                    json.member("calls_in", node.callsIn)
                    json.member("errors_in", node.errorsIn)
                    json.member("calls_out", node.callsOut)
                    json.member("entry_calls", node.entryCalls)
                }
            }
        }
        let isByOperation = report?.isByOperation ?? false
        member("edges") { json in
            json.array(report?.edges ?? [], .lines) { json, edge in json.edge(edge, isByOperation: isByOperation) }
        }
    }

    private mutating func edge(_ edge: Edge, isByOperation: Bool) {
        object { json in
            json.member("caller", edge.caller)
            json.member("callee", edge.callee)
            if isByOperation {
                json.member("caller_operation", edge.callerOperation)
                json.member("callee_operation", edge.calleeOperation)
            }
            json.member("kind", edge.kind.rawValue)
            json.member("name_source", edge.nameSource.key)
            json.member("calls", edge.calls)
            json.member("errors", edge.errors)
            json.member("client_only_errors", edge.clientOnlyErrors)
            json.member("destinations") { $0.array(edge.destinations) { $0.value($1) } }
            json.estimate("estimated_calls", edge.estimated, counted: edge.calls)
            json.member("client") { $0.latency(edge.clientFigures) }
            json.member("server") { $0.latency(edge.serverFigures) }
            json.traces("exemplars", edge.exemplars)
        }
    }

    /// A count corrected for sampling, and its 95 % interval.
    mutating func estimate(_ key: String, _ sums: WeightedSums?, counted: UInt64) {
        member(key, sums.map { Decimal.rounded($0.estimate) })
        member(key + "_interval") { json in
            guard let interval = sums?.interval(counted: counted) else { return json.null() }
            json.array([interval.low, interval.high]) { $0.value(Decimal.rounded($1)) }
        }
    }

    private mutating func latency(_ figures: LatencyFigures) {
        object { json in
            json.member("count", figures.count)
            json.percentiles(figures)
        }
    }

    /// Minimum, percentiles, maximum and sum; null where there is no sample.
    mutating func percentiles(_ figures: LatencyFigures) {
        let isEmpty = figures.isEmpty
        member("min_nanoseconds", isEmpty ? nil : figures.minimumNanoseconds)
        for percentile in Percentile.allCases { member(percentile.name + "_nanoseconds", figures[percentile]) }
        member("max_nanoseconds", isEmpty ? nil : figures.maximumNanoseconds)
        member("sum_nanoseconds", isEmpty ? nil : figures.sumNanoseconds)
    }
}
