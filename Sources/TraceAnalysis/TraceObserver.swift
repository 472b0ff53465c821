/// Links traces by a rule set and adds up what they show, one after the other.
///
/// ```swift
/// var observer = TraceObserver(rules, settings: settings)
/// try gatherer.gather(shard: 0) { observer.observe($0) }
/// let aggregate = observer.aggregate
/// ```
public struct TraceObserver {
    /// Of all traces so far; whoever takes it leaves an empty one of the same settings.
    public var aggregate: Aggregate
    /// Records of these traces.
    public var records = 0
    private var rules: any RuleSet
    // Here, not with the caller: what a closure holds is copied for each call that reads it.
    private var observation = TraceObservation()

    public init(_ rules: any RuleSet, settings: AnalysisSettings) {
        self.rules = rules
        aggregate = Aggregate(settings: settings)
    }

    /// Takes in one trace, once.
    public mutating func observe(_ trace: borrowing TraceRecords) {
        rules.observe(trace, into: &observation)
        aggregate.observe(observation)
        records += trace.records.count
    }
}
