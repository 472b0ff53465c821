import Glibc
import SpanModel
import Testing

@testable import SpanReading

@Suite("Archives that cannot be read, or not wholly")
struct ArchiveLimitTests {
    private let request = protobufRequest([SampleSpan(span: 1)])

    @Test("missing files and directories are unreadable, each with a remedy")
    func unreadable() {
        var reader = ArchiveReader(settings: ReadingSettings())
        var batch = SpanBatch()
        for (path, word) in [("/nonexistent/a.json", "no such file"), ("/", "directory")] {
            let summary = reader.read(path, into: &batch) { _ in }
            #expect(summary.error?.code == .unreadable)
            #expect(summary.error?.path == path)
            #expect(summary.error?.message.contains(word) == true)
        }
    }

    @Test("nothing, white space, and nothing in a frame are empty")
    func empty() throws {
        for bytes in [[], Array(" \n\n".utf8), try zstd([]), try gzip(Array("\n".utf8))] {
            #expect(readArchive(bytes).summary.error?.code == .empty)
        }
    }

    @Test("unknown content is shown by its first bytes, known foreign content by name")
    func unknown() {
        let text = readArchive(Array("hello, world\n".utf8)).summary.error
        #expect(text?.code == .unknownFormat)
        #expect(text?.message.contains("\"hello, world\"") == true)
        #expect(text?.message.contains("otlp-protobuf") == true)
        let zeros = readArchive([UInt8](repeating: 0, count: 4096)).summary.error
        #expect(zeros?.code == .unknownFormat)
        #expect(zeros?.message.contains("00 00 00") == true)
        #expect(readArchive(Array("PAR1xxxx".utf8)).summary.error?.message.contains("Parquet") == true)
        #expect(readArchive([0x82, 0x21, 1, 2, 3]).summary.error?.message.contains("Thrift") == true)
    }

    @Test("compressions deeper than three are named, not followed")
    func tooDeep() throws {
        let three = try gzip(zstd(gzip(request)))
        #expect(readArchive(three).summary.spans == 1)
        let four = readArchive(try gzip(three)).summary
        #expect(four.layers == ["gzip", "gzip", "zstd"])
        #expect(four.error?.code == .unknownFormat)
        #expect(four.error?.message.contains("compressions") == true)
    }

    @Test("damage that a checksum shows at the end is named rather than the records that it spoilt")
    func checksum() throws {
        let span = """
            {"traceId":"000102030405060708090a0b0c0d0e0f","spanId":"0000000000000001","startTimeUnixNano":"1"}
            """
        let lines = """
            {"resourceSpans":[}
            {"resourceSpans":[{"scopeSpans":[{"spans":[\(span)]}]}]}

            """
        let spoilt = try gzip(Array(lines.utf8))
        let whole = readArchive(spoilt).summary
        #expect(whole.error?.code == .badRecord)
        var damaged = spoilt
        damaged[damaged.count - 8] ^= 1
        let summary = readArchive(damaged).summary
        #expect(summary.error?.code == .corrupt)
        #expect(summary.error?.message.contains("check") == true)
        #expect((summary.spans, summary.badRecords) == (1, 1))
    }

