/// Members of OTLP's JSON objects, whatever the dialect calls them.
enum OTLPJSONField: UInt8, CaseIterable {
    case resourceSpans, nestedRequest, otherSignal
    case resource, scopeSpans, spans, attributes
    case traceID, spanID, parentSpanID, traceState, name, kind, startTime, endTime, links, status, code
    case key, value, stringValue, integerValue, booleanValue, doubleValue

    private var texts: [String] {
        switch self {
        // `batches` is Tempo's word.
        case .resourceSpans: ["resourceSpans", "resource_spans", "batches"]
        // Tempo's v2 replies and Jaeger's api_v3 replies.
        case .nestedRequest: ["trace", "result"]
        case .otherSignal:
            [
                "resourceMetrics", "resource_metrics", "resourceLogs", "resource_logs", "resourceProfiles",
                "resource_profiles", "scopeMetrics", "scope_metrics", "scopeLogs", "scope_logs",
            ]
        case .resource: ["resource"]
        // Collectors before 0.49 had instrumentation libraries.
        case .scopeSpans:
            ["scopeSpans", "scope_spans", "instrumentationLibrarySpans", "instrumentation_library_spans"]
        case .spans: ["spans"]
        case .attributes: ["attributes"]
        case .traceID: ["traceId", "trace_id"]
        case .spanID: ["spanId", "span_id"]
        case .parentSpanID: ["parentSpanId", "parent_span_id"]
        case .traceState: ["traceState", "trace_state"]
        case .name: ["name"]
        case .kind: ["kind"]
        case .startTime: ["startTimeUnixNano", "start_time_unix_nano"]
        case .endTime: ["endTimeUnixNano", "end_time_unix_nano"]
        case .links: ["links"]
        case .status: ["status"]
        case .code: ["code"]
        case .key: ["key"]
        case .value: ["value"]
        case .stringValue: ["stringValue", "string_value"]
        case .integerValue: ["intValue", "int_value"]
        case .booleanValue: ["boolValue", "bool_value"]
        case .doubleValue: ["doubleValue", "double_value"]
        }
    }

    /// Made once: an archive may be as small as one span.
    static let table = KeyTable(allCases.flatMap { field in field.texts.map { ($0, field) } })
}
