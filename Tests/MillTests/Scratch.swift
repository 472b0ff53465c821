import Foundation
import Mill
import SpanModel
import Workload

/// A folder of one test; all of them go when the tests end.
struct Scratch: Sendable {
    let path: String

    private static let root: String = {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("mill-tests-\(UUID().uuidString)")
        atexit { try? FileManager.default.removeItem(atPath: Scratch.root) }
        return folder.path
    }()

    init() throws {
        path = "\(Self.root)/\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// Writes a file, with the folders above it.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        let url = URL(fileURLWithPath: path).appendingPathComponent(name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
        return url.path
    }

    /// A job whose state is in this folder.
    func job() -> Job {
        var job = Job()
        job.state = path
        job.workers = 1
        return job
    }

    /// Generates a day below `name`.
    func workload(
        _ name: String = "archives", seed: UInt64 = 1, traces: Int = 400, samples: Bool = false, damages: Bool = false,
        layouts: [ArchiveLayout] = [.protobufZstd]
    ) throws -> (summary: WorkloadSummary, files: [ArchiveFile]) {
        var settings = WorkloadSettings()
        settings.seed = seed
        settings.traces = traces
        settings.samples = samples
        settings.damages = damages
        settings.layouts = layouts
        let summary = try generateWorkload(settings, into: "\(path)/\(name)")
        return (summary, ArchiveList(inputs: ["\(path)/\(name)"]).files)
    }

    /// The day that `workload` generates.
    static let day = WorkloadSettings().day

    /// Scans files of the generated day.
    func report(_ files: [ArchiveFile], _ job: Job? = nil) async throws -> Report {
        try await Scan(job: job ?? self.job(), window: Self.day).run(files).report
    }
}
