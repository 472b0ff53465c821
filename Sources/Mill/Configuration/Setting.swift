import Foundation
import SpanModel
import TraceAnalysis

/// One key of the job file: its name, its default, what it is for, and how its text changes a job.
///
/// The table drives the YAML reader, the environment, the flags, `config init` and `config show`.
public struct Setting: Sendable {
    /// Dotted, as in `window.margin`.
    public let key: String
    /// As `config init` writes it; empty: none.
    public let defaultText: String
    /// One line; what and in which unit.
    public let help: String
    let apply: @Sendable (inout Job, String) throws(SettingProblem) -> Void

    /// `--window-margin`.
    public var flag: String { Self.flag(key) }
    /// `SPANMILL_WINDOW_MARGIN`.
    public var environmentName: String { Self.environmentName(key) }

    static func flag(_ key: String) -> String {
        "--" + key.map { $0 == "." || $0 == "_" ? "-" : String($0) }.joined()
    }

    static func environmentName(_ key: String) -> String {
        "SPANMILL_" + key.uppercased().map { $0 == "." ? "_" : String($0) }.joined()
    }

    /// The setting of a dotted key.
    public static func named(_ key: String) -> Setting? { all.first { $0.key == key } }
}

/// Why a text is no value for a setting: lower case, says what is expected.
public struct SettingProblem: Error, Hashable, Sendable {
    public var message: String
}

extension Setting {
    /// All settings with one value, in the order of the job file.
    public static let all: [Setting] = places + limits + sampling + outputs

    private static let places: [Setting] = [
        list("inputs", "", "globs, directories or - : where the archives are", \.inputs),
        text(
            "partitions", "auto", "prune archives by the time in their path: auto, none, or a strftime pattern",
            \.partitions),
        Setting(
            key: "partitions_time_zone", defaultText: "UTC",
            help: "zone of the times in paths: UTC or an offset like +02:00"
        ) {
            job, text throws(SettingProblem) in
            guard let seconds = offsetSeconds(text) else {
                throw SettingProblem(message: "a zone is UTC or an offset like +02:00, not '\(text)'")
            }
            job.partitionsOffsetSeconds = seconds
        },
        duration(
            "window.length", "1d", "width of a report, aligned to UTC", \.windowLengthNanoseconds,
            atLeast: 3_600_000_000_000),
        duration(
            "window.margin", "1h", "read on both sides of the window, so that traces across its ends are whole",
            \.windowMarginNanoseconds),
        count(
            "window.reopen", "3", "past windows looked at again when their archives changed", \.windowReopen, 0...400),
        text("state", "state", "directory of the store, the lock and scratch files", \.state),
        duration("retention.hours", "35d", "how long hourly detail stays", \.retentionHoursNanoseconds),
        duration("retention.days", "400d", "how long daily figures stay", \.retentionDaysNanoseconds),
    ]

    private static let limits: [Setting] = [
        count("workers", "0", "workers; 0: one per core", \.workers, 0...1024),
        size(
            "memory", "512MiB", "memory the program keeps to; what does not fit is spilled to disk", \.memoryBytes,
            atLeast: 32 << 20),
        count(
            "shards", "\(MemoryBudget.defaultShards)", "parts the spans are dealt into; changes no number", \.shards,
            1...4096),
        choice("rules", "otlp", ["otlp", "zipkin"], "how spans become calls: otlp or zipkin", \.rules),
        list("identity", "[service.name]", "resource attributes that make a service, joined by /", \.identity),
        Setting(
            key: "trace_ids", defaultText: "strict", help: "match whole trace ids (strict) or their low 64 bits (low64)"
        ) {
            job, text throws(SettingProblem) in
            guard ["strict", "low64"].contains(text) else {
                throw SettingProblem(message: "one of strict, low64 is expected, not '\(text)'")
            }
            job.matchesLow64 = text == "low64"
        },
        count(
            "limits.max_trace_spans", "250000", "longer traces are cut and reported", \.maximumTraceSpans,
            1...100_000_000),
        count(
            "limits.operations_per_service", "2000", "operations beyond become 'other', reported",
            \.operationsPerService, 1...1_000_000),
        count("limits.services", "10000", "services beyond become 'other', reported", \.services, 1...1_000_000),
        size(
            "limits.decompressed", "1TiB", "largest archive after decompression", \.maximumDecompressedBytes, atLeast: 1
        ),
        size("limits.record", "64MiB", "longest line or message", \.maximumRecordBytes, atLeast: 1024),
        Setting(
            key: "archives.max_bad", defaultText: "5",
            help: "more unreadable archives than this (a count or a percentage) end in exit 65"
        ) {
            job, text throws(SettingProblem) in
            if text.hasSuffix("%"), let percent = Double(text.dropLast()), (0...100).contains(percent) {
                job.maximumBadArchives = .percent(percent)
            } else if let count = Int(text), count >= 0 {
                job.maximumBadArchives = .count(count)
            } else {
                throw SettingProblem(message: "a count like 5 or a percentage like 2% is expected, not '\(text)'")
            }
        },
        optionalText("trace_url", "link to a trace, with {trace_id}", \.traceURL) {
            $0.contains("{trace_id}") ? nil : "must contain {trace_id}"
        },
    ]

