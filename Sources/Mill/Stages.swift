import Glibc
public import SpanModel
import TraceAnalysis

/// The stages of a scan as processes of their own: frames on standard input and output, for engines that spread work.
///
///     spanmill map ARCHIVE… | spanmill reduce | spanmill merge
///
/// All three must be given the same settings. Give the same bytes as one process, for any number of mappers.
extension Scan {
    /// Reads archives and writes what was dealt, with the archives' quality, as frames.
    public func map(_ files: [ArchiveFile], to descriptor: Int32) async throws(MillError) -> [ArchiveSummary] {
        let scratch = try ScratchDirectory(below: job.state)
        let budget = MemoryBudget(bytes: job.memoryBytes, workers: workerCount, shards: job.shards)
        let read = try await deal(files, budget: budget, scratch: scratch.path)
        do throws(FrameError) {
            var writer = try FrameWriter(fileDescriptor: descriptor, header: header(.map))
            for dealt in read.dealt { try writer.write(dealt) }
            try writer.write(opaque: Self.encode(Self.quality(of: read.archives)))
            try writer.finish()
        } catch {
            throw Self.failure(error)
        }
        return read.archives
    }

    /// Reads what mappers wrote, assembles the traces and writes their aggregate as frames.
    public func reduce(from input: Int32, to output: Int32) async throws(MillError) {
        let scratch = try ScratchDirectory(below: job.state)
        let budget = MemoryBudget(bytes: job.memoryBytes, workers: workerCount, shards: job.shards)
        do throws(FrameError) {
            let reader = FrameReader(fileDescriptor: input, expecting: header(.map), scratchDirectory: scratch.path)
            let contents = try reader.read()
            let gatherer = try await Self.orFrameError { () async throws(MillError) in
                try Self.gatherer(contents.dealt, settings: analysisSettings, budget: budget)
            }
            let facts = try await Self.orFrameError { () async throws(MillError) in try self.facts(gatherer) }
            let aggregate = try await Self.orFrameError { () async throws(MillError) in
                try await reduce(gatherer, facts: facts, budget: budget)
            }
            var quality = Quality()
            for message in contents.messages { quality.merge(try Self.quality(decoding: message)) }
            quality.operationsFolded = gatherer.operationsFolded.addingSaturating(gatherer.namesFolded)
            var writer = try FrameWriter(fileDescriptor: output, header: header(.reduce))
            try writer.write(opaque: Self.encode(quality))
            try writer.write(opaque: Self.encode(gatherer.names))
            try writer.write(opaque: Self.encode(facts.inferred))
            try writer.write(opaque: aggregate.encode())
            try writer.finish()
        } catch {
            throw Self.failure(error)
        }
    }

    /// Reads what reducers wrote and makes the report.
    public func merge(from input: Int32) async throws(MillError) -> Report {
        let scratch = try ScratchDirectory(below: job.state)
        do throws(FrameError) {
            let reader = FrameReader(fileDescriptor: input, expecting: header(.reduce), scratchDirectory: scratch.path)
            let messages = try reader.read().messages
            guard messages.count >= 4, messages.count % 4 == 0 else { throw Self.corrupt }
            var quality = Quality()
            var merged = Aggregate(settings: analysisSettings)
            for first in stride(from: 0, to: messages.count, by: 4) {
                guard messages[first + 1] == messages[1] else {
                    throw FrameError(
                        .incompatible,
                        "cannot merge parts whose names differ; every reducer must read the frames of all mappers")
                }
                guard messages[first + 2] == messages[2] else {
                    throw FrameError(
                        .incompatible,
                        "cannot merge parts whose probabilities differ; give every reducer the same state directory")
                }
                quality.merge(try Self.quality(decoding: messages[first]))
                do throws(AggregateError) {
                    merged.merge(try Aggregate(decoding: messages[first + 3], settings: analysisSettings))
                } catch {
                    throw Self.corrupt
                }
            }
            return merged.report(
                names: try Self.names(decoding: messages[1]), settings: analysisSettings,
                window: window ?? merged.enclosingHours ?? Window(startNanoseconds: 0, endNanoseconds: 0),
                quality: quality, inferred: try Self.inferred(decoding: messages[2]))
        } catch {
            throw Self.failure(error)
        }
    }

    private func header(_ stage: FrameHeader.Stage) -> FrameHeader {
        FrameHeader(stage: stage, shards: job.shards, settingsDigest: analysisSettings.digest)
    }

    static let corrupt = FrameError(
        .corrupt, "cannot read the frames: their content is damaged; run the stage before again")

    private static func failure(_ error: FrameError) -> MillError { MillError(.inputOutput, error.description) }

    /// Lets a failure of the mill pass through code that throws the errors of frames.
    private static func orFrameError<Value>(
        _ body: () async throws(MillError) -> Value
    ) async throws(FrameError) -> Value {
        do throws(MillError) { return try await body() } catch { throw FrameError(.corrupt, error.message) }
    }
}

extension Scan {
    private static let qualityPaths: [any WritableKeyPath<Quality, UInt64> & Sendable] = [
        \.archives, \.archivesBad, \.recordsBad, \.bytesRead, \.spansInvalid, \.operationsFolded,
    ]

    private static func encode(_ quality: Quality) -> [UInt8] {
        var writer = VarintWriter()
        for path in qualityPaths { writer.append(quality[keyPath: path]) }
        return writer.bytes
    }

    private static func quality(decoding bytes: [UInt8]) throws(FrameError) -> Quality {
        var reader = VarintReader(bytes)
        var quality = Quality()
        for path in qualityPaths {
            guard let value = try? reader.number() else { throw corrupt }
            quality[keyPath: path] = value
        }
        return quality
    }

    /// Strings, then operations, in the order of their ids.
    private static func encode(_ names: NameTable) -> [UInt8] {
        var writer = VarintWriter()
        writer.append(UInt64(names.stringCount))
        for id in 0..<names.stringCount {
            let bytes = names.bytes(UInt32(id))
            writer.append(UInt64(bytes.count))
            writer.append(contentsOf: bytes)
        }
        writer.append(UInt64(names.operations.count))
        for operation in names.operations {
            writer.append(UInt64(operation.service))
            writer.append(UInt64(operation.name))
        }
        return writer.bytes
    }

    private static func names(decoding bytes: [UInt8]) throws(FrameError) -> NameTable {
        var reader = VarintReader(bytes)
        var names = NameTable()
        do {
            for id in 0..<(try reader.number()) {
                let text = try reader.slice(Int(clamping: try reader.number()))
                guard UInt64(text.withUnsafeBytes { names.string($0) }) == id else { throw corrupt }
            }
            for id in 0..<(try reader.number()) {
                let service = UInt32(clamping: try reader.number())
                let name = UInt32(clamping: try reader.number())
                guard UInt64(names.operation(service: service, name: name)) == id else { throw corrupt }
            }
        } catch {
            throw corrupt
        }
        return names
    }
}
