internal import Glibc
internal import SpanModel

/// Reads frames of any number of sources, mixed as an engine delivers them, believing nothing.
///
/// Blocks go to a scratch file as they come, so memory does not grow with them. What is inside a block is
/// checked when it is gathered; everything else here.
public struct FrameReader: ~Copyable {
    /// What all sources sent.
    public struct Contents: Sendable {
        /// One for each source that sent spans or names; gathers as if dealt in this process.
        public var dealt: [DealtSpans] = []
        /// Messages of the callers, by source, then in the order of writing.
        public var messages: [[UInt8]] = []
    }

    /// An opaque message, all pieces together.
    public static let maximumMessageBytes = 1 << 30

    private let descriptor: Int32
    private let header: FrameHeader
    private let parts: Range<Int>?
    private var scratch: ScratchWriter
    private var sources: [UInt64: FrameSource] = [:]
    private var buffer: [UInt8] = []
    private var offset = 0

    /// - Parameters:
    ///   - header: what every source must have written.
    ///   - parts: shards that this input is to hold, all of them; nil: everything, the messages too.
    ///   - scratchDirectory: exists and is private to the run.
    public init(
        fileDescriptor: Int32, expecting header: FrameHeader, parts: Range<Int>? = nil, scratchDirectory: String
    ) {
        descriptor = fileDescriptor
        self.header = header
        self.parts = parts
        scratch = ScratchWriter(directory: scratchDirectory)
    }

    /// Reads to the end of the input.
    ///
    /// - Throws: `truncated` unless every source is whole; an input without any source is truncated, too.
    public consuming func read() throws(FrameError) -> Contents {
        while let length = try readLength() {
            guard (Frame.headBytes...Frame.maximumBytes).contains(length) else {
                throw .corrupt("a frame of \(length) bytes is too short or too long")
            }
            guard try fill(length) else { throw Self.truncated }
            let frame = Array(buffer[offset..<offset + length])
            offset += length
            try accept(frame)
        }
        guard !sources.isEmpty else { throw Self.truncated }
        do throws(ScratchError) { try scratch.flush() } catch { throw FrameError(error) }
        var contents = Contents()
        for (_, source) in sources.sorted(by: { $0.key < $1.key }) {
            try source.verify(parts)
            contents.messages += source.messages
            contents.dealt.append(source.dealt(scratch.file, bytes: scratch.end))
        }
        return contents
    }

    private static let truncated = FrameError(
        .truncated, "cannot read frames: the input ends too early; see why its writer stopped")

    private mutating func accept(_ frame: [UInt8]) throws(FrameError) {
        let bytes = frame.span.bytes
        let (part, source) = (bytes.half(0), bytes.word(5))
        guard let kind = Frame.Kind(rawValue: bytes.byte(4)) else { throw .corrupt("a frame has an unknown type") }
        let body = Array(frame[Frame.headBytes...])
        if kind == .header {
            guard sources[source] == nil else { throw .corrupt("two sources have one number") }
            sources[source] = try FrameSource(body, expecting: header)
            return
        }
        guard var state = sources.removeValue(forKey: source) else {
            throw .corrupt("a frame comes before the header of its source")
        }
        switch kind {
        case .header: break
        case .names: try state.addNames(body, &scratch)
        case .block: try state.addBlock(body, part: part, &scratch)
        case .opaque: try state.addMessage(body)
        case .trailer: try state.end(body)
        }
        sources[source] = state
    }

    /// The length of the next frame; nil at the end of the input.
    private mutating func readLength() throws(FrameError) -> Int? {
        guard try fill(4) else {
            guard buffer.count == offset else { throw Self.truncated }
            return nil
        }
        let length = buffer.span.bytes.half(offset)
        offset += 4
        return Int(length)
    }

    /// Reads until `count` bytes are there; false when the input ends before.
    private mutating func fill(_ count: Int) throws(FrameError) -> Bool {
        while buffer.count - offset < count {
            buffer.removeSubrange(..<offset)
            offset = 0
            let (start, room) = (buffer.count, max(64 << 10, min(count - buffer.count, 1 << 20)))
            buffer.append(contentsOf: repeatElement(0, count: room))
            let (got, failure) = buffer.withUnsafeMutableBytes { all in
                (Glibc.read(descriptor, all.baseAddress.map { $0 + start }, room), errno)
            }
            buffer.removeLast(room - max(got, 0))
            if got < 0, failure == EINTR { continue }
            guard got >= 0 else { throw FrameError("read", errorNumber: failure) }
            guard got > 0 else { return false }
        }
        return true
    }
}
