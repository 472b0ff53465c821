import Compression
import Glibc
import SpanModel
import Testing

@testable import SpanReading

@Suite("A line of addresses")
struct ByteLineTests {
    /// The byte at a place of a stream.
    private func byte(_ place: Int) -> UInt8 { UInt8(truncatingIfNeeded: place &* 2_654_435_761 >> 13) }

    private func isRight(_ bytes: UnsafeRawBufferPointer, from place: Int) -> Bool {
        bytes.indices.allSatisfy { bytes[$0] == byte(place + $0) }
    }

    private func write(_ count: Int, on line: ByteLine, keeping first: Int) {
        let place = line.end
        let room = line.room(count, keeping: first)
        for index in 0..<min(count, room.count) { room[index] = byte(place + index) }
        line.advance(min(count, room.count))
    }

    @Test("keeps what must stay and what is lent, and memory for little more", arguments: 0..<8 as Range<UInt64>)
    func keeps(_ seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let line = try #require(ByteLine(bytes: 256 << 20))
        let window = Int.random(in: 0...(3 << 20), using: &random)
        var lent: [(stretch: ByteLine.Stretch, range: Range<Int>)] = []
        var (handed, longest) = (0, 0)
        while line.end < 60 << 20 {
            write(Int.random(in: 0...(128 << 10), using: &random), on: line, keeping: min(handed, line.end - window))
            if Int.random(in: 0..<6, using: &random) == 0 {
                lent.append((line.lend(from: handed), handed..<line.end))
                handed = line.end
            }
            if lent.count > 3 {
                let index = Int.random(in: 0..<lent.count, using: &random)
                let (stretch, range) = lent.remove(at: index)
                #expect(isRight(stretch.bytes(range), from: range.lowerBound))
            }
            let kept = min(lent.first?.range.lowerBound ?? handed, handed, line.end - window)
            longest = max(longest, line.end - max(kept, 0))
            #expect(line.memoryBytes <= longest + 3 * ByteLine.segmentBytes)
        }
        let start = max(0, line.end - window)
        #expect(isRight(line.bytes(start..<line.end), from: start))
    }

    @Test("gives memory back after a long record, and what lies behind reads as zero")
    func shrinks() throws {
        let line = try #require(ByteLine(bytes: 256 << 20))
        while line.end < 40 << 20 { write(128 << 10, on: line, keeping: 0) }
        #expect(line.memoryBytes >= 40 << 20)
        while line.end < 120 << 20 { write(128 << 10, on: line, keeping: line.end) }
        #expect(line.memoryBytes <= 4 * ByteLine.segmentBytes)
        #expect(line.bytes(0..<1 << 20).allSatisfy { $0 == 0 })
        let stretch = line.lend(from: line.end)
        line.release(before: line.end)
        #expect(line.memoryBytes <= ByteLine.segmentBytes)
        write(1000, on: line, keeping: line.end)
        #expect(isRight(stretch.bytes(line.end - 1000..<line.end), from: line.end - 1000))
    }

    @Test("outlives itself in what is lent of it")
    func lends() throws {
        var line = ByteLine(bytes: 8 << 20)
        if let line { write(5000, on: line, keeping: 0) }
        let stretch = try #require(line?.lend(from: 0))
        line = nil
        #expect(isRight(stretch.bytes(0..<5000), from: 0))
    }

    @Test("ends where its addresses end, and is refused where there are none")
    func ends() throws {
        let line = try #require(ByteLine(bytes: 4 << 20))
        while line.end < line.capacity { write(100_000, on: line, keeping: line.end) }
        #expect(line.room(1, keeping: line.end).isEmpty)
        #expect(ByteLine(bytes: 1 << 20) == nil)
        #expect(ByteLine(bytes: 1 << 50) == nil)
    }

