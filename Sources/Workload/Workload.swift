import Glibc
public import SpanModel

/// What to generate.
public struct WorkloadSettings: Sendable {
    public var seed: UInt64 = 20_260_301
    /// The day, UTC.
    public var day = Window(startNanoseconds: 1_772_323_200_000_000_000, endNanoseconds: 1_772_409_600_000_000_000)
    /// Traces that begin in the day, before sampling.
    public var traces = 12_000
    /// Whether tracers sample; off: every trace is kept, without evidence of any probability.
    public var samples = true
    /// Whether spans are written twice, lost, or come from clocks that are wrong.
    public var damages = true
    /// Whether edges, operations and durations are counted; off: memory stays flat however much is written.
    public var keepsTruth = true
    /// Taken in turn, file by file.
    public var layouts: [ArchiveLayout] = [
        .jsonZstd, .jsonGzip, .jsonFrames, .protobufZstd, .protobuf, .protobufFrames,
    ]
    /// Each has its share of the services, and writes a file an hour.
    public var collectors = 2
    /// Spans of one export request.
    public var requestSpans = 400
    /// Spans that an instance of a service hands to its collector at once: a trace's spans arrive apart.
    public var exportSpans = 8
    /// Everything into one file, or standard input's counterpart `-`; nil: time-partitioned folders.
    public var singleFile: String?

    public init() {}
}

/// Plays a day of the shop into archives, and tells what really happened.
///
///     roots in time order ─► traces ─► sampled ─► damaged ─► instances ─► collectors ─► files
///                              └─ truth before    └─ truth kept
///
/// - Parameter directory: made if missing; files that exist are overwritten.
/// - Throws: `WorkloadError` when a file cannot be written.
public func generateWorkload(_ settings: WorkloadSettings, into directory: String) throws(WorkloadError)
    -> WorkloadSummary
{
    var player = WorkloadPlayer(settings: settings, directory: directory)
    return try player.play()
}
