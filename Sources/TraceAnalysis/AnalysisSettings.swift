public import SpanModel

/// What decides the numbers of a report; two runs with equal settings and equal spans give equal bytes.
///
/// Semantic limits only: nothing here depends on memory, workers or the machine.
public struct AnalysisSettings: Hashable, Sendable {
    /// Name of a rule set in `ruleSets`.
    public var rules: String = "otlp"
    /// Traces whose earliest span starts here are reported.
    public var window: Window = .always
    /// Match trace ids by their low 64 bits only.
    public var matchesLow64 = false
    /// Longer traces are cut to their lowest span ids, and reported.
    public var maximumTraceSpans = 250_000
    /// Operations of a service beyond this, the least frequent first (ties by bytes), become `other`.
    public var operationsPerService = 2000
    /// Services and peer names beyond this become `other`.
    public var services = 10_000
    /// Applied to span names before the limits, in order.
    public var nameTemplates: [NameTemplate] = []
    /// Whether edges are told apart by the operations at their ends.
    public var edgesByOperation = false
    /// Whether hourly detail is kept.
    public var keepsHours = true
    /// Weight of traces without any evidence (`sampling.assumed_probability`); nil: one, flagged.
    public var assumedWeight: Weight?

    public init() {}
}
