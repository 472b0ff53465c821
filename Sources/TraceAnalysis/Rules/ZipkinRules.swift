import SpanModel
public struct ZipkinRules: RuleSet {
    public static var name: String { "zipkin" }
    let settings: AnalysisSettings
    var assembly = TraceAssembly(keepsOrigins: true)
    public init(settings: AnalysisSettings) { self.settings = settings }
    public mutating func observe(_ records: borrowing TraceRecords, into observation: inout TraceObservation) {
        assembly.assemble(records, settings: settings, into: &observation)
    }
}
