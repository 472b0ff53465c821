public import SpanModel

/// Why an operation has the probability that its tracers are told, as the document `spanmill.explain`.
///
/// - Parameters:
///   - strategy: nil for an operation that is not listed, which gets the service's default.
///   - defaultProbability: what operations of the service get that are not listed.
public func samplingExplanation(
    service: String, operation: String, strategy: OperationStrategy?, defaultProbability: Double, version: String
) -> [UInt8] {
    let unlisted = ExplanationStep(
        step: "default", value: defaultProbability, unit: "probability",
        source: "what the service's tracers use for operations that are not listed")
    return JSONWriter.document { json in
        json.member("schema", "spanmill.explain")
        json.member("version", 1)
        json.member("spanmill_version", version)
        json.memberNull("window")
        json.memberNull("rules")
        json.memberNull("quality")
        json.member("subject", "\(service) \(operation)")
        json.facts(strategy?.steps ?? [unlisted])
        json.traces("traces", [])
        json.member("conclusion", strategy?.reason ?? "the operation is not listed: it has the service's default")
    }
}
