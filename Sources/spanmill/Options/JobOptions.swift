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
    @Option(help: settingHelp("sampling.time_zone")) var samplingTimeZone: String?
    @Option(help: settingHelp("sampling.holidays")) var samplingHolidays: String?
    @Option(help: settingHelp("sampling.half_life")) var samplingHalfLife: String?
    @Option(help: settingHelp("sampling.floor_share")) var samplingFloorShare: String?
    @Option(help: settingHelp("sampling.risk_share")) var samplingRiskShare: String?
    @Option(help: "Budgets of parts, in YAML: '[{service: \"batch-*\", spans_per_second: 20}]'.")
    var samplingBudgets: String?
    @Option(help: "Pins, bounds and weights, in YAML: '[{operation: \"*health*\", probability: 0}]'.")
    var samplingOverrides: String?
    @Option(help: "Renamed operations, in YAML: '[{service: web, seen: \"GET /x\", published: GET}]'.")
    var samplingAliases: String?
    @Option(help: "Files to publish to, in YAML: '[{file: strategies.json}]'.") var publish: String?
    @Option(help: "Files to export to, in YAML: '[services.svg]'.") var export: String?
    @Option(help: "Name templates, in YAML: '[{match: \"GET /cart/[0-9]+\", replace: \"GET /cart/{id}\"}]'.")
    var names: String?
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
            ("sampling.budgets", samplingBudgets), ("sampling.overrides", samplingOverrides),
            ("sampling.aliases", samplingAliases), ("publish", publish), ("export", export), ("names", names),
            ("sampling.time_zone", samplingTimeZone), ("sampling.holidays", samplingHolidays),
            ("sampling.half_life", samplingHalfLife), ("sampling.floor_share", samplingFloorShare),
            ("sampling.risk_share", samplingRiskShare),
            ("sampling.lower_bound_per_second", samplingLowerBoundPerSecond),
        ]
        return Dictionary(uniqueKeysWithValues: pairs.compactMap { key, text in text.map { (key, $0) } })
    }
}
