public import SpanModel

/// Strategies in Jaeger's file schema, as `strategies.json` for Jaeger and the OpenTelemetry Collector's extension.
///
/// Sorted, so that equal strategies give equal bytes.
public func jaegerStrategyFile(_ set: StrategySet) -> [UInt8] {
    JSONWriter.document { json in
        json.member("default_strategy") { json in
            json.object { json in
                json.member("type", "probabilistic")
                json.member("param", set.defaultProbability)
            }
        }
        json.member("service_strategies") { json in
            json.array(set.services, .lines) { json, service in
                json.object(.lines) { $0.strategyFile(service) }
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func strategyFile(_ service: ServiceStrategy) {
        member("service", service.service)
        member("type", "probabilistic")
        member("param", service.defaultProbability)
        member("operation_strategies") { json in
            json.array(service.operations, .lines) { json, operation in
                json.object { json in
                    json.member("operation", operation.operation)
                    json.member("type", "probabilistic")
                    json.member("param", operation.probability)
                }
            }
        }
    }
}