    private static let sampling: [Setting] = [
        optionalNumber(
            "sampling.budget.spans_per_second",
            "spans per second that all tracers together may keep; no budget: no strategies",
            \.sampling.budgetSpansPerSecond),
        Setting(
            key: "sampling.budget.bytes_per_day", defaultText: "",
            help: "bytes per day that all tracers together may keep"
        ) {
            job, text throws(SettingProblem) in
            guard let bytes = Units.size(text), bytes > 0 else {
                throw SettingProblem(message: "a size like 20GiB is expected, not '\(text)'")
            }
            job.sampling.budgetBytesPerDay = Double(bytes)
        },
        number("sampling.alpha", "0.25", "0 treats all operations alike, 1 by their traffic", \.sampling.alpha, 0...1),
        number(
            "sampling.floor_traces_per_day", "30",
            "traces a day that every operation gets, as far as the budget allows", \.sampling.floorTracesPerDay,
            0...1_000_000),
        probability(
            "sampling.minimum_probability", "0.00001", "no operation is sampled below this",
            \.sampling.minimumProbability),
        number("sampling.dead_band", "0.15", "relative changes up to this are not made", \.sampling.deadBand, 0...10),
        number("sampling.up_factor", "2", "most that a probability is raised in a day", \.sampling.upFactor, 1...1000),
        Setting(key: "sampling.lookback", defaultText: "14d", help: "days of history that count") {
            job, text throws(SettingProblem) in
            guard let nanoseconds = Units.duration(text), (1...90).contains(nanoseconds / 86_400_000_000_000) else {
                throw SettingProblem(message: "a duration of 1d to 90d is expected, not '\(text)'")
            }
            job.sampling.lookbackDays = Int(nanoseconds / 86_400_000_000_000)
        },
        number(
            "sampling.reserve", "0.05", "share of the budget kept for operations not seen yet", \.sampling.reserve,
            0...0.9),
        choice(
            "sampling.profile", "flat", ["flat", "hourly"], "one probability a day (flat) or an hour (hourly)",
            \.sampling.profile),
        Setting(
            key: "sampling.time_zone", defaultText: "UTC",
            help: "zone whose hours of the day and holidays count: UTC, +02:00 or Europe/Berlin"
        ) {
            job, text throws(SettingProblem) in
            guard TimeZone(settingText: text) != nil else {
                throw SettingProblem(message: "a zone is UTC, an offset like +02:00 or a name, not '\(text)'")
            }
            job.sampling.timeZone = text
        },
        Setting(
            key: "sampling.holidays", defaultText: "",
            help: "days like 2026-12-25, separated by commas, whose traffic is that of a weekend"
        ) {
            job, text throws(SettingProblem) in
            let days = text.split(separator: ",").map { $0.trimmingSpaces }.filter { !$0.isEmpty }
            for day in days where day.count != 10 || Timestamp.nanoseconds(day) == nil {
                throw SettingProblem(message: "a day like 2026-12-25 is expected, not '\(day)'")
            }
            job.sampling.holidays = days
        },
        Setting(key: "sampling.half_life", defaultText: "3d", help: "age at which a day of history counts half") {
            job, text throws(SettingProblem) in
            guard let nanoseconds = Units.duration(text), nanoseconds >= 3_600_000_000_000 else {
                throw SettingProblem(message: "a duration of at least 1h is expected, not '\(text)'")
            }
            job.sampling.halfLifeDays = Double(nanoseconds) / 86_400_000_000_000
        },
        number(
            "sampling.floor_share", "0.5", "greatest share of the budget that the floors of all operations may take",
            \.sampling.floorBudgetShare, 0...1),
        number(
            "sampling.risk_share", "0.005",
            "raises beyond the up factor while an operation's worst traffic costs less than this share of the budget",
            \.sampling.riskShare, 0...1),
        Setting(
            key: "sampling.assumed_probability", defaultText: "",
            help: "for traffic that shows no evidence of its probability"
        ) {
            job, text throws(SettingProblem) in job.sampling.assumedProbability = try parseProbability(text)
        },
        number(
            "sampling.lower_bound_per_second", "0", "traces per second and process that tracers keep besides",
            \.sampling.lowerBoundPerSecond, 0...1000),
    ]

    private static let outputs: [Setting] = [
        text("server.listen", "127.0.0.1:5778", "address of the HTTP server, or off", \.server.listen),
        text("server.grpc", "127.0.0.1:5779", "address of the gRPC server, or off", \.server.grpc),
        optionalText(
            "server.tls.certificate", "file (PEM) with the server's certificate and those above it",
            \.server.tlsCertificate
        ) { _ in nil },
        optionalText("server.tls.key", "file (PEM) with the certificate's private key", \.server.tlsKey) { _ in nil },
        optionalText(
            "server.tls.client_ca", "file (PEM) with authorities; a certificate of theirs opens every path",
            \.server.tlsClientAuthority
        ) { _ in nil },
        optionalText(
            "server.token_file", "file with the bearer token that other machines must show", \.server.tokenFile
        ) { _ in nil },
    ]

    static func offsetSeconds(_ text: String) -> Int? {
        if text == "UTC" || text == "Z" { return 0 }
        let fields = text.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
        guard let sign = text.first, sign == "+" || sign == "-", fields.count == 2, let hours = Int(fields[0]),
            let minutes = Int(fields[1]), (0...14).contains(hours), (0..<60).contains(minutes)
        else { return nil }
        return (hours * 3600 + minutes * 60) * (sign == "-" ? -1 : 1)
    }
}
