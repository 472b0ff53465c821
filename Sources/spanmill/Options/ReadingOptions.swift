import ArgumentParser
import Mill
import SpanModel

/// Flags of every verb that reads archives.
struct ReadingOptions: ParsableArguments {
    @Option(help: settingHelp("workers")) var workers: String?
    @Option(help: settingHelp("memory")) var memory: String?
    @Option(help: settingHelp("shards")) var shards: String?
    @Option(help: settingHelp("rules")) var rules: String?
    @Option(help: settingHelp("identity")) var identity: String?
    @Option(help: settingHelp("trace_ids")) var traceIds: String?
    @Option(help: settingHelp("limits.max_trace_spans")) var limitsMaxTraceSpans: String?
    @Option(help: settingHelp("limits.operations_per_service")) var limitsOperationsPerService: String?
    @Option(help: settingHelp("limits.services")) var limitsServices: String?
    @Option(help: settingHelp("limits.decompressed")) var limitsDecompressed: String?
    @Option(help: settingHelp("limits.record")) var limitsRecord: String?
    @Option(help: settingHelp("archives.max_bad")) var archivesMaxBad: String?
    @Option(help: settingHelp("sampling.assumed_probability")) var samplingAssumedProbability: String?

    @Option(
        help:
            "Days, hours or a stretch in UTC: 2026-03-01, 2026-03-01T10, 2026-03-01T10/12, 2026-03-01/2026-03-04, yesterday, last-24h."
    )
    var window: String?

    @Flag(help: "Exit with 65 when anything at all could not be read.")
    var strict = false

    /// Dotted keys and texts of what was given.
    var flags: [String: String] {
        let pairs: [(String, String?)] = [
            ("workers", workers), ("memory", memory), ("shards", shards), ("rules", rules), ("identity", identity),
            ("trace_ids", traceIds), ("limits.max_trace_spans", limitsMaxTraceSpans),
            ("limits.operations_per_service", limitsOperationsPerService), ("limits.services", limitsServices),
            ("limits.decompressed", limitsDecompressed), ("limits.record", limitsRecord),
            ("archives.max_bad", archivesMaxBad), ("sampling.assumed_probability", samplingAssumedProbability),
        ]
        return Dictionary(uniqueKeysWithValues: pairs.compactMap { key, text in text.map { (key, $0) } })
    }

    /// The window asked for; nil: the verb's own choice.
    func resolvedWindow() throws -> Window? {
        guard let window else { return nil }
        guard let resolved = WindowText.window(window, nowNanoseconds: WindowText.now) else {
            throw ValidationError(
                "'\(window)' is no window; write a day like 2026-03-01, hours like 2026-03-01T10/12, yesterday or last-24h"
            )
        }
        return resolved
    }
}