    @Test("a window beyond the limit is refused and names --memory; frames before it count")
    func window() throws {
        var settings = ReadingSettings()
        settings.maximumZstdWindowBytes = 64 << 20
        // A frame without content size that asks for 128 MiB.
        let frame: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3, 0x01, 0x00, 0x00]
        let summary = readArchive(try zstd(request) + frame, settings: settings).summary
        #expect(summary.spans == 1)
        #expect(summary.error?.code == .tooLarge)
        #expect(summary.error?.message.contains("raise --memory to 512 MiB") == true)
        #expect(summary.truncatedAt == nil)
    }

    @Test("a length of 4 GiB is too large, not memory; messages before it count")
    func absurdLength() {
        let bytes = lengthPrefixed(request) + [0xff, 0xff, 0xff, 0xff] + request
        let summary = readArchive(bytes).summary
        #expect(summary.spans == 1)
        #expect(summary.error?.code == .tooLarge)
        #expect(summary.error?.offset == UInt64(request.count + 4))
        let varint = varintDelimited(request) + [UInt8](repeating: 0xff, count: 9) + [0x01] + request
        #expect(readArchive(varint).summary.error?.code == .tooLarge)
        #expect(readArchive(varint).summary.spans == 1)
    }

    @Test("a record beyond the limit is too large; those before it count")
    func longRecord() {
        var settings = ReadingSettings()
        settings.maximumRecordBytes = 5 << 20
        let long = protobufRequest([SampleSpan(span: 2, name: String(repeating: "x", count: 6 << 20))])
        let stream = readArchive(request + long, settings: settings).summary
        #expect(stream.spans == 1)
        #expect(stream.error?.code == .tooLarge)
        #expect(stream.error?.offset == UInt64(request.count))
        let framed = readArchive(lengthPrefixed(request) + lengthPrefixed(long), settings: settings).summary
        #expect(framed.spans == 1)
        #expect(framed.error?.code == .tooLarge)
        settings.maximumRecordBytes = 64 << 20
        #expect(readArchive(request + long, settings: settings).summary.spans == 2)
    }

    @Test("more decompressed bytes than allowed end the archive")
    func bomb() throws {
        var settings = ReadingSettings()
        settings.maximumDecompressedBytes = 3 << 20
        settings.maximumRecordBytes = 2 << 20
        let blanks = [UInt8](repeating: 0x20, count: 8 << 20)
        let layered = readArchive(try gzip(request + zstd(blanks)), settings: settings).summary
        #expect(layered.error != nil)
        let bomb = readArchive(try gzip(request + blanks), settings: settings).summary
        #expect(bomb.error?.code == .tooLarge || bomb.error?.code == .badRecord)
        #expect(bomb.bytesDecompressed <= 5 << 20)
        let message = readArchive(lengthPrefixed(try zstd(request + blanks)), settings: settings).summary
        #expect(message.error?.code == .tooLarge)
    }

    @Test("a broken message costs itself only")
    func brokenMessage() throws {
        var broken = try zstd(protobufRequest([SampleSpan(span: 2)]))
        broken[broken.count - 1] ^= 1
        let third = try zstd(protobufRequest([SampleSpan(span: 3)]))
        let (summary, batch) = readArchive(
            lengthPrefixed(try zstd(request)) + lengthPrefixed(broken) + lengthPrefixed(third))
        #expect(batch.spans.map(\.spanID) == [1, 3])
        #expect(summary.badRecords == 1)
        #expect(summary.error?.code == .corrupt)
    }

    @Test("one file may hold messages of two formats")
    func mixedMessages() throws {
        let json = jsonRequest([SampleSpan(span: 2)])
        let (summary, batch) = readArchive(lengthPrefixed(request) + lengthPrefixed(try zstd(json)))
        #expect(batch.spans.map(\.spanID) == [1, 2])
        #expect(summary.error == nil)
    }

    @Test("random bytes behind any first bytes never crash the reader")
    func randomBytes() {
        let heads: [[UInt8]] = [
            [], [0x1f, 0x8b, 8, 0], [0x28, 0xb5, 0x2f, 0xfd], [0x0a], [0, 0, 0, 9],
            [0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0],
            Array(lengthPrefixed(request)), request, Array("{\"resourceSpans\":[".utf8),
        ]
        var numbers = FormatSample.numbers(3).makeIterator()
        var reader = ArchiveReader(settings: ReadingSettings())
        for round in 0..<3000 {
            let tail = (0..<round % 150).map { _ in UInt8(truncatingIfNeeded: numbers.next() ?? 0) }
            var batch = SpanBatch()
            let summary = reader.read(heads[round % heads.count] + tail, piece: round % 40 + 1, into: &batch)
            #expect(summary.spans == UInt64(batch.spans.count))
            #expect(summary.bytes <= UInt64(heads[round % heads.count].count + tail.count))
        }
    }

    @Test("what the caller throws ends the reading at once, and the reader serves the next archive")
    func callerFails() throws {
        struct Stop: Error {}
        var template = Array("/tmp/spanmill-archive-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(path) }
        #expect(request.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == request.count)
        close(descriptor)
        var reader = ArchiveReader(settings: ReadingSettings())
        var batch = SpanBatch()
        var isStopped = false
        do throws(Stop) {
            _ = try reader.read(path, into: &batch) { _ throws(Stop) in throw Stop() }
        } catch {
            isStopped = true
        }
        #expect(isStopped)
        #expect(batch.spans.isEmpty)
        var told = 0
        let summary = reader.read(path, into: &batch, progress: { told += $0 }) { #expect($0.spans.count == 1) }
        #expect(summary.spans == 1)
        #expect(told == request.count)
    }
}
