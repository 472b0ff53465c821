import Foundation
import SpanModel
import Synchronization
import Testing

@testable import SpanReading

/// What any number of readers made of an archive together: spans and links as text, in one order.
struct SharedReading: Equatable {
    var summary: ArchiveSummary?
    var records: [String] = []

    /// - Parameter seed: of the moments at which a reader lets others go first.
    init(
        _ bytes: [UInt8], workers: Int, sizes: BlockSizes, piece: Int = .max,
        settings: ReadingSettings = ReadingSettings(), seed: UInt64 = 0
    ) {
        var first = ArchiveReader(settings: settings)
        let archive = first.begin("memory", .memory(bytes, piece: piece, taken: 0), sizes: sizes)
        let found = Mutex(SharedReading())
        onThreads(workers) { worker in
            var reader = ArchiveReader(settings: settings)
            var batch = SpanBatch()
            var result = ReadResult()
            var moments = FormatSample.numbers(seed &+ UInt64(worker)).makeIterator()
            let summary = reader.read(archive, into: &batch) { _ in
                for _ in 0..<(moments.next() ?? 0) % 4 { sched_yield() }
            } flush: { batch in
                result.spans = batch.spans
                result.links = batch.links
                result.names = batch.names
                let records = result.fingerprint
                found.withLock { $0.records += records }
                for _ in 0..<(moments.next() ?? 0) % 4 { sched_yield() }
            }
            if let summary { found.withLock { $0.end(summary) } }
        }
        self = found.withLock { $0 }
        records.sort()
    }

    private init() {}

    private mutating func end(_ summary: ArchiveSummary) {
        #expect(self.summary == nil, "one reader has the end")
        self.summary = summary
    }

    /// The same but for how much of the file was read before the archive was given up.
    var ignoringBytesRead: SharedReading {
        var same = self
        same.summary?.bytes = 0
        same.summary?.bytesDecompressed = 0
        return same
    }
}

/// Runs the body on so many threads at the same time and waits for all.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let group = DispatchGroup()
    for index in 0..<count {
        group.enter()
        Thread.detachNewThread {
            body(index)
            group.leave()
        }
    }
    group.wait()
}

