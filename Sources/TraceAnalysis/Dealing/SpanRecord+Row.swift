internal import SpanModel

/// Spans wait in memory until all archives have been read, and memory is what dealing them costs: getting it from the
/// system takes longer than writing it. So a row has no more than it must. A shard sees few traces at a time, and
/// what a service hands over together lies together: most rows continue the trace of the row before.
///
/// ```
/// duration 38, flags 16, kind 3, name source 5, parent 2
/// shape 5, bytes in the archive 13, destination 11, peer 17, operation 18
/// [start 32, since that of the row before]             where the row continues its trace
/// [start 64, trace id 128]                             else
/// [span id 64]                                         where it is not the parent of the row before
/// [parent id 64]                                       where it is neither zero nor the parent of the row before
/// [weight 64]                                          where it is not one
/// [operation 32, peer 32, destination 32, bytes 32]    where one of them, or the duration, is too large for its place:
///                                                      the place of all four then holds the duration's high 26 bits
/// [endpoint hash 32]                                   where there is one
/// ```
extension SpanRecord: DealtRecord {
    static var lane: Lane { .spans }
    static var longestRowBytes: Int { headBytes + 24 + 16 + 8 + 16 + 4 }

    private static var headBytes: Int { 16 }

    /// What a row has beyond its head.
    private struct Shape: OptionSet {
        let rawValue: UInt64
        static var weight: Shape { Shape(rawValue: 1) }
        static var wide: Shape { Shape(rawValue: 2) }
        static var endpoint: Shape { Shape(rawValue: 4) }
        /// The trace is that of the row before.
        static var continuing: Shape { Shape(rawValue: 8) }
        /// The span is the parent of the row before.
        static var isParent: Shape { Shape(rawValue: 16) }
        static var all: Shape { Shape(rawValue: 31) }
        static var rare: Shape { Shape(rawValue: 7) }
    }

    /// Where the parent's id is.
    private enum Parent: UInt64 {
        case none, own, before
    }

    /// Stands for `NameSource.none`.
    private static var noSource: UInt64 { 31 }

    @inline(__always)
    func writeRow(_ row: UnsafeMutableRawPointer, after before: inout RowContext) -> Int {
        let tooLarge = operation >> 18 | peer >> 17 | destination >> 11 | archiveBytes >> 13
        var shape: Shape = tooLarge == 0 && durationNanoseconds >> 38 == 0 ? [] : .wide
        if weight != .one { shape.insert(.weight) }
        if endpointHash != 0 { shape.insert(.endpoint) }
        var parent: Parent = parentID == 0 ? .none : .own
        var end = Self.headBytes
        let elapsed = Int64(bitPattern: startNanoseconds &- before.startNanoseconds)
        if traceID == before.traceID, elapsed == Int64(Int32(truncatingIfNeeded: elapsed)), !traceID.isZero {
            shape.insert(.continuing)
            if spanID == before.parentID { shape.insert(.isParent) }
            if parent == .own, parentID == before.parentID { parent = .before }
            row.storeBytes(of: Int32(truncatingIfNeeded: elapsed).littleEndian, toByteOffset: end, as: Int32.self)
            end += 4
        } else {
            let words = (startNanoseconds.littleEndian, traceID.high.littleEndian, traceID.low.littleEndian)
            row.storeBytes(of: words, toByteOffset: end, as: type(of: words))
            end += 24
        }
        row.storeBytes(of: spanID.littleEndian, toByteOffset: end, as: UInt64.self)
        end += shape.contains(.isParent) ? 0 : 8
        row.storeBytes(of: parentID.littleEndian, toByteOffset: end, as: UInt64.self)
        end += parent == .own ? 8 : 0
        before = RowContext(traceID: traceID, parentID: parentID, startNanoseconds: startNanoseconds)
        writeHead(row, shape, parent)
        if shape.isDisjoint(with: .rare) { return end }
        let names = Names(operation: operation, peer: peer, destination: destination, archiveBytes: archiveBytes)
        return Self.writeRest(row, shape, from: end, weight, names, endpointHash)
    }

    @inline(__always)
    private func writeHead(_ row: UnsafeMutableRawPointer, _ shape: Shape, _ parent: Parent) {
        let facts =
            durationNanoseconds & (1 << 38 - 1) | UInt64(flags.rawValue) << 38 | UInt64(kind.rawValue) << 54
            | min(UInt64(peerSource.rawValue), Self.noSource) << 57 | parent.rawValue << 62
        let names =
            shape.contains(.wide)
            ? (durationNanoseconds >> 38) << 5
            : UInt64(archiveBytes) << 5 | UInt64(destination) << 18 | UInt64(peer) << 29 | UInt64(operation) << 46
        let words = (facts.littleEndian, (names | shape.rawValue).littleEndian)
        row.storeBytes(of: words, as: type(of: words))
    }

    private struct Names {
        let operation, peer, destination, archiveBytes: UInt32
    }

    /// Given what it writes, not the record, which would have to lie in memory for it.
    ///
    /// - Returns: the row's length.
    @inline(never)
    private static func writeRest(
        _ row: UnsafeMutableRawPointer, _ shape: Shape, from start: Int, _ weight: Weight, _ names: Names,
        _ endpointHash: UInt32
    ) -> Int {
        var offset = start
        if shape.contains(.weight) {
            row.storeBytes(of: weight.units.littleEndian, toByteOffset: offset, as: UInt64.self)
            offset += 8
        }
        if shape.contains(.wide) {
            let names = (
                names.operation.littleEndian, names.peer.littleEndian, names.destination.littleEndian,
                names.archiveBytes.littleEndian
            )
            row.storeBytes(of: names, toByteOffset: offset, as: type(of: names))
            offset += 16
        }
        if shape.contains(.endpoint) {
            row.storeBytes(of: endpointHash.littleEndian, toByteOffset: offset, as: UInt32.self)
            offset += 4
        }
        return offset
    }

