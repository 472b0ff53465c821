internal import SpanModel

/// What writer and reader of frames must agree on; the first frame of a source.
public struct FrameHeader: Hashable, Sendable {
    /// Which stage wrote the frames.
    public enum Stage: UInt8, Sendable {
        case map = 1
        case reduce = 2
    }

    public var stage: Stage
    public var shards: Int
    /// `AnalysisSettings.digest`, or more.
    public var settingsDigest: UInt64

    public init(stage: Stage, shards: Int, settingsDigest: UInt64) {
        self.stage = stage
        self.shards = shards
        self.settingsDigest = settingsDigest
    }

    static let version: UInt16 = 5
}

/// One length-prefixed message between processes.
///
/// On the wire: `u32` length of what follows, `u32` part, `u8` type, `u64` source, body; little endian, at most
/// 64 MiB. The part is a shard, or the number of shards for the side channel, or `everyone` for what each
/// reader needs: an engine can route by it and look at nothing else. All frames of one writer have one source
/// number, so streams may be concatenated or interleaved. A source's header comes before its other frames, and the
/// frames for everyone, and those of the side channel, stay in order; blocks may come in any.
///
/// | type | body |
/// |---|---|
/// | header | `SPML`, version u16, stage u8, shards u32, settings digest u64 |
/// | names | table u32, list u8 (0 names, 1 operations, 2 root samples), a piece of the sorted run |
/// | block | table u32, lane u8 (0 spans, 1 links), records u32, one zstd frame of rows with checksum |
/// | opaque | 1 for the last piece of a message, else 0; bytes of the caller |
/// | trailer | tables u32, messages u32, checks of names and of messages u64 each, a `Shard` of three u64 for each |
enum Frame {
    enum Kind: UInt8 {
        case header = 1
        case names, block, opaque, trailer
    }

    static let magic = Array("SPML".utf8)
    static let everyone = UInt32.max
    /// Part, type and source.
    static let headBytes = 13
    /// Where the body begins, the length included.
    static let bodyOffset = 4 + headBytes
    static let maximumBytes = 64 << 20
    /// Names and opaque messages are cut into pieces of this size.
    static let pieceBytes = 1 << 20

    /// Adds to the check of names or messages what one of their frames says.
    static func check(_ check: UInt64, adding body: ArraySlice<UInt8>) -> UInt64 {
        body.reduce(mix64(check &+ UInt64(body.count))) { mix64($0 ^ UInt64($1)) }
    }

    /// What the head of a block adds to the check of its shard, in any order.
    static func check(table: UInt32, lane: Lane, count: UInt32) -> UInt64 {
        mix64(UInt64(table) << 32 | UInt64(count) << 1 | UInt64(lane.rawValue))
    }
}

/// How many records a source has in each shard, and of what blocks: the body of the trailer.
struct FrameTotals: Equatable {
    struct Shard: Equatable {
        var spans: UInt64 = 0
        var links: UInt64 = 0
        var check: UInt64 = 0

        mutating func add(_ lane: Lane, table: UInt32, count: UInt32) {
            switch lane {
            case .spans: spans &+= UInt64(count)
            case .links: links &+= UInt64(count)
            }
            check &+= Frame.check(table: table, lane: lane, count: count)
        }
    }

    var tables: UInt32 = 0
    var messages: UInt32 = 0
    var namesCheck: UInt64 = 0
    var messagesCheck: UInt64 = 0
    var shards: [Shard]

    init(shards: Int) { self.shards = Array(repeating: Shard(), count: shards) }

    /// Nil when the length is wrong.
    init?(_ body: [UInt8], shards count: Int) {
        guard body.count == 24 + 24 * count else { return nil }
        let bytes = body.span.bytes
        self.init(shards: count)
        (tables, messages, namesCheck, messagesCheck) = (bytes.half(0), bytes.half(4), bytes.word(8), bytes.word(16))
        for index in 0..<count {
            let offset = 24 + 24 * index
            shards[index] = Shard(
                spans: bytes.word(offset), links: bytes.word(offset + 8), check: bytes.word(offset + 16))
        }
    }

    func append(to bytes: inout [UInt8]) {
        bytes.append(littleEndian: tables)
        bytes.append(littleEndian: messages)
        bytes.append(littleEndian: namesCheck)
        bytes.append(littleEndian: messagesCheck)
        for shard in shards {
            bytes.append(littleEndian: shard.spans)
            bytes.append(littleEndian: shard.links)
            bytes.append(littleEndian: shard.check)
        }
    }
}

extension AnalysisSettings {
    /// A number that is equal for equal settings, in every process and on every machine.
    public var digest: UInt64 {
        var digest: UInt64 = 0x5350_4d4c
        func add(_ value: UInt64) { digest = mix64(digest ^ value) &+ 0x9e37_79b9_7f4a_7c15 }
        for byte in rules.utf8 { add(UInt64(byte)) }
        add(window.startNanoseconds)
        add(window.endNanoseconds)
        add(matchesLow64 ? 1 : 0)
        add(keepsHours ? 1 : 0)
        for limit in [maximumTraceSpans, operationsPerService, services] { add(UInt64(bitPattern: Int64(limit))) }
        add(assumedWeight.map { $0.units &+ 1 } ?? 0)
        add(edgesByOperation ? 1 : 0)
        for template in nameTemplates {
            for text in [template.service.description, template.match, template.replacement] {
                add(UInt64(text.utf8.count))
                for byte in text.utf8 { add(UInt64(byte)) }
            }
        }
        return digest
    }
}
