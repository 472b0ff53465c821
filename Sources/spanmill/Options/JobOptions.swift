import ArgumentParser
import Mill

/// Flags of `run` beside those of reading: the rest of the job file's keys.
struct JobOptions: ParsableArguments {
    @Option(help: settingHelp("inputs")) var inputs: String?
    @Option(help: settingHelp("partitions")) var partitions: String?
    @Option(help: settingHelp("partitions_time_zone")) var partitionsTimeZone: String?
    @Option(help: settingHelp("window.length")) var windowLength: String?
    @Option(help: settingHelp("window.margin")) var windowMargin: String?
    @Option(help: settingHelp("window.reopen")) var windowReopen: String?
    @Option(help: settingHelp("retention.hours")) var retentionHours: String?
    @Option(help: settingHelp("retention.days")) var retentionDays: String?
    @Option(help: settingHelp("trace_url")) var traceUrl: String?
    @Option(help: settingHelp("sampling.budget.spans_per_second")) var samplingBudgetSpansPerSecond: String?
    @Option(help: settingHelp("sampling.budget.bytes_per_day")) var samplingBudgetBytesPerDay: String?
    @Option(help: settingHelp("sampling.alpha")) var samplingAlpha: String?
    @Option(help: settingHelp("sampling.floor_traces_per_day")) var samplingFloorTracesPerDay: String?
    @Option(help: settingHelp("sampling.minimum_probability")) var samplingMinimumProbability: String?
    @Option(help: settingHelp("sampling.dead_band")) var samplingDeadBand: String?
    @Option(help: settingHelp("sampling.up_factor")) var samplingUpFactor: String?
    @Option(help: settingHelp("sampling.lookback")) var samplingLookback: String?
    @Option(help: settingHelp("sampling.reserve")) var samplingReserve: String?
    @Option(help: settingHelp("sampling.profile")) var samplingProfile: String?
    @Option(help: settingHelp("sampling.lower_bound_per_second")) var samplingLowerBoundPerSecond: String?

    /// Dotted keys and texts of what was given.
    var flags: [String: String] {
        let pairs: [(String, String?)] = [
            ("inputs", inputs), ("partitions", partitions), ("partitions_time_zone", partitionsTimeZone),
            ("window.length", windowLength), ("window.margin", windowMargin), ("window.reopen", windowReopen),
            ("retention.hours", retentionHours), ("retention.days", retentionDays), ("trace_url", traceUrl),
            ("sampling.budget.spans_per_second", samplingBudgetSpansPerSecond),
            ("sampling.budget.bytes_per_day", samplingBudgetBytesPerDay), ("sampling.alpha", samplingAlpha),
            ("sampling.floor_traces_per_day", samplingFloorTracesPerDay),
            ("sampling.minimum_probability", samplingMinimumProbability), ("sampling.dead_band", samplingDeadBand),
            ("sampling.up_factor", samplingUpFactor), ("sampling.lookback", samplingLookback),
            ("sampling.reserve", samplingReserve), ("sampling.profile", samplingProfile),
            ("sampling.lower_bound_per_second", samplingLowerBoundPerSecond),
        ]
        return Dictionary(uniqueKeysWithValues: pairs.compactMap { key, text in text.map { (key, $0) } })
    }
}