    @Test("is followed by another before it ends, with what has not been handed over")
    func leaves() throws {
        var window = ByteWindow()
        window.reset(on: try #require(ByteLine(bytes: 8 << 20)))
        var other = ByteWindow()
        var (written, handed) = (0, 0)
        while written < 50 << 20 {
            _ = window.fill(room: 100_000) { room in
                let count = min(100_000, room.count)
                for index in 0..<count { room[index] = byte(written + index) }
                return count
            }
            written = Int(window.endOffset)
            guard window.count > 400_000 else { continue }
            window.hand(300_000, to: &other)
            #expect(Int(other.offset) == handed)
            #expect(other.withBytes { $0.withUnsafeBytes { isRight($0, from: handed) } })
            // What others add goes into storage of their own.
            other.discard(250_000)
            other.append([byte(handed + 300_000)].span.bytes)
            #expect(other.count == 50_001)
            #expect(other.withBytes { $0.withUnsafeBytes { isRight($0, from: handed + 250_000) } })
            handed += 300_000
        }
        #expect(Int(window.offset) == handed)
        #expect(window.withBytes { $0.withUnsafeBytes { isRight($0, from: handed) } })
    }

    /// What a zstd stream holds, decompressed along lines of so many bytes.
    private func content(_ bytes: [UInt8], lineBytes: Int) throws -> [UInt8] {
        let layer = try ZstdLayer(settings: ReadingSettings())
        #expect(layer.resetForConsecutiveOutput())
        var window = ByteWindow()
        window.reset(on: try #require(ByteLine(bytes: lineBytes)))
        var (content, taken): ([UInt8], Int) = ([], 0)
        while taken < bytes.count {
            _ = try bytes.span.bytes.withUnsafeBytes { source throws(CompressionError) in
                let rest = UnsafeRawBufferPointer(rebasing: source[taken..<min(taken + 50_000, source.count)])
                return try window.fill(room: LayerChain.blockBytes, lookingBack: layer.lookBackBytes) {
                    room throws(CompressionError) in
                    let step = try layer.unwrap(rest, into: room)
                    taken += step.taken
                    return step.made
                }
            }
            guard window.count > 700_000 else { continue }
            let count = window.count - 1000
            window.withBytes { bytes in content += bytes.extracting(0..<count).withUnsafeBytes { Array($0) } }
            window.discard(count)
        }
        return content + window.withBytes { $0.withUnsafeBytes { Array($0) } }
    }

    @Test("may be followed by another within a frame, which is looked back at across both")
    func turns() throws {
        var random = SplitMix(state: 5)
        let words = (0..<4000).map { _ in (0..<60).map { _ in UInt8.random(in: 0x61...0x7a, using: &random) } }
        var plain: [UInt8] = []
        while plain.count < 24 << 20 { plain += words[Int.random(in: words.indices, using: &random)] }
        let frame = try streamedZstd(plain)
        for lineBytes in [6 << 20, 8 << 20, 64 << 20] {
            #expect(try content(frame, lineBytes: lineBytes) == plain)
        }
        for _ in 0..<40 {
            var broken = frame
            for _ in 0..<3 {
                let bit: UInt8 = 1 << UInt8.random(in: 0...7, using: &random)
                broken[Int.random(in: 6..<broken.count, using: &random)] ^= bit
            }
            let result = try? content(broken, lineBytes: 6 << 20)
            #expect(result != plain)
        }
    }

    @Test("carries an archive longer than all memory it takes, read by several at the same time")
    func carries() throws {
        let names = (0..<200).map { String(repeating: "n\($0)", count: 2000) }
        let spans = (0..<4000).map {
            SampleSpan(trace: UInt64($0), span: UInt64($0 + 1), name: names[$0 % names.count])
        }
        let plain = spans.flatMap { protobufRequest([$0]) }
        #expect(plain.count > 24 << 20)
        let bytes = try streamedZstd(plain)
        let alone = readArchive(plain)
        for workers in 1...3 {
            var first = ArchiveReader(settings: ReadingSettings())
            let archive = first.begin("memory", .memory(bytes, piece: 70_000, taken: 0))
            let found = Monitor((spans: 0, summary: ArchiveSummary?.none))
            onThreads(workers) { _ in
                var reader = ArchiveReader(settings: ReadingSettings())
                var batch = SpanBatch()
                let summary = reader.read(archive, into: &batch) { _ in
                } flush: { batch in
                    found.enter { $0.spans += batch.spans.count }
                }
                if let summary { found.enter { $0.summary = summary } }
            }
            let result = found.enter { $0 }
            #expect(result.spans == alone.batch.spans.count)
            #expect(result.summary?.spans == alone.summary.spans)
            #expect(result.summary?.bytesDecompressed == UInt64(plain.count))
            #expect(result.summary?.error == nil)
        }
    }
}