/// An archive that is hard to cut: whole, and with every kind of damage.
struct SharingSample: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var bytes: [UInt8]
    var settings = ReadingSettings()

    /// Blocks so small that every archive of the tests has many.
    static let sizes = BlockSizes(
        lines: 700, longestLine: 3000, stream: 900, messages: 500, compressedMessages: 300)

    private static func requests(_ encode: (String, [SampleSpan]) -> [UInt8]) -> [[UInt8]] {
        (0..<60).map { index in
            let spans = (0..<index % 5 + 1).map { place in
                SampleSpan(span: UInt64(index * 10 + place + 1), milliseconds: UInt64(place + 1))
            }
            return encode(index % 3 == 0 ? "shop" : "cart", spans)
        }
    }

    /// Archives that go on for many frames behind what is looked at to find out what they are.
    private static func manyFrames(_ json: [[UInt8]], _ protobuf: [[UInt8]]) -> [SharingSample] {
        func frames(_ bytes: [UInt8], of length: Int, everySilent silent: Int = .max) -> [[UInt8]] {
            stride(from: 0, to: bytes.count, by: length).enumerated().compactMap { number, start in
                let content = Array(bytes[start..<min(start + length, bytes.count)])
                return try? number % silent == silent - 1 ? streamedZstd(content) : zstd(content)
            }
        }
        let requests = Array(repeatElement(json, count: 4).joined())
        let lines = requests.flatMap { $0 + Array("\n".utf8) }
        let list = Array("[\n".utf8) + Array(requests.joined(separator: Array(",\n".utf8))) + Array("\n]\n".utf8)
        let pretty = requests.flatMap { Array("{\n\"x\":\n{}\n,\n".utf8) + $0.dropFirst() + Array("\n".utf8) }
        let bare = Array(repeatElement(protobuf, count: 6).joined().joined())
        let whole = frames(lines, of: 1700)
        var corrupt = whole
        corrupt[whole.count * 3 / 4][corrupt[whole.count * 3 / 4].count / 2] ^= 0x55
        var unsure = whole
        unsure[whole.count * 3 / 4][whole[whole.count * 3 / 4].count - 1] ^= 1
        var few = ReadingSettings()
        few.maximumDecompressedBytes = 80_000
        var narrow = ReadingSettings()
        narrow.maximumZstdWindowBytes = 4096
        func sample(_ description: String, _ frames: [[UInt8]], _ settings: ReadingSettings = ReadingSettings()) -> Self
        {
            SharingSample(testDescription: description, bytes: Array(frames.joined()), settings: settings)
        }
        return [
            sample("many frames", whole),
            sample("many frames of a record or less", frames(lines, of: 300)),
            sample("many frames of many records", frames(lines, of: 9000)),
            sample("many frames, some of which do not say what they hold", frames(lines, of: 1700, everySilent: 3)),
            sample(
                "many frames, skippable ones between them",
                whole.flatMap { [[0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 7], $0] }),
            sample("many frames, then nonsense", whole + [Array("nonsense".utf8)]),
            sample(
                "many frames, the last one cut short", whole.dropLast() + [Array(whole[whole.count - 1].dropLast(9))]),
            sample("many frames, one corrupt", corrupt),
            sample("many frames, one of which has a wrong checksum", unsure),
            sample("many frames beyond the limit", whole, few),
            sample("many frames, too long to be unwrapped as a whole", whole, narrow),
            sample("a list over many frames", frames(list, of: 1700)),
            sample("records of many lines over many frames", frames(pretty, of: 1700)),
            sample("protobuf over many frames", frames(bare, of: 1700)),
        ]
    }

    static let all: [SharingSample] = {
        let json = requests { jsonRequest(service: $0, $1) }
        let protobuf = requests { protobufRequest(service: $0, $1) }
        let lines: [UInt8] = json.flatMap { $0 + Array("\n".utf8) }
        let other = Array(#"{"resourceMetrics":[]}"#.utf8)
        let cut = Array(json[3].dropLast(20))
        let bad = Array("{nonsense".utf8)
        func joined(_ records: [[UInt8]], by separator: String) -> [UInt8] {
            Array(records.joined(separator: Array(separator.utf8)))
        }
        let damages: [[UInt8]] = [bad, cut, other, [], Array("  {\"a\":".utf8)]
        var damaged = json
        for index in stride(from: 4, to: damaged.count, by: 5) { damaged[index] = damages[index / 5 % 5] }
        var short = ReadingSettings()
        short.maximumRecordBytes = 2500
        var long = json
        long[40] = jsonRequest([SampleSpan(span: 9000, name: String(repeating: "x", count: 4000))])
        var few = ReadingSettings()
        few.maximumDecompressedBytes = 4000
        var broken = (try? json.map { lengthPrefixed(try zstd($0)) }) ?? []
        for index in stride(from: 3, to: broken.count, by: 7) { broken[index][broken[index].count - 1] ^= 1 }
        let mixed = json.indices.flatMap { lengthPrefixed($0 % 4 == 3 ? json[$0] : protobuf[$0]) }
        // Frames that end anywhere inside a record.
        let pieces = stride(from: 0, to: lines.count, by: 1100).map { Array(lines[$0..<min($0 + 1100, lines.count)]) }
        let whole = (try? pieces.flatMap { try zstd($0) }) ?? []
        var corrupt = whole
        corrupt[corrupt.count * 2 / 3] ^= 0x55
        return [
            SharingSample(testDescription: "lines", bytes: lines),
            SharingSample(testDescription: "damaged lines", bytes: joined(damaged, by: "\n")),
            SharingSample(testDescription: "lines that end in CR LF", bytes: joined(damaged, by: "\r\n")),
            SharingSample(
                testDescription: "a list, an item a line", bytes: Array("[\n".utf8) + joined(json, by: ",\n")),
            SharingSample(
                testDescription: "a request whose resources stand at the start of lines",
                bytes: Array("{\"resourceSpans\":[\n".utf8)
                    + joined(json.map { Array($0.dropFirst(18).dropLast(2)) }, by: ",\n") + Array("\n]}\n".utf8)
                    + lines),
            SharingSample(testDescription: "no newline at all", bytes: joined(json, by: " ")),
            SharingSample(
                testDescription: "lists, one a line",
                bytes: Array("[".utf8) + joined(json, by: "]\n[") + Array("]\n".utf8)),
            SharingSample(testDescription: "a record beyond the limit", bytes: joined(long, by: "\n"), settings: short),
            SharingSample(testDescription: "a stream cut short", bytes: Array(lines.dropLast(30))),
            SharingSample(testDescription: "zstd frames", bytes: whole),
            SharingSample(testDescription: "zstd frames cut short", bytes: Array(whole.dropLast(40))),
            SharingSample(testDescription: "zstd frames, one corrupt", bytes: corrupt),
            SharingSample(testDescription: "zstd frames beyond the limit", bytes: whole, settings: few),
        ] + manyFrames(json, protobuf) + [
            SharingSample(testDescription: "bare protobuf", bytes: protobuf.flatMap(\.self)),
            SharingSample(testDescription: "varint-delimited", bytes: protobuf.flatMap(varintDelimited)),
            SharingSample(testDescription: "messages", bytes: protobuf.flatMap(lengthPrefixed)),
            SharingSample(testDescription: "messages of two formats", bytes: mixed),
            SharingSample(testDescription: "messages cut short", bytes: Array(mixed.dropLast(9))),
            SharingSample(
                testDescription: "messages, then nonsense", bytes: mixed + [0xff, 0xff, 0xff, 0xff] + mixed),
            SharingSample(testDescription: "messages beyond the limit", bytes: mixed, settings: few),
            SharingSample(testDescription: "compressed messages, some broken", bytes: broken.flatMap(\.self)),
            SharingSample(
                testDescription: "compressed messages beyond the limit", bytes: broken.flatMap(\.self), settings: few),
        ]
    }()
}

