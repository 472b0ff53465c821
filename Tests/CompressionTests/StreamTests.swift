import Compression
import Testing

/// Compressed bytes in, content out, in pieces of given sizes.
func zstdContent(
    _ bytes: [UInt8], inputPiece: Int = .max, outputPiece: Int = 1000, maximumWindowBytes: UInt64 = 128 << 20
) throws(CompressionError) -> (content: [UInt8], failure: CompressionError?) {
    var decompressor = try ZstdDecompressor(maximumWindowBytes: maximumWindowBytes)
    var content: [UInt8] = []
    var taken = 0
    do throws(CompressionError) {
        while true {
            let end = bytes.count - taken > inputPiece ? taken + inputPiece : bytes.count
            var made = [UInt8](repeating: 0, count: outputPiece)
            let input = Array(bytes[taken..<end])
            let step = try input.span.bytes.withUnsafeBytes { source throws(CompressionError) in
                var target = made.mutableSpan
                var raw = target.mutableBytes
                return try raw.withUnsafeMutableBytes { output throws(CompressionError) in
                    try decompressor.decompress(source, into: output)
                }
            }
            taken += step.taken
            content += made[..<step.made]
            if step.taken == 0, step.made == 0 { break }
        }
        try decompressor.finish()
    } catch {
        return (content, error)
    }
    return (content, nil)
}

/// As `zstdContent`, for gzip.
func gzipContent(
    _ bytes: [UInt8], inputPiece: Int = .max, outputPiece: Int = 1000
) throws(CompressionError) -> (content: [UInt8], failure: CompressionError?) {
    var decompressor = try GzipDecompressor()
    var content: [UInt8] = []
    var taken = 0
    do throws(CompressionError) {
        while true {
            let end = bytes.count - taken > inputPiece ? taken + inputPiece : bytes.count
            var made = [UInt8](repeating: 0, count: outputPiece)
            let input = Array(bytes[taken..<end])
            let step = try input.span.bytes.withUnsafeBytes { source throws(CompressionError) in
                var target = made.mutableSpan
                var raw = target.mutableBytes
                return try raw.withUnsafeMutableBytes { output throws(CompressionError) in
                    try decompressor.decompress(source, into: output)
                }
            }
            taken += step.taken
            content += made[..<step.made]
            if step.taken == 0, step.made == 0 { break }
        }
        try decompressor.finish()
    } catch {
        return (content, error)
    }
    return (content, nil)
}

/// Bytes that compress about as well as spans do.
func sampleText(_ count: Int) -> [UInt8] {
    var state: UInt64 = 1
    var text: [UInt8] = []
    while text.count < count {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        text += Array("{\"spanId\":\"\(String(state, radix: 16))\",\"name\":\"GET /\"}".utf8)
    }
    return Array(text.prefix(count))
}

func zstdFrame(_ content: [UInt8], level: Int = 3, checksum: Bool = true) throws -> [UInt8] {
    var compressor = try ZstdCompressor(level: level, checksum: checksum)
    var frame: [UInt8] = []
    try compressor.compress(content, into: &frame)
    return frame
}

func gzipMember(_ content: [UInt8]) throws -> [UInt8] {
    var compressor = try GzipCompressor()
    var member: [UInt8] = []
    try compressor.compress(content, into: &member)
    return member
}

@Suite("zstd streams")
struct ZstdStreamTests {
    @Test("frames one after another, skippable, empty and without content size, join up at every split")
    func joinedFrames() throws {
        let first = sampleText(700)
        let second = sampleText(3000)
        var stream = try zstdFrame(first)
        stream += [0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]
        stream += try zstdFrame([])
        // An empty last block without content size, as old Go writers end.
        stream += [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x48, 0x01, 0x00, 0x00]
        var streaming = try ZstdCompressor(level: 1)
        try first.span.bytes.withUnsafeBytes { bytes throws(CompressionError) in
            try streaming.write(bytes, into: &stream)
        }
        try second.span.bytes.withUnsafeBytes { bytes throws(CompressionError) in
            try streaming.write(bytes, into: &stream)
        }
        try streaming.finish(into: &stream)
        for piece in [1, 2, 3, 7, 64, .max] {
            for outputPiece in [1, 13, 100_000] {
                let (content, failure) = try zstdContent(stream, inputPiece: piece, outputPiece: outputPiece)
                #expect(failure == nil)
                #expect(content == first + first + second)
            }
        }
    }

