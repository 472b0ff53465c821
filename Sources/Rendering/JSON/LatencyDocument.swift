import SpanModel

extension JSONWriter {
    /// Operations with their percentiles; an empty array where there is no report.
    mutating func latencyMembers(_ report: Report?) {
        member("operations") { json in
            json.array(report?.operations ?? [], .lines) { json, operation in json.operation(operation) }
        }
    }

    private mutating func operation(_ operation: OperationLatency) {
        object { json in
            json.member("service", operation.service)
            json.member("operation", operation.operation)
            json.member("kind", operation.kind.label)
            json.member("count", operation.count)
            json.member("errors", operation.errors)
            json.estimate("estimated_count", operation.estimated, counted: operation.count)
            json.percentiles(operation.latency.figures)
            for percentile in Percentile.allCases { json.interval(percentile, operation) }
            json.member("roots", operation.roots)
            json.member("exemplars") { json in
                json.object { json in
                    json.member("p50", operation.exemplars.p50?.hex)
                    json.member("p95", operation.exemplars.p95?.hex)
                    json.member("p99", operation.exemplars.p99?.hex)
                    json.member("error", operation.exemplars.error?.hex)
                }
            }
        }
    }

    /// `[low, high]` in nanoseconds; null while there are too few spans, `high` null where none was slow enough.
    private mutating func interval(_ percentile: Percentile, _ operation: OperationLatency) {
        member(percentile.name + "_interval") { json in
            let size = operation.estimated.effectiveSize
            guard let interval = operation.latency.interval(percentile.share, effectiveSize: size) else {
                return json.null()
            }
            json.array([interval.lowNanoseconds, interval.highNanoseconds]) { json, end in
                if let end { json.value(end) } else { json.null() }
            }
        }
    }
}