@Suite("An archive that several workers read")
struct SharedArchiveTests {
    @Test("gives what one worker gives: spans, counts, errors and their places", arguments: SharingSample.all)
    func sameAsAlone(_ sample: SharingSample) {
        let alone = SharedReading(sample.bytes, workers: 1, sizes: SharingSample.sizes, settings: sample.settings)
        #expect(alone.summary != nil)
        #expect(alone.records.count > 5)
        for seed in 0..<16 as Range<UInt64> {
            let together = SharedReading(
                sample.bytes, workers: Int(seed % 4) + 2, sizes: SharingSample.sizes, piece: Int(seed) * 50 + 100,
                settings: sample.settings, seed: seed)
            #expect(together == alone, "seed \(seed)")
        }
    }

    @Test("gives what blocks of any other size give", arguments: SharingSample.all)
    func sameInOneBlock(_ sample: SharingSample) {
        let whole = SharedReading(sample.bytes, workers: 1, sizes: BlockSizes(), settings: sample.settings)
        for bytes in [60, 250, 1000, 4000, 20000] {
            let sizes = BlockSizes(
                lines: bytes, longestLine: 4 * bytes, stream: bytes, messages: bytes, compressedMessages: bytes)
            let cut = SharedReading(sample.bytes, workers: 1, sizes: sizes, settings: sample.settings)
            #expect(cut.ignoringBytesRead == whole.ignoringBytesRead, "\(bytes)")
        }
    }

    @Test("gives what one worker gives, whatever bytes are flipped, dropped or put in")
    func randomDamage() {
        var numbers = FormatSample.numbers(17).makeIterator()
        func number(below limit: Int) -> Int { Int((numbers.next() ?? 0) % UInt64(max(limit, 1))) }
        for round in 0..<600 {
            let sample = SharingSample.all[round % SharingSample.all.count]
            var bytes = sample.bytes
            for _ in 0..<number(below: 6) {
                let place = number(below: bytes.count)
                switch number(below: 4) {
                case 0: bytes[place] ^= UInt8(1 << number(below: 8))
                case 1: bytes.removeSubrange(place..<min(place + number(below: 40), bytes.count))
                case 2: bytes.insert(Array("\n{[\"}],".utf8)[number(below: 7)], at: place)
                default:
                    let copied = Array(bytes[place..<min(place + number(below: 900), bytes.count)])
                    bytes.insert(contentsOf: copied, at: place)
                }
            }
            let alone = SharedReading(bytes, workers: 1, sizes: SharingSample.sizes, settings: sample.settings)
            let together = SharedReading(
                bytes, workers: 2 + round % 3, sizes: SharingSample.sizes, settings: sample.settings,
                seed: UInt64(round))
            #expect(together == alone, "\(sample.testDescription), round \(round)")
        }
    }

