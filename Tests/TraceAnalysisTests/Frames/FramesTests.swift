import Glibc
import SpanModel
import Testing

@testable import TraceAnalysis

@Suite struct FramesTests {
    private let settings = AnalysisSettings()

    private func header(_ shards: Int) -> FrameHeader {
        FrameHeader(stage: .map, shards: shards, settingsDigest: settings.digest)
    }

    /// What a writer wrote, as bytes.
    private func written(
        _ dealt: [DealtSpans], shards: Int, messages: [[UInt8]] = [], source: UInt64 = 1, scratch: String
    ) throws -> [UInt8] {
        let file = try TemporaryFile(directory: scratch)
        var writer = try FrameWriter(fileDescriptor: file.descriptor, header: header(shards), source: source)
        for part in dealt { try writer.write(part) }
        for message in messages { try writer.write(opaque: message) }
        try writer.finish()
        return try file.bytes()
    }

    private func read(
        _ bytes: [UInt8], shards: Int, parts: Range<Int>? = nil, scratch: String
    ) throws -> FrameReader.Contents {
        let file = try TemporaryFile(directory: scratch, bytes)
        return try FrameReader(
            fileDescriptor: file.descriptor, expecting: header(shards), parts: parts, scratchDirectory: scratch
        ).read()
    }

    private func gather(_ dealt: [DealtSpans]) throws -> [String] {
        try lines(try Gatherer(dealt, settings: settings, budget: MemoryBudget(bytes: 0, workers: 1)))
    }