    @inline(__always)
    init?(_ rows: RawSpan, at offset: inout Int, after before: inout RowContext) {
        guard rows.byteCount - offset >= Self.headBytes else { return nil }
        let (facts, names) = (rows.word(offset), rows.word(offset + 8))
        let shape = Shape(rawValue: names).intersection(.all)
        var next = offset &+ Self.headBytes
        self.init(traceID: before.traceID, spanID: before.parentID)
        guard readFacts(facts), let parent = Parent(rawValue: facts >> 62),
            readIdentity(shape, parent, rows, at: &next, after: before)
        else { return nil }
        var rest = Rest(names: names)
        if !shape.isDisjoint(with: .rare) {
            guard let whole = Self.wholeRest(shape, names, rows, at: next) else { return nil }
            (rest, next) = whole
        }
        use(rest)
        before = RowContext(traceID: traceID, parentID: parentID, startNanoseconds: startNanoseconds)
        offset = next
    }

    /// Reads the first word; there is no source so far.
    ///
    /// - Returns: whether there are such a kind and such a source.
    @inline(__always)
    private mutating func readFacts(_ facts: UInt64) -> Bool {
        let number = facts >> 57 & 31
        guard let kind = SpanKind(rawValue: UInt8(truncatingIfNeeded: facts >> 54 & 7)) else { return false }
        if number != Self.noSource {
            guard let source = NameSource(rawValue: UInt8(truncatingIfNeeded: number)) else { return false }
            peerSource = source
        }
        durationNanoseconds = facts & (1 << 38 - 1)
        flags = SpanFlags(rawValue: UInt16(truncatingIfNeeded: facts >> 38))
        self.kind = kind
        return true
    }

    /// Reads start and ids; trace and span are those of the row before, and its parent, so far.
    ///
    /// - Returns: whether they are there.
    @inline(__always)
    private mutating func readIdentity(
        _ shape: Shape, _ parent: Parent, _ rows: RawSpan, at next: inout Int, after before: RowContext
    ) -> Bool {
        let isContinuing = shape.contains(.continuing)
        let bytes = (isContinuing ? 4 : 24) + (shape.contains(.isParent) ? 0 : 8) + (parent == .own ? 8 : 0)
        guard rows.byteCount &- next >= bytes else { return false }
        if isContinuing {
            guard !traceID.isZero else { return false }
            let elapsed = Int64(Int32(bitPattern: rows.half(next)))
            startNanoseconds = before.startNanoseconds &+ UInt64(bitPattern: elapsed)
            next &+= 4
        } else {
            guard !shape.contains(.isParent), parent != .before else { return false }
            startNanoseconds = rows.word(next)
            traceID = TraceID(high: rows.word(next + 8), low: rows.word(next + 16))
            next &+= 24
        }
        if !shape.contains(.isParent) {
            spanID = rows.word(next)
            next &+= 8
        }
        parentID = parent == .before ? before.parentID : 0
        guard parent == .own else { return true }
        parentID = rows.word(next)
        next &+= 8
        return true
    }

    /// What stands in the second word and behind the ids.
    private struct Rest {
        var highDurationBits: UInt64 = 0
        var weight = Weight.one
        var operation: UInt32
        var peer: UInt32
        var destination: UInt32
        var archiveBytes: UInt32
        var endpointHash: UInt32 = 0

        /// - Parameter names: where all of them have their place.
        @inline(__always)
        init(names: UInt64) {
            archiveBytes = UInt32(truncatingIfNeeded: names >> 5 & (1 << 13 - 1))
            destination = UInt32(truncatingIfNeeded: names >> 18 & (1 << 11 - 1))
            peer = UInt32(truncatingIfNeeded: names >> 29 & (1 << 17 - 1))
            operation = UInt32(truncatingIfNeeded: names >> 46)
        }
    }

    /// Field by field: handing over the span itself would keep it in memory, where what is written in parts is slowly
    /// read as a whole.
    @inline(__always)
    private mutating func use(_ rest: Rest) {
        durationNanoseconds |= rest.highDurationBits
        weight = rest.weight
        operation = rest.operation
        peer = rest.peer
        destination = rest.destination
        archiveBytes = rest.archiveBytes
        endpointHash = rest.endpointHash
    }

    /// - Returns: the rest and where it ends; nil where it is not there.
    @inline(never)
    private static func wholeRest(
        _ shape: Shape, _ names: UInt64, _ rows: RawSpan, at start: Int
    ) -> (Rest, end: Int)? {
        let sizes = (
            shape.contains(.weight) ? 8 : 0, shape.contains(.wide) ? 16 : 0, shape.contains(.endpoint) ? 4 : 0
        )
        guard rows.byteCount - start >= sizes.0 + sizes.1 + sizes.2 else { return nil }
        var rest = Rest(names: names)
        var offset = start
        if shape.contains(.weight) { rest.weight = Weight(units: rows.word(offset)) }
        offset += sizes.0
        if shape.contains(.wide) {
            rest.highDurationBits = (names >> 5) << 38
            rest.operation = rows.half(offset)
            rest.peer = rows.half(offset + 4)
            rest.destination = rows.half(offset + 8)
            rest.archiveBytes = rows.half(offset + 12)
        }
        offset += sizes.1
        if shape.contains(.endpoint) { rest.endpointHash = rows.half(offset) }
        return (rest, offset + sizes.2)
    }
}
