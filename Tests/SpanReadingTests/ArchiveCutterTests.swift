import SpanModel
import Testing

@testable import SpanReading

@Suite("Where an archive is cut")
struct ArchiveCutterTests {
    @Test("is before the first line that begins an object or a list, if one does")
    func firstLine() {
        func place(_ text: String, from start: Int = 0) -> Int? {
            ArchiveCutter.firstLine(Array(text.utf8).span.bytes, from: start)
        }
        #expect(place("") == nil)
        #expect(place("{") == nil)
        #expect(place("{}\n") == nil)
        #expect(place("{}\n{") == 3)
        #expect(place("{}\n  {}\n}\n{}\n{}") == 10)
        #expect(place("{}\n\n[1]\n\n") == 4)
        #expect(place("{}\n{}\n{}", from: 4) == 6)
        #expect(place("{}\n{}", from: 3) == 3)
        #expect(place("{}\n{}", from: 4) == nil)
        let long = String(repeating: "x", count: 1000)
        #expect(place("{\(long)\n\(long)\n{}") == 2003)
    }

    @Test("is the same for one worker and for several, for whom blocks are cut ahead", arguments: [1, 2, 7])
    func cutsAhead(workers: Int) {
        func blocks(of archive: SharedArchive) -> [String] {
            var window = ByteWindow()
            var blocks: [String] = []
            while case .block(let block) = archive.take(into: &window).work {
                blocks.append("\(block.number) \(block.isLast) \(block.fileBytes) \(window.count)")
            }
            return blocks
        }
        for sample in SharingSample.all {
            func begin() -> SharedArchive {
                var reader = ArchiveReader(settings: ReadingSettings())
                return reader.begin(
                    "memory", .memory(sample.bytes, piece: 100, taken: 0), sizes: SharingSample.sizes)
            }
            let (alone, shared) = (begin(), begin())
            for _ in 0..<workers { shared.join() }
            #expect(!shared.isExhausted)
            #expect(blocks(of: shared) == blocks(of: alone))
            #expect(shared.waitingBlocks == 0)
            #expect(shared.isExhausted)
            for _ in 0..<workers { shared.leave() }
        }
    }

    @Test("few blocks wait, and fewer where they are long", arguments: [(1000, 4), (2, 1), (0, 0)])
    func waiting(blocksOfBytes: Int, count: Int) {
        let bytes = Array(repeatElement(SharingSample.all[0].bytes, count: 8).joined())
        var sizes = SharingSample.sizes
        sizes.bytesAhead = blocksOfBytes * sizes.lines
        var reader = ArchiveReader(settings: ReadingSettings())
        let archive = reader.begin("memory", .memory(bytes, piece: .max, taken: 0), sizes: sizes)
        var window = ByteWindow()
        _ = archive.take(into: &window)
        #expect(archive.waitingBlocks == 0)
        for _ in 0..<2 { archive.join() }
        _ = archive.take(into: &window)
        #expect(archive.waitingBlocks == count)
    }

    @Test("gives no block, not even one that was cut ahead, of an archive that was given up")
    func givenUpAhead() {
        var reader = ArchiveReader(settings: ReadingSettings())
        let bytes = Array(repeatElement(SharingSample.all[0].bytes, count: 4).joined())
        let archive = reader.begin("memory", .memory(bytes, piece: 100, taken: 0), sizes: SharingSample.sizes)
        for _ in 0..<2 { archive.join() }
        var window = ByteWindow()
        guard case .block = archive.take(into: &window).work else {
            Issue.record("no block")
            return
        }
        archive.stop()
        guard case .nothing = archive.take(into: &window).work else {
            Issue.record("a block of an archive that was given up")
            return
        }
        #expect(archive.takeChain() != nil)
    }

    @Test("is the same however the archive's bytes come")
    func sameCuts() {
        func cuts(_ bytes: [UInt8], piece: Int) -> [Int] {
            var reader = ArchiveReader(settings: ReadingSettings())
            let archive = reader.begin("memory", .memory(bytes, piece: piece, taken: 0), sizes: SharingSample.sizes)
            var window = ByteWindow()
            var counts: [Int] = []
            while case .block = archive.take(into: &window).work { counts.append(window.count) }
            return counts
        }
        for sample in SharingSample.all {
            let whole = cuts(sample.bytes, piece: .max)
            for piece in [1, 7, 300, 1000] { #expect(cuts(sample.bytes, piece: piece) == whole) }
        }
    }

    @Test("the first and the last of some bytes is found wherever it stands")
    func offsets() {
        for count in 0..<150 {
            for place in 0..<count {
                var bytes = [UInt8](repeating: 0x61, count: count)
                bytes[place] = 0x0a
                #expect(bytes.span.bytes.lastOffset(of: 0x0a) == place)
                #expect(bytes.span.bytes.firstOffset(of: 0x0a) == place)
                bytes[place / 2] = 0x0a
                #expect(bytes.span.bytes.lastOffset(of: 0x0a) == place)
                #expect(bytes.span.bytes.firstOffset(of: 0x0a) == place / 2)
            }
            let none = [UInt8](repeating: 0x61, count: count)
            #expect(none.span.bytes.lastOffset(of: 0x0a) == nil && none.span.bytes.firstOffset(of: 0x0a) == nil)
        }
    }
}