    @Test("a stream cut anywhere inside a frame is truncated, and what came before is delivered")
    func truncation() throws {
        let first = sampleText(500)
        let second = sampleText(900)
        let head = try zstdFrame(first)
        let stream = try head + zstdFrame(second)
        for length in 0..<stream.count {
            let (content, failure) = try zstdContent(Array(stream[..<length]))
            if length == 0 || length == head.count {
                #expect(failure == nil)
            } else {
                #expect(failure?.kind == .truncated)
                #expect(failure?.offset == UInt64(length))
            }
            if length >= head.count { #expect(content.starts(with: first)) }
        }
    }

    @Test("a flipped byte is found by the checksum, and whole frames before it are delivered")
    func corruption() throws {
        let first = sampleText(500)
        let head = try zstdFrame(first)
        let stream = try head + zstdFrame(sampleText(5000))
        var found = 0
        for offset in head.count..<stream.count {
            var broken = stream
            broken[offset] ^= 0x10
            let (content, failure) = try zstdContent(broken)
            if failure != nil { found += 1 }
            #expect(content.starts(with: first))
        }
        #expect(found > (stream.count - head.count) * 9 / 10)
    }

    @Test("text after the last frame is corrupt, at its offset")
    func garbage() throws {
        let frame = try zstdFrame(sampleText(100))
        let (content, failure) = try zstdContent(frame + Array("hello world".utf8))
        #expect(content == sampleText(100))
        #expect(failure?.kind == .corrupt)
        #expect(failure?.offset == UInt64(frame.count))
    }

    @Test("a frame with a larger window than allowed is refused with the window it asks for")
    func window() throws {
        // No content size, window byte for 2^(10+17) = 128 MiB, then an empty last block.
        let frame: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3, 0x01, 0x00, 0x00]
        let refused = try zstdContent(frame, maximumWindowBytes: 64 << 20)
        #expect(refused.failure?.kind == .windowTooLarge(needed: 128 << 20))
        let allowed = try zstdContent(frame, maximumWindowBytes: 128 << 20)
        #expect(allowed.failure == nil)
        let long: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 20 << 3, 0x01, 0x00, 0x00]
        #expect(try zstdContent(long).failure?.kind == .windowTooLarge(needed: 1 << 30))
        #expect(try zstdContent(long, maximumWindowBytes: 1 << 30).failure == nil)
    }

    @Test("after a failure, reset makes the decoder as good as new")
    func reset() throws {
        var decompressor = try ZstdDecompressor()
        let frame = try zstdFrame(sampleText(300))
        var output = [UInt8](repeating: 0, count: 1000)
        for input in [[UInt8]("no zstd at all".utf8), frame] {
            decompressor.reset()
            let made = try? input.span.bytes.withUnsafeBytes { source throws(CompressionError) in
                var target = output.mutableSpan
                var raw = target.mutableBytes
                return try raw.withUnsafeMutableBytes { room throws(CompressionError) in
                    try decompressor.decompress(source, into: room).made
                }
            }
            #expect(made == (input == frame ? 300 : nil))
        }
    }
}

@Suite("gzip streams")
struct GzipStreamTests {
    @Test("members one after another and zeros at the end join up at every split")
    func joinedMembers() throws {
        let stream = try gzipMember(sampleText(700)) + gzipMember([]) + gzipMember(sampleText(2000))
        for padding in [0, 1, 512] {
            for piece in [1, 2, 5, 64, .max] {
                let (content, failure) = try gzipContent(
                    stream + [UInt8](repeating: 0, count: padding), inputPiece: piece)
                #expect(failure == nil)
                #expect(content == sampleText(700) + sampleText(2000))
            }
        }
    }

    @Test("a stream cut anywhere inside a member is truncated, and what came before is delivered")
    func truncation() throws {
        let head = try gzipMember(sampleText(500))
        let stream = try head + gzipMember(sampleText(900))
        for length in 0..<stream.count {
            let (content, failure) = try gzipContent(Array(stream[..<length]))
            if length == 0 || length == head.count {
                #expect(failure == nil)
            } else {
                #expect(failure?.kind == .truncated)
            }
            if length >= head.count { #expect(content.starts(with: sampleText(500))) }
        }
    }

    @Test("a flipped byte of data, checksum or size is found")
    func corruption() throws {
        let stream = try gzipMember(sampleText(5000))
        for offset in 10..<stream.count {
            var broken = stream
            broken[offset] ^= 0x10
            let (_, failure) = try gzipContent(broken)
            #expect(failure != nil)
        }
    }

    @Test("text after the last member is corrupt")
    func garbage() throws {
        for tail in ["hello", "\0\0hello"] {
            let (content, failure) = try gzipContent(gzipMember(sampleText(100)) + Array(tail.utf8))
            #expect(content == sampleText(100))
            #expect(failure?.kind == .corrupt)
        }
    }
}

@Suite("zstd blocks")
struct ZstdBlockTests {
    @Test("one compressor and one decompressor serve many blocks, appending to what is there")
    func roundTrips() throws {
        var compressor = try ZstdCompressor(level: -5, checksum: true)
        var decompressor = try ZstdDecompressor()
        for count in [0, 1, 100, 70_000, 300_000] {
            let block = sampleText(count)
            var frame: [UInt8] = [9, 9]
            try compressor.compress(block, into: &frame)
            frame.removeFirst(2)
            var content: [UInt8] = [7]
            try frame.span.bytes.withUnsafeBytes { bytes throws(CompressionError) in
                try decompressor.decompressFrame(bytes, into: &content, maximumBytes: 300_000)
            }
            #expect(content == [7] + block)
        }
    }

    @Test("a block that is too large, cut, flipped or no block at all is refused, leaving the output as it was")
    func refusals() throws {
        var decompressor = try ZstdDecompressor()
        let frame = try zstdFrame(sampleText(1000))
        var flipped = frame
        flipped[frame.count - 1] ^= 1
        var content: [UInt8] = [7]
        for (bytes, limit) in [(frame, 999), (Array(frame.dropLast()), 1000), (flipped, 1000), ([1, 2, 3], 1000)] {
            #expect(throws: CompressionError.self) {
                try bytes.span.bytes.withUnsafeBytes { input throws(CompressionError) in
                    try decompressor.decompressFrame(input, into: &content, maximumBytes: limit)
                }
            }
            #expect(content == [7])
        }
    }
}
