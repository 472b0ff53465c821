import Foundation
import Mill
import SpanModel
import Testing
import Workload

/// The stages as processes of their own: frames in files stand for pipes.
@Suite("Map, reduce and merge")
struct StagesTests {
    private func scan(_ job: Job) -> Scan { Scan(job: job, window: Scratch.day) }

    /// Runs a stage with a file as its output and others, one after the other, as its input.
    private func stage(
        _ output: String, from inputs: [String] = [], _ body: (_ input: Int32, _ output: Int32) async throws -> Void
    ) async throws {
        var frames = Data()
        for input in inputs { frames += try Data(contentsOf: URL(fileURLWithPath: input)) }
        try frames.write(to: URL(fileURLWithPath: output + ".in"))
        try Data().write(to: URL(fileURLWithPath: output))
        let reading = try #require(FileHandle(forReadingAtPath: output + ".in"))
        let writing = try #require(FileHandle(forWritingAtPath: output))
        try await body(reading.fileDescriptor, writing.fileDescriptor)
        try writing.close()
    }

    @Test("any number of mappers, a reducer and a merger say what one process says", arguments: [1, 2, 5])
    func equivalence(_ mappers: Int) async throws {
        let scratch = try Scratch()
        let (_, files) = try scratch.workload(seed: 21, traces: 600, samples: true, damages: true)
        var job = scratch.job()
        job.workers = 2
        let (here, scan) = (scratch.path, scan(job))
        var mapped: [String] = []
        for mapper in 0..<mappers {
            let part = files.enumerated().filter { $0.offset % mappers == mapper }.map(\.element)
            mapped.append("\(here)/map-\(mapper)")
            try await stage(mapped[mapper]) { _, output in
                let archives = try await scan.map(part, to: output)
                #expect(archives.map(\.path) == part.map(\.path))
            }
        }
        try await stage("\(here)/reduce", from: mapped) { try await scan.reduce(from: $0, to: $1) }
        try await stage("\(here)/merge", from: ["\(here)/reduce"]) { input, _ in
            let report = try await scan.merge(from: input)
            let whole = try await scan.run(files).report
            #expect(report == whole)
        }
    }

    @Test("stages with other settings refuse one another's frames")
    func settings() async throws {
        let scratch = try Scratch()
        let (_, files) = try scratch.workload(traces: 20)
        var zipkin = scratch.job()
        zipkin.rules = "zipkin"
        let (ours, theirs) = (scan(scratch.job()), scan(zipkin))
        try await stage("\(scratch.path)/map") { _, output in _ = try await ours.map(files, to: output) }
        try await stage("\(scratch.path)/reduce", from: ["\(scratch.path)/map"]) { input, output in
            let error = await #expect(throws: MillError.self) { try await theirs.reduce(from: input, to: output) }
            #expect(error?.exitStatus == 74)
        }
    }

    @Test("frames that are cut are refused, wherever", arguments: [0, 1, 7, 100, 5000])
    func cut(_ bytes: Int) async throws {
        let scratch = try Scratch()
        let (_, files) = try scratch.workload(traces: 20)
        let scan = scan(scratch.job())
        let path = "\(scratch.path)/map"
        try await stage(path) { _, output in _ = try await scan.map(files, to: output) }
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        try #require(whole.count > bytes + 1)
        try whole.prefix(bytes == 0 ? whole.count - 1 : bytes).write(to: URL(fileURLWithPath: path))
        try await stage("\(scratch.path)/reduce", from: [path]) { input, output in
            let error = await #expect(throws: MillError.self) { try await scan.reduce(from: input, to: output) }
            #expect(error?.exitStatus == 74)
        }
    }
}
