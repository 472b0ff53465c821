import Compression
import Testing

/// As `zstdContent`, with output that stays where it is put; `spoils` what need not be readable any more.
private func placedContent(
    _ bytes: [UInt8], inputPiece: Int = .max, room: Int = 1 << 20, spoils: Bool = false,
    maximumWindowBytes: UInt64 = 128 << 20
) throws(CompressionError) -> (content: [UInt8], failure: CompressionError?) {
    var decompressor = try ZstdPlacingDecompressor(maximumWindowBytes: maximumWindowBytes)
    var memory = [UInt8](repeating: 0, count: room)
    var content: [UInt8] = []
    var (taken, end) = (0, 0)
    do throws(CompressionError) {
        while true {
            let input = bytes[taken..<(bytes.count - taken > inputPiece ? taken + inputPiece : bytes.count)]
            if spoils {
                for index in max(0, end - (1 << 20))..<max(0, end - decompressor.lookBackBytes) {
                    memory[index] = 0x21
                }
            }
            let step = try Array(input).span.bytes.withUnsafeBytes { source throws(CompressionError) in
                var target = memory.mutableSpan
                var raw = target.mutableBytes
                return try raw.withUnsafeMutableBytes { all throws(CompressionError) in
                    try decompressor.decompress(source, into: UnsafeMutableRawBufferPointer(rebasing: all[end...]))
                }
            }
            #expect(step.made <= 128 << 10)
            content += memory[end..<end + step.made]
            taken += step.taken
            end += step.made
            if step.taken == 0, step.made == 0 { break }
        }
        try decompressor.finish()
    } catch {
        return (content, error)
    }
    return (content, nil)
}

@Suite("zstd streams whose output stays in place")
struct ZstdPlacingTests {
    /// A skippable frame of four bytes.
    private let skippable: [UInt8] = [0x53, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]

    @Test("frames, empty and skippable ones among them, join up at every split")
    func joinedFrames() throws {
        let parts = [sampleText(700), [], sampleText(200_000), sampleText(3)]
        let stream = try parts.flatMap { try zstdFrame($0) + skippable }
        for piece in [1, 2, 3, 5, 64, 1000, .max] {
            let (content, failure) = try placedContent(stream, inputPiece: piece, spoils: true)
            #expect(failure == nil)
            #expect(content == Array(parts.joined()))
        }
    }

    @Test("what lies further back than a frame's window is not looked at")
    func window() throws {
        // Repeated at a distance that the window just holds, in a frame that does not say its size.
        let text = sampleText(120_000)
        let content = Array(repeatElement(text, count: 12).joined())
        var compressor = try ZstdCompressor(level: 1)
        var frame: [UInt8] = []
        try content.span.bytes.withUnsafeBytes { bytes throws(CompressionError) in
            try compressor.write(bytes, into: &frame)
        }
        try compressor.finish(into: &frame)
        #expect(frame.count < 250_000)
        let read = try placedContent(frame, room: 2 << 20, spoils: true)
        #expect(read.failure == nil)
        #expect(read.content == content)
    }

    @Test("a stream cut anywhere inside a frame is truncated, and no less is delivered than from a copy")
    func truncation() throws {
        let stream = try zstdFrame(sampleText(500)) + zstdFrame(sampleText(900))
        for length in 0..<stream.count {
            let copied = try zstdContent(Array(stream[..<length]))
            let (content, failure) = try placedContent(Array(stream[..<length]))
            #expect(failure == copied.failure)
            #expect(content == copied.content)
        }
    }

    @Test("a flipped byte is found where it is found in a copy, and what came before is delivered")
    func corruption() throws {
        let whole = sampleText(300_000)
        let stream = try zstdFrame(whole)
        for offset in stride(from: 0, to: stream.count, by: 97) {
            var broken = stream
            broken[offset] ^= 0x10
            let copied = try zstdContent(broken, outputPiece: 1 << 20)
            let (content, failure) = try placedContent(broken)
            #expect(failure?.kind == copied.failure?.kind)
            #expect(content.count >= copied.content.count)
            #expect(failure != nil)
        }
        // The last block's checksum: all blocks were good.
        var broken = stream
        broken[stream.count - 1] ^= 1
        #expect(try placedContent(broken).content == whole)
    }

