public import SpanModel

/// What a tracer is told of its service, in the one shape that every known client of the protocol takes.
///
/// Both members are there, `probabilisticSampling` for clients that know nothing of operations, and `operationSampling`
/// with all four of its own; it is left out where it would be empty, which some clients refuse and others misread.
/// Operations are sorted by their bytes: equal strategies are equal bodies. No line feed at the end.
public func jaegerStrategyBody(_ strategy: ServiceStrategy) -> [UInt8] {
    var json = GoJSON()
    json.raw(#"{"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":"#)
    json.number(strategy.defaultProbability)
    json.raw("}")
    let operations = strategy.operations.filter { !$0.operation.isEmpty }
        .sorted { $0.operation.utf8.lexicographicallyPrecedes($1.operation.utf8) }
    if !operations.isEmpty {
        json.raw(#","operationSampling":{"defaultSamplingProbability":"#)
        json.number(strategy.defaultProbability)
        json.raw(#","defaultLowerBoundTracesPerSecond":"#)
        json.number(strategy.lowerBoundPerSecond)
        json.raw(#","perOperationStrategies":"#)
        json.array(operations) { json, operation in
            json.raw(#"{"operation":"#)
            json.text(operation.operation)
            json.raw(#","probabilisticSampling":{"samplingRate":"#)
            json.number(operation.probability)
            json.raw("}}")
        }
        json.raw(#","defaultUpperBoundTracesPerSecond":0}"#)
    }
    json.raw("}")
    return json.bytes
}

/// What a tracer is told whose service has no strategies of its own.
public func jaegerStrategyBody(defaultProbability: Double) -> [UInt8] {
    jaegerStrategyBody(ServiceStrategy(service: "", defaultProbability: defaultProbability, operations: []))
}