    /// Length-prefixed frames, each with its prefix.
    private func split(_ bytes: [UInt8]) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let length = Array(rest.prefix(4)).span.bytes.half(0)
            frames.append(Array(rest.prefix(4 + Int(length))))
            rest = rest.dropFirst(4 + Int(length))
        }
        return frames
    }

    @Test("what is written to frames gathers as if it had stayed in the process", arguments: [512 << 20, 0])
    func roundTrip(bytes: Int) throws {
        let spans = drawSpans(traces: 5000, seed: 11)
        try withScratchDirectory { scratch in
            let division = Division(shards: 32, dealers: 3, bytes: bytes)
            let dealt = try deal(spans, division, scratch: scratch)
            let messages = [[1, 2, 3], [], [UInt8](repeating: 7, count: 3 << 20)]
            let first = try written([dealt[0], dealt[1]], shards: 32, messages: messages, scratch: scratch)
            let second = try written([dealt[2]], shards: 32, source: 2, scratch: scratch)
            let contents = try read(first + second, shards: 32, scratch: scratch)
            #expect(contents.messages == messages)
            #expect(contents.dealt.count == 2)
            #expect(contents.dealt.reduce(0) { $0 + $1.linkCount } == dealt.reduce(0) { $0 + $1.linkCount })
            #expect(try gather(contents.dealt) == gather(dealt))
        }
    }

    @Test("sealed tables travel, too")
    func sealedTables() throws {
        var spans: [DrawnSpan] = []
        for number in 0..<40_000 {
            spans.append(DrawnSpan(trace: TraceID(high: 0, low: UInt64(number)), span: 1))
            spans[number].name = "GET /item/\(number % 30_000)"
        }
        try withScratchDirectory { scratch in
            let dealt = try deal(spans, Division(shards: 4, dealers: 4, bytes: 0), scratch: scratch)
            #expect(dealt[0].storage.tables.count > 1)
            let contents = try read(
                try written(dealt, shards: 4, scratch: scratch), shards: 4, scratch: scratch)
            #expect(try gather(contents.dealt) == gather(dealt))
        }
    }

    @Test("an engine may deliver blocks in any order, and a reader some parts only")
    func parts() throws {
        let spans = drawSpans(traces: 400, seed: 12)
        try withScratchDirectory { scratch in
            let dealt = try deal(spans, Division(shards: 8, dealers: 2), scratch: scratch)
            let frames = split(try written(dealt, shards: 8, messages: [[1]], scratch: scratch))
            let forAll = frames.filter { $0.span.bytes.half(4) == Frame.everyone }
            var found: [String] = []
            for parts in [0..<3, 3..<8] {
                let own = frames.filter { parts.contains(Int($0.span.bytes.half(4))) }
                let bytes = (forAll + own.reversed()).flatMap { $0 }
                found += try gather(read(bytes, shards: 8, parts: parts, scratch: scratch).dealt)
                #expect(throws: FrameError.self) { try read(bytes, shards: 8, scratch: scratch) }
                let short = (forAll + own.dropFirst()).flatMap { $0 }
                #expect(throws: FrameError.self) { try read(short, shards: 8, parts: parts, scratch: scratch) }
            }
            #expect(found.sorted() == (try gather(dealt)).sorted())
        }
    }

    @Test("a byte that is altered anywhere is an error or changes nothing, and never traps")
    func altered() throws {
        try withScratchDirectory { scratch in
            let dealt = try deal(drawSpans(traces: 2, seed: 13), Division(shards: 2, dealers: 2), scratch: scratch)
            let whole = try written(dealt, shards: 2, messages: [[5, 6]], scratch: scratch)
            let plain = try gather(dealt)
            var errors = 0
            for index in whole.indices {
                for mask in [UInt8(1), 0x80, 0xff] {
                    var bytes = whole
                    bytes[index] ^= mask
                    do {
                        let contents = try read(bytes, shards: 2, scratch: scratch)
                        #expect(contents.messages == [[5, 6]])
                        #expect(try gather(contents.dealt) == plain)
                    } catch is FrameError {
                        errors += 1
                    } catch is ScratchError {
                        errors += 1
                    }
                }
            }
            #expect(errors > whole.count * 5 / 2)
        }
    }

    @Test("input that ends early is an error at every byte")
    func cutShort() throws {
        try withScratchDirectory { scratch in
            let dealt = try deal(drawSpans(traces: 2, seed: 14), Division(shards: 2), scratch: scratch)
            let whole = try written(dealt, shards: 2, messages: [[5, 6]], scratch: scratch)
            for count in whole.indices {
                #expect(throws: FrameError.self) { try read(Array(whole[..<count]), shards: 2, scratch: scratch) }
            }
        }
    }

    @Test("frames of other settings, shards, stages and versions are refused")
    func incompatible() throws {
        try withScratchDirectory { scratch in
            let bytes = try written([], shards: 2, scratch: scratch)
            #expect(try read(bytes, shards: 2, scratch: scratch).messages.isEmpty)
            var others = [FrameHeader(stage: .reduce, shards: 2, settingsDigest: settings.digest), header(3)]
            var changed = settings
            changed.operationsPerService -= 1
            others.append(FrameHeader(stage: .map, shards: 2, settingsDigest: changed.digest))
            for other in others {
                let file = try TemporaryFile(directory: scratch, bytes)
                let error = #expect(throws: FrameError.self) {
                    try FrameReader(fileDescriptor: file.descriptor, expecting: other, scratchDirectory: scratch).read()
                }
                #expect(error?.kind == .incompatible)
            }
        }
    }

    @Test("a record with an id that its table does not have is refused", arguments: [2, 77, UInt32.max])
    func hostileIDs(operation: UInt32) {
        var mapping = FinalNames.Mapping()
        mapping.operations = [0, 1, FinalNames.Mapping.unknown]
        var span = SpanRecord(traceID: TraceID(high: 0, low: 1), spanID: 1)
        span.operation = operation
        let isKnown = span.rename(mapping)
        #expect(!isKnown)
    }
}

/// A nameless file for what is written and read again.
final class TemporaryFile {
    let descriptor: Int32

    init(directory: String, _ bytes: [UInt8] = []) throws {
        let path = "\(directory)/frames"
        descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        unlink(path)
        guard descriptor >= 0, bytes.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == bytes.count
        else { throw ScratchDirectoryError() }
        lseek(descriptor, 0, SEEK_SET)
    }

    deinit { close(descriptor) }

    func bytes() throws -> [UInt8] {
        let count = Int(lseek(descriptor, 0, SEEK_END))
        var bytes = [UInt8](repeating: 0, count: count)
        guard bytes.withUnsafeMutableBytes({ pread(descriptor, $0.baseAddress, count, 0) }) == count else {
            throw ScratchDirectoryError()
        }
        return bytes
    }
}
