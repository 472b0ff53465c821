import Foundation

/// What Jaeger and the Collector's extension make of a strategies file: their rules, written down anew.
///
/// Unknown keys are ignored, a type that is missing or unknown means the program's own default probability (not the
/// file's), operations cannot be rate limited, and services take over the default strategy's operations.
struct FileStrategies {
    struct Strategy {
        /// Nil: rate limiting.
        var probability: Double?
        var tracesPerSecond = 0
        /// In the order of the file; nil: none listed.
        var operations: [(name: String, probability: Double)]?
        /// What operations that are not listed get.
        var operationDefault = 0.0
    }

    struct Refused: Error {
        let message: String
    }

    private(set) var standard: Strategy
    private(set) var services: [String: Strategy] = [:]
    private(set) var warnings: [String] = []
    private let defaultProbability: Double

    /// - Parameters:
    ///   - data: of the file; nil: no file is set.
    ///   - defaultProbability: of the program's configuration.
    ///   - inherits: whether a rate-limiting service takes over the default's operations, as it does now.
    init(_ data: Data?, defaultProbability: Double = 0.001, inherits: Bool = true) throws {
        self.defaultProbability = defaultProbability
        standard = Strategy(probability: defaultProbability, operationDefault: defaultProbability)
        guard let data else { return }
        let document = try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
        if document is NSNull { return }
        guard let file = document as? [String: Any] else {
            throw Refused(message: "failed to unmarshal strategies")
        }
        if let entry = file["default_strategy"] as? [String: Any] { standard = service(entry) }
        for entry in file["service_strategies"] as? [[String: Any]] ?? [] {
            services[entry["service"] as? String ?? ""] = inheriting(service(entry), inherits)
        }
    }

    /// The answer for a service, shaped as the HTTP endpoint shows it.
    func response(_ service: String) -> [String: Any] {
        let strategy = services[service] ?? standard
        var response: [String: Any] =
            strategy.probability.map {
                ["strategyType": "PROBABILISTIC", "probabilisticSampling": ["samplingRate": $0]]
            } ?? [
                "strategyType": "RATE_LIMITING",
                "rateLimitingSampling": ["maxTracesPerSecond": strategy.tracesPerSecond],
            ]
        guard let operations = strategy.operations else { return response }
        response["operationSampling"] =
            [
                "defaultSamplingProbability": strategy.operationDefault, "defaultLowerBoundTracesPerSecond": 0,
                "defaultUpperBoundTracesPerSecond": 0,
                "perOperationStrategies": operations.map {
                    ["operation": $0.name, "probabilisticSampling": ["samplingRate": $0.probability]] as [String: Any]
                },
            ] as [String: Any]
        return response
    }

    private mutating func service(_ entry: [String: Any]) -> Strategy {
        var strategy = parse(entry)
        strategy.operationDefault = strategy.probability ?? defaultProbability
        guard let operations = entry["operation_strategies"] as? [[String: Any]] else { return strategy }
        strategy.operations = []
        for entry in operations {
            let name = entry["operation"] as? String ?? ""
            guard let probability = parse(entry).probability else {
                warnings.append(
                    "'\(name)' defaulting to probabilistic sampling with probability \(strategy.operationDefault)")
                continue
            }
            strategy.operations?.append((name, probability))
        }
        return strategy
    }

    func parse(_ entry: [String: Any]) -> Strategy {
        let parameter = (entry["param"] as? NSNumber)?.doubleValue ?? 0
        switch entry["type"] as? String {
        case "probabilistic": return Strategy(probability: parameter)
        case "ratelimiting": return Strategy(probability: nil, tracesPerSecond: Int(parameter))
        default: return Strategy(probability: defaultProbability)
        }
    }

    private func inheriting(_ strategy: Strategy, _ inherits: Bool) -> Strategy {
        guard let others = standard.operations, inherits || strategy.probability != nil else { return strategy }
        var strategy = strategy
        guard let own = strategy.operations else {
            strategy.operations = others
            strategy.operationDefault = strategy.probability ?? standard.operationDefault
            return strategy
        }
        let names = Set(own.map(\.name))
        strategy.operations = own + others.filter { !names.contains($0.name) }
        return strategy
    }
}
