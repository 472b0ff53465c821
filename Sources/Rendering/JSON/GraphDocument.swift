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
            json.member("client") { $0.latency(edge.client) }
            json.member("server") { $0.latency(edge.server) }
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

    private mutating func latency(_ sketch: LatencySketch) {
        object { json in
            json.member("count", sketch.count)
            json.percentiles(sketch)
        }
    }

    /// Minimum, percentiles, maximum and sum; null where there is no sample.
    mutating func percentiles(_ sketch: LatencySketch) {
        let isEmpty = sketch.isEmpty
        member("min_nanoseconds", isEmpty ? nil : sketch.minimumNanoseconds)
        for percentile in Percentile.all {
            member(percentile.name + "_nanoseconds", sketch.percentile(percentile.share))
        }
        member("max_nanoseconds", isEmpty ? nil : sketch.maximumNanoseconds)
        member("sum_nanoseconds", isEmpty ? nil : sketch.sumNanoseconds)
    }
}

/// A percentile by its name in documents.
struct Percentile {
    var name: String
    var share: Double

    static let all = [
        Percentile(name: "p50", share: 0.5), Percentile(name: "p75", share: 0.75), Percentile(name: "p90", share: 0.9),
        Percentile(name: "p95", share: 0.95), Percentile(name: "p99", share: 0.99),
        Percentile(name: "p999", share: 0.999),
    ]
}
