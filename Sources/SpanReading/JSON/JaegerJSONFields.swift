/// Members of the objects in Jaeger's query JSON.
enum JaegerJSONField: UInt8, CaseIterable {
    case data, total, limit, offset, errors
    case spans, processes, serviceName
    case traceID, spanID, parentSpanID, flags, operationName, references, refType, startTime, duration, tags, processID
    case key, value

    static func table() -> KeyTable<JaegerJSONField> {
        KeyTable(allCases.map { ("\($0)", $0) })
    }
}
