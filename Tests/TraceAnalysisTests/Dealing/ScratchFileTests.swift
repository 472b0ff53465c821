import Testing

@testable import TraceAnalysis

@Suite struct ScratchFileTests {
    @Test(
        "what was set aside is read back, however many bytes at a time",
        arguments: [
            [1, 0, 5000, 3], [262_144, 1, 262_143], [700_000, 2, 262_142, 262_144], Array(repeating: 4099, count: 300),
        ])
    func roundTrip(sizes: [Int]) throws {
        try withScratchDirectory { directory in
            var scratch = ScratchWriter(directory: directory)
            var extents: [ScratchFile.Extent] = []
            for (number, size) in sizes.enumerated() {
                extents.append(try scratch.append(Self.bytes(size, number)))
            }
            try scratch.flush()
            let written = scratch.file
            let (file, total) = (try #require(written), scratch.end)
            #expect(total == UInt64(sizes.reduce(0, +)))
            for (number, extent) in extents.enumerated().reversed() {
                var bytes: [UInt8] = []
                try file.read(extent, into: &bytes)
                #expect(bytes == Self.bytes(sizes[number], number))
            }
        }
    }

    @Test("bytes set aside after a flush follow those before it")
    func flushes() throws {
        try withScratchDirectory { directory in
            var scratch = ScratchWriter(directory: directory)
            let first = try scratch.append([1, 2, 3])
            try scratch.flush()
            let second = try scratch.append(Self.bytes(300_000, 7))
            try scratch.flush()
            try scratch.flush()
            let written = scratch.file
            let file = try #require(written)
            var bytes: [UInt8] = []
            try file.read(first, into: &bytes)
            #expect(bytes == [1, 2, 3])
            try file.read(second, into: &bytes)
            #expect(bytes == Self.bytes(300_000, 7))
        }
    }

    @Test("nothing is created before anything is set aside")
    func idle() throws {
        var scratch = ScratchWriter(directory: "/nowhere")
        try scratch.flush()
        #expect(throws: ScratchError.self) { _ = try scratch.append([1]) }
    }

    private static func bytes(_ count: Int, _ seed: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: ($0 &+ seed) &* 31 &+ $0 >> 8) }
    }
}
