/// Members of the objects in Jaeger's query JSON.
enum JaegerJSONField: UInt8, CaseIterable {
    case data, total, limit, offset, errors
    case spans, processes, serviceName
    case traceID, spanID, parentSpanID, flags, operationName, references, refType, startTime, duration, tags, processID
    case key, value

    /// Made once: an archive may be as small as one span.
    static let table = KeyTable(allCases.map { ("\($0)", $0) })
}