    @Test("anything at all comes to an end, in its room")
    func anything() throws {
        var random = SystemRandomNumberGenerator()
        let stream = try zstdFrame(sampleText(20_000)) + skippable + zstdFrame(sampleText(150_000), checksum: false)
        for _ in 0..<2000 {
            var broken = stream
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<broken.count, using: &random)
                broken[place] = UInt8.random(in: .min ... .max, using: &random)
            }
            let (content, _) = try placedContent(broken, inputPiece: 4000, spoils: true)
            #expect(content.count <= 1 << 20)
        }
    }

    @Test("a frame that holds more than its room is refused; text behind a frame is corrupt, at its offset")
    func refusals() throws {
        let frame = try zstdFrame(sampleText(300_000))
        #expect(try placedContent(frame, room: 250_000).failure?.kind == .outputTooLarge)
        let (content, failure) = try placedContent(frame + Array("hello world".utf8))
        #expect(content == sampleText(300_000))
        #expect(failure?.kind == .corrupt)
        #expect(failure?.offset == UInt64(frame.count))
        let long: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3, 0x01, 0x00, 0x00]
        for piece in [1, 5, .max] {
            let refused = try placedContent(long, inputPiece: piece, maximumWindowBytes: 64 << 20)
            #expect(refused.failure?.kind == .windowTooLarge(needed: 128 << 20))
        }
        #expect(try placedContent(long).failure == nil)
    }

    @Test("little input makes no more than one block")
    func bomb() throws {
        // Three bytes each: a block of one byte, 128 KiB times.
        let block: [UInt8] = [0x02, 0x00, 0x10, 0x20]
        let frame: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58] + Array(repeatElement(block, count: 9).joined())
        let (content, failure) = try placedContent(frame, room: 2 << 20)
        #expect(content == [UInt8](repeating: 0x20, count: 9 << 17))
        #expect(failure?.kind == .truncated)
    }

    @Test("a block that would make more than a block may is corrupt, and writes nothing beyond its room")
    func longBlock() throws {
        // 20 raw literals, then 20 sequences: one literal, and 131,074 times the byte before.
        let content: [UInt8] =
            [20 << 3] + [UInt8](repeating: 0x61, count: 20) + [20, 0x54, 1, 0, 52]
            + [UInt8](repeating: 0xff, count: 40) + [1]
        let block = [UInt8(truncatingIfNeeded: content.count << 3 | 5), UInt8(content.count >> 5), 0] + content
        let frame: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58] + block
        var decompressor = try ZstdPlacingDecompressor()
        var memory = [UInt8](repeating: 0x77, count: 8 << 20)
        func step() throws(CompressionError) -> ZstdDecompressor.Step {
            try frame.span.bytes.withUnsafeBytes { source throws(CompressionError) in
                var target = memory.mutableSpan
                var raw = target.mutableBytes
                return try raw.withUnsafeMutableBytes { room throws(CompressionError) in
                    try decompressor.decompress(source, into: room)
                }
            }
        }
        let failure = #expect(throws: CompressionError.self) { try step() }
        #expect(failure?.kind == .corrupt)
        #expect(failure?.offset == 9)
        #expect(memory[ZstdPlacingDecompressor.roomBytes...].allSatisfy { $0 == 0x77 })
        #expect(try zstdContent(frame).failure?.kind == .corrupt)
    }

    @Test("after a failure, reset makes the decoder as good as new")
    func reset() throws {
        var decompressor = try ZstdPlacingDecompressor()
        let frame = try zstdFrame(sampleText(300))
        var memory = [UInt8](repeating: 0, count: ZstdPlacingDecompressor.roomBytes)
        for input in [[UInt8]("no zstd at all".utf8), Array(frame.dropLast()) + [0], frame] {
            decompressor.reset()
            var (taken, made) = (0, 0)
            do throws(CompressionError) {
                while taken < input.count {
                    let step = try Array(input[taken...]).span.bytes.withUnsafeBytes {
                        source throws(CompressionError) in
                        var target = memory.mutableSpan
                        var raw = target.mutableBytes
                        return try raw.withUnsafeMutableBytes { room throws(CompressionError) in
                            try decompressor.decompress(source, into: room)
                        }
                    }
                    (taken, made) = (taken + step.taken, made + step.made)
                }
                #expect(input == frame)
                #expect(made == 300)
            } catch {
                #expect(input != frame)
            }
        }
    }
}
