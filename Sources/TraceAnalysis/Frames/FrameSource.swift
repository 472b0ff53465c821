internal import SpanModel

/// What one source has sent so far.
struct FrameSource {
    private(set) var messages: [[UInt8]] = []
    private var message: [UInt8] = []
    private var names: [[ScratchFile.Extent]] = []
    private var operations: [[ScratchFile.Extent]] = []
    private var samples: [[ScratchFile.Extent]] = []
    private var spans: ShardLists
    private var links: ShardLists
    /// Of the blocks that came.
    private var highestTable: UInt32?
    private var totals: FrameTotals
    private var trailer: FrameTotals?

    /// A source that begins with this header.
    init(_ body: [UInt8], expecting header: FrameHeader) throws(FrameError) {
        let bytes = body.span.bytes
        guard body.count == 19, Array(body[..<4]) == Frame.magic else { throw .corrupt("a header is malformed") }
        guard bytes.quarter(4) == FrameHeader.version else {
            throw FrameError(
                .incompatible, "cannot read frames of version \(bytes.quarter(4)); use one program version everywhere")
        }
        guard bytes.byte(6) == header.stage.rawValue else {
            throw FrameError(.incompatible, "cannot read frames of another stage; check the order map, reduce, merge")
        }
        guard Int(bytes.half(7)) == header.shards, bytes.word(11) == header.settingsDigest else {
            throw FrameError(
                .incompatible, "cannot read frames made under other settings; use the same settings everywhere")
        }
        spans = ShardLists(shards: header.shards)
        links = ShardLists(shards: header.shards)
        totals = FrameTotals(shards: header.shards)
    }

    mutating func addNames(_ body: [UInt8], _ scratch: inout ScratchWriter) throws(FrameError) {
        let table = try field(body, atLeast: 5) { Int($0.half(0)) }
        // Tables come one after the other, so that a number cannot ask for memory.
        guard body[4] <= 2, table <= names.count, table + 1 >= names.count else {
            throw .corrupt("a table of names is out of order")
        }
        if table == names.count {
            names.append([])
            operations.append([])
            samples.append([])
        }
        let extent = try set(Array(body[5...]), aside: &scratch)
        switch body[4] {
        case 0: names[table].append(extent)
        case 1: operations[table].append(extent)
        default: samples[table].append(extent)
        }
        totals.tables = UInt32(truncatingIfNeeded: names.count)
        totals.namesCheck = Frame.check(totals.namesCheck, adding: body[...])
    }

    mutating func addBlock(_ body: [UInt8], part: UInt32, _ scratch: inout ScratchWriter) throws(FrameError) {
        let (table, count) = try field(body, atLeast: 10) { ($0.half(0), $0.half(5)) }
        guard let lane = Lane(rawValue: body[4]), Int(part) < totals.shards.count, count > 0,
            Int(count) <= Block.maximumRecords
        else { throw .corrupt("the head of a block is malformed") }
        totals.shards[Int(part)].add(lane, table: table, count: count)
        highestTable = max(highestTable ?? 0, table)
        let rows = (Array(body[9...]), count, table)
        do throws(ScratchError) {
            switch lane {
            case .spans: try spans.receive(rows, shard: Int(part), &scratch)
            case .links: try links.receive(rows, shard: Int(part), &scratch)
            }
        } catch { throw FrameError(error) }
    }

    mutating func addMessage(_ body: [UInt8]) throws(FrameError) {
        let isLast = try field(body, atLeast: 1) { $0.byte(0) }
        guard isLast <= 1, message.count + body.count <= FrameReader.maximumMessageBytes else {
            throw .corrupt("a message is malformed or too long")
        }
        message.append(contentsOf: body[1...])
        totals.messagesCheck = Frame.check(totals.messagesCheck, adding: body[...])
        guard isLast == 1 else { return }
        messages.append(message)
        totals.messages &+= 1
        message = []
    }

    mutating func end(_ body: [UInt8]) throws(FrameError) {
        guard trailer == nil, let sent = FrameTotals(body, shards: totals.shards.count) else {
            throw .corrupt("a trailer is malformed")
        }
        trailer = sent
    }

    /// Whether all has come that the trailer tells of.
    func verify(_ parts: Range<Int>?) throws(FrameError) {
        guard var sent = trailer else {
            throw FrameError(.truncated, "cannot read frames: a trailer is missing; see why its writer stopped")
        }
        if let parts {
            (sent.messages, sent.messagesCheck) = (totals.messages, totals.messagesCheck)
            for shard in sent.shards.indices where !parts.contains(shard) {
                sent.shards[shard] = FrameTotals.Shard()
            }
        }
        guard sent == totals, message.isEmpty else { throw .corrupt("frames are missing, altered or come twice") }
        guard highestTable.map({ $0 < totals.tables }) ?? true else {
            throw .corrupt("a block uses a table of names that is not there")
        }
    }

    /// All that came, as if dealt here.
    func dealt(_ file: ScratchFile?, bytes: UInt64) -> DealtSpans {
        var tables: [NameTableRuns] = []
        for table in names.indices {
            tables.append(
                NameTableRuns(
                    names: place(names[table], file), operations: place(operations[table], file),
                    samples: place(samples[table], file)))
        }
        let none = ChunkStore(pool: ChunkPool(MemoryBudget(bytes: 0, workers: 1, shards: totals.shards.count)))
        return DealtSpans(
            storage: DealtStorage(
                chunks: none, spans: spans, links: links, tables: tables, scratch: file, scratchBytes: bytes))
    }

    private func place(_ extents: [ScratchFile.Extent], _ file: ScratchFile?) -> NameTableRuns.Place {
        guard let file, !extents.isEmpty else { return .memory([]) }
        return .scratch(file, extents)
    }

    private func field<Value>(
        _ body: [UInt8], atLeast count: Int, _ read: (RawSpan) -> Value
    ) throws(FrameError) -> Value {
        guard body.count >= count else { throw .corrupt("a frame is too short for its type") }
        return read(body.span.bytes)
    }

    private func set(_ bytes: [UInt8], aside scratch: inout ScratchWriter) throws(FrameError) -> ScratchFile.Extent {
        do throws(ScratchError) { return try scratch.append(bytes) } catch { throw FrameError(error) }
    }
}

extension ShardLists {
    /// Keeps records that another process dealt.
    fileprivate mutating func receive(
        _ rows: (bytes: [UInt8], count: UInt32, table: UInt32), shard: Int, _ scratch: inout ScratchWriter
    ) throws(ScratchError) {
        shards[shard].recordCount = shards[shard].recordCount.addingSaturating(UInt64(rows.count))
        try setAside(rows, shard: shard, &scratch)
    }
}
