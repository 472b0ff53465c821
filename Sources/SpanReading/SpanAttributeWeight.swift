import SpanModel

/// Kind, failure and weight as attributes tell them (`linking.md` rule 13, `sampling.md` §4.1).
extension SpanAttributes {
    /// Jaeger's `span.kind` tag; OpenTracing wrote lower case.
    func kind(_ bytes: RawSpan) -> SpanKind {
        switch folded(.spanKind, bytes) {
        case Self.word("server\0\0"): .server
        case Self.word("client\0\0"): .client
        case Self.word("producer"): .producer
        case Self.word("consumer"): .consumer
        case Self.word("internal"): .internal
        default: .unset
        }
    }

    /// The letters of a text in lower case as `word` has them; zero where the text is longer or there is none.
    private func folded(_ key: AttributeKey, _ bytes: RawSpan) -> UInt64 {
        withText(key, bytes) { text in
            guard text.byteCount <= 8 else { return 0 }
            let spaces = UInt64(0x2020_2020_2020_2020) &>> UInt64(64 &- text.byteCount &* 8)
            return text.word(0, count: text.byteCount) | spaces
        } ?? 0
    }

    /// Eight characters as they are loaded; a constant once compiled.
    @inline(__always)
    private static func word(_ text: StaticString) -> UInt64 {
        text.withUTF8Buffer {
            $0.count == 8 ? UInt64(littleEndian: UnsafeRawBufferPointer($0).loadUnaligned(as: UInt64.self)) : .max
        }
    }

    func setErrorFlags(_ bytes: RawSpan, _ record: inout SpanRecord) {
        if has(.error) { record.flags.insert(.errorTag) }
        guard dialect != .otlp else { return }
        let isStatusError = folded(.otelStatusCode, bytes) == Self.word("error\0\0\0")
        if isStatusError || isErrorTagTrue(bytes) { record.flags.insert(.error) }
    }

    private func isErrorTagTrue(_ bytes: RawSpan) -> Bool {
        guard let value = value(.error) else { return false }
        if value.shape == .boolean { return value.first != 0 }
        if dialect == .zipkin {
            return folded(.error, bytes) != Self.word("false\0\0\0")
        }
        return folded(.error, bytes) == Self.word("true\0\0\0\0")
    }

    /// All keys that `setWeight` asks for; they stand last. Nobody asks it where there is none, and no debug flag.
    static let weightKeys: UInt64 = ~(AttributeKey.traceState.bit &- 1)

    /// The strongest evidence wins: tracestate, sampler tags, other vendors' rates.
    func setWeight(_ bytes: RawSpan, _ record: inout SpanRecord) {
        if record.flags.contains(.debug) {
            // Kept regardless of any sampler, so it stands for itself only.
            record.weight = .one
            record.flags.evidence = .tag
            return
        }
        if has(.traceState), setWeightByTraceState(bytes, &record) { return }
        if has(.samplerType), setWeightBySampler(.samplerType, .samplerParam, bytes, &record) { return }
        if has(.jaegerSamplerType), setWeightBySampler(.jaegerSamplerType, .jaegerSamplerParam, bytes, &record) {
            return
        }
        setWeightByVendor(bytes, &record)
    }

    private func setWeightByTraceState(_ bytes: RawSpan, _ record: inout SpanRecord) -> Bool {
        guard let state = withText(.traceState, bytes, { TraceState($0) }) else { return false }
        if let threshold = state.threshold, let weight = Weight(rejectionThreshold: threshold),
            (state.randomness ?? record.traceID.low & (1 << 56 - 1)) >= threshold
        {
            let isCapped = (1 << 56) - threshold < 1 << 36
            set(weight, isCapped: isCapped, .threshold, &record)
            return true
        }
        guard let power = state.power else { return false }
        if power == 63 {
            record.flags.insert(.uncounted)
            record.flags.evidence = .threshold
        } else {
            let weight = power > 20 ? Weight.maximum : Weight(units: 1 << (20 + power))
            set(weight, isCapped: power > 20, .threshold, &record)
        }
        return true
    }

    private func setWeightBySampler(
        _ type: AttributeKey, _ parameter: AttributeKey, _ bytes: RawSpan, _ record: inout SpanRecord
    ) -> Bool {
        enum Sampler { case probabilistic, constant, uncounted, unknown }
        let sampler: Sampler =
            withText(type, bytes) { text in
                if text.equals("probabilistic") { return .probabilistic }
                if text.equals("const") { return .constant }
                return text.equals("lowerbound") || text.equals("ratelimiting") ? .uncounted : .unknown
            } ?? .unknown
        switch sampler {
        case .probabilistic: return setWeight(probability: number(parameter, bytes), .tag, &record)
        case .constant: set(.one, isCapped: false, .tag, &record)
        case .uncounted:
            // The probabilistic sampler beside it is a complete sample already.
            record.flags.insert(.uncounted)
            record.flags.evidence = .tag
        case .unknown: return false
        }
        return true
    }

    private func setWeightByVendor(_ bytes: RawSpan, _ record: inout SpanRecord) {
        if setWeight(probability: number(.samplingProbability, bytes), .vendor, &record) { return }
        if let count = number(.sampleRate, bytes), count >= 1, count.isFinite {
            // A count: one of this many was kept.
            let units = count * Double(Weight.one.units)
            let isCapped = units > Double(Weight.maximum.units)
            set(isCapped ? .maximum : Weight(units: UInt64(units + 0.5)), isCapped: isCapped, .vendor, &record)
            return
        }
        if setWeight(probability: number(.datadogAgentRate, bytes), .vendor, &record) { return }
        _ = setWeight(probability: number(.datadogRuleRate, bytes), .vendor, &record)
    }

    private func setWeight(probability: Double?, _ evidence: WeightEvidence, _ record: inout SpanRecord) -> Bool {
        guard let probability, let weight = Weight(probability: probability) else { return false }
        set(weight, isCapped: probability < 0x1p-20, evidence, &record)
        return true
    }

    private func set(_ weight: Weight, isCapped: Bool, _ evidence: WeightEvidence, _ record: inout SpanRecord) {
        record.weight = weight
        record.flags.evidence = evidence
        if isCapped { record.flags.insert(.weightCapped) }
    }
}
