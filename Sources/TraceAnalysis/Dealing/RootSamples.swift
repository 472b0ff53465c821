internal import SpanModel

/// Trace ids of roots whose probability nothing tells, by operation of one name table.
///
/// As bytes, an entry is: operation id (u32), length (u32), a `TraceIDSample`; little endian. Entries of one
/// operation may come several times: they are merged where they are read.
struct RootSamples: ~Copyable {
    private let window: Window
    private let limitBytes: Int
    /// By operation id: place among the samples, and one; zero: none.
    private var places: [UInt32] = []
    private var operations: [UInt32] = []
    private var samples: [TraceIDSample] = []
    /// Bytes of each sample.
    private var sizes: [Int] = []
    private var usedBytes = 0

    init(window: Window, limitBytes: Int) {
        self.window = window
        self.limitBytes = limitBytes
    }

    /// Whether it is time to `take`.
    var isFull: Bool { usedBytes > limitBytes }

    /// Adds the roots of a batch that begin in the window and have no evidence of their own.
    @inline(__always)
    mutating func add(_ spans: [SpanRecord]) {
        for index in spans.indices where spans[index].parentID == 0 {
            if spans[index].flags.strength == .max, window.includes(spans[index].startNanoseconds) {
                add(spans[index].operation, spans[index].traceID, spans[index].startNanoseconds)
            }
        }
    }

    private mutating func add(_ operation: UInt32, _ id: TraceID, _ startNanoseconds: UInt64) {
        let index = Int(operation)
        if places.count <= index {
            let missing = max(index + 1, places.count * 2) - places.count
            places.append(contentsOf: repeatElement(0, count: missing))
            usedBytes += missing * 4
        }
        if places[index] == 0 {
            operations.append(operation)
            samples.append(TraceIDSample())
            sizes.append(0)
            places[index] = UInt32(truncatingIfNeeded: samples.count)
            usedBytes += MemoryLayout<TraceIDSample>.stride + 12
        }
        let place = Int(places[index]) - 1
        guard samples[place].add(id, startNanoseconds: startNanoseconds) else { return }
        let size = samples[place].memoryBytes
        usedBytes += size - sizes[place]
        sizes[place] = size
    }

    /// All entries as bytes; none are left.
    mutating func take() -> [UInt8] {
        var bytes: [UInt8] = []
        for (operation, sample) in zip(operations, samples) {
            var writer = VarintWriter()
            sample.encode(into: &writer)
            bytes.append(littleEndian: operation)
            bytes.append(littleEndian: UInt32(truncatingIfNeeded: writer.bytes.count))
            bytes.append(contentsOf: writer.bytes)
        }
        (places, operations, samples, sizes, usedBytes) = ([], [], [], [], 0)
        return bytes
    }
}

/// Reads the entries of `RootSamples` one after the other, a piece at a time, believing nothing.
struct RootSampleCursor {
    private var buffer: [UInt8]
    private var offset = 0
    private let file: ScratchFile?
    private var extents: [ScratchFile.Extent]

    private static let pieceBytes = 256 << 10
    /// Of one sample; the largest has 10 bytes for each of some 16,000 fractions.
    private static let maximumBytes = 1 << 20

    init(_ place: NameTableRuns.Place) {
        switch place {
        case .memory(let bytes):
            (buffer, file, extents) = (bytes, nil, [])
        case .scratch(let file, let extents):
            (buffer, self.file, self.extents) = ([], file, extents.reversed())
        }
    }

    /// Bytes of all entries.
    static func byteCount(_ place: NameTableRuns.Place) -> Int {
        switch place {
        case .memory(let bytes): bytes.count
        case .scratch(_, let extents): extents.reduce(0) { $0 + $1.count }
        }
    }

    /// Hands over the next entry that is wanted by its operation and its bytes; nil at the end.
    mutating func next(
        where isWanted: (_ operation: UInt32, _ bytes: Int) throws(ScratchError) -> Bool
    ) throws(ScratchError) -> (operation: UInt32, sample: TraceIDSample)? {
        while true {
            try fill(8)
            guard buffer.count > offset else { return nil }
            guard buffer.count - offset >= 8 else { throw corrupt }
            let (operation, count) = (buffer.span.bytes.half(offset), Int(buffer.span.bytes.half(offset + 4)))
            offset += 8
            guard count <= Self.maximumBytes else { throw corrupt }
            try fill(count)
            guard buffer.count - offset >= count else { throw corrupt }
            defer { offset += count }
            guard try isWanted(operation, count + 8) else { continue }
            var reader = VarintReader(Array(buffer[offset..<offset + count]))
            guard let sample = try? TraceIDSample(decoding: &reader), reader.isAtEnd else { throw corrupt }
            return (operation, sample)
        }
    }

    private mutating func fill(_ count: Int) throws(ScratchError) {
        guard let file, buffer.count - offset < count, !extents.isEmpty else { return }
        buffer.removeSubrange(..<offset)
        offset = 0
        var piece: [UInt8] = []
        while buffer.count < count, var extent = extents.popLast() {
            let front = extent.split(Self.pieceBytes)
            if extent.count > 0 { extents.append(extent) }
            try file.read(front, into: &piece)
            buffer.append(contentsOf: piece)
        }
    }

    private var corrupt: ScratchError { .corrupt(file?.directory ?? "memory", "a sample of trace ids is damaged") }
}