    @Test("is parsed and dealt by all at the same time, not by one after the other")
    func sideBySide() throws {
        let lines = SharingSample.all[0].bytes
        var first = ArchiveReader(settings: ReadingSettings())
        let archive = first.begin("memory", .memory(lines, piece: .max, taken: 0), sizes: SharingSample.sizes)
        let inside = Monitor((count: 0, have: false))
        onThreads(2) { _ in
            var reader = ArchiveReader(settings: ReadingSettings())
            var batch = SpanBatch()
            _ = reader.read(archive, into: &batch, progress: { _ in }) { _ in
                // Who is here first waits for the other: it must be able to come although this block is not done.
                inside.enter { inside in
                    inside.count += 1
                    if inside.count == 2 { inside.have = true }
                }
                inside.enter(when: { $0.have }) { $0.count -= 1 }
            }
        }
        #expect(inside.enter { $0.have })
    }

    @Test("is unwrapped and parsed by all at the same time where it is made of frames", arguments: [1700, 9000])
    func framesSideBySide(_ length: Int) throws {
        let lines = SharingSample.all[0].bytes
        let content = Array(repeatElement(lines, count: 6).joined())
        let bytes = try stride(from: 0, to: content.count, by: length).flatMap {
            try zstd(Array(content[$0..<min($0 + length, content.count)]))
        }
        let settings = ReadingSettings()
        var first = ArchiveReader(settings: settings)
        let archive = first.begin("memory", .memory(bytes, piece: .max, taken: 0), sizes: SharingSample.sizes)
        var (frames, behindHead) = (0, 0)
        var reader = ArchiveReader(settings: settings)
        while case .block(var block) = archive.take(into: &reader.window).work {
            let isWrapped = block.parts != nil
            reader.unwrapParts(of: &block)
            #expect(block.failure == nil)
            guard isWrapped else { continue }
            frames += 1
            // What nobody has passed on is guessed to begin as the archive does.
            if block.headBytes > 0, archive.likelyStart(of: block) != nil { behindHead += 1 }
        }
        #expect(frames > 20)
        #expect(behindHead > frames / 2)
    }

    @Test("ends for all when one of them fails, and the others wait for nothing")
    func failure() {
        struct Stop: Error {}
        let bytes = SharingSample.all[0].bytes
        for seed in 0..<50 as Range<UInt64> {
            var first = ArchiveReader(settings: ReadingSettings())
            let archive = first.begin("memory", .memory(bytes, piece: 300, taken: 0), sizes: SharingSample.sizes)
            let blocks = Atomic<Int>(0)
            let failures = Atomic<Int>(0)
            let summaries = Atomic<Int>(0)
            onThreads(3) { _ in
                var reader = ArchiveReader(settings: ReadingSettings())
                var batch = SpanBatch()
                do throws(Stop) {
                    let summary = try reader.read(archive, into: &batch) { _ throws(Stop) in
                        if seed % 2 == 0, blocks.add(1, ordering: .relaxed).newValue > Int(seed) % 9 { throw Stop() }
                    } flush: { _ throws(Stop) in
                        if seed % 2 == 1, blocks.add(1, ordering: .relaxed).newValue > Int(seed) % 9 { throw Stop() }
                    }
                    if summary != nil { summaries.add(1, ordering: .relaxed) }
                } catch {
                    failures.add(1, ordering: .relaxed)
                }
                #expect(batch.spans.isEmpty)
            }
            #expect(failures.load(ordering: .relaxed) >= 1)
            #expect(summaries.load(ordering: .relaxed) == 0)
            #expect(archive.isExhausted)
        }
    }
}
