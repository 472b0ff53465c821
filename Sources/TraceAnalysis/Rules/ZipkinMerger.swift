import SpanModel

/// A span as Zipkin's linker sees it.
struct ZipkinSpan {
    var id: UInt64
    /// Zero: none.
    var parentID: UInt64
    var endpoint: ZipkinEndpoint
    /// Name of the remote endpoint; zero: none.
    var remoteService: UInt32
    var remoteSource: NameSource
    /// Unset stands for INTERNAL, too: Zipkin does not know it.
    var kind: SpanKind
    var isShared: Bool
    var hasErrorTag: Bool
    /// Index of its first record.
    var record: Int

    init(_ record: SpanRecord, service: UInt32, index: Int) {
        id = record.spanID
        parentID = record.parentID == id ? 0 : record.parentID
        endpoint = ZipkinEndpoint(service: service, address: record.endpointHash)
        let isNamed = record.peer != 0 && record.peerSource.namesCaller
        remoteService = isNamed ? record.peer : 0
        remoteSource = isNamed ? record.peerSource : .none
        kind = record.kind == .internal ? .unset : record.kind
        // Shared is for the server side; accidentally set on a client it means nothing.
        isShared = record.flags.contains(.shared) && kind != .client
        hasErrorTag = record.flags.contains(.errorTag)
        self.record = index
    }
}

/// A local endpoint: service and hashed address, zero where unknown.
struct ZipkinEndpoint: Hashable {
    var service: UInt32
    var address: UInt32

    static let unknown = ZipkinEndpoint(service: 0, address: 0)

    var key: UInt64 { UInt64(service) << 32 | UInt64(address) }

    /// Unknown first, so that its data goes to the first span with an endpoint; within one, missing parts last.
    var rank: (UInt8, UInt32, UInt32) {
        self == .unknown ? (0, 0, 0) : (1, service &- 1, address &- 1)
    }

    /// Takes the parts of `other` if none contradicts.
    mutating func tryMerge(_ other: ZipkinEndpoint) -> Bool {
        if service != 0, other.service != 0, service != other.service { return false }
        if address != 0, other.address != 0, address != other.address { return false }
        if service == 0 { service = other.service }
        if address == 0 { address = other.address }
        return true
    }
}

/// Zipkin's clean-up before the tree: spans sent in pieces are merged, missing shared flags and parent ids filled in.
struct ZipkinMerger {
    /// By id, then client first, shared last, then endpoint.
    private(set) var spans: [ZipkinSpan] = []
    private var pieces: [ZipkinSpan] = []

    mutating func merge(_ records: borrowing TraceRecords) {
        spans.removeAll(keepingCapacity: true)
        let count = records.records.count
        var start = 0
        while start < count {
            let id = records.records[start].spanID
            pieces.removeAll(keepingCapacity: true)
            var end = start
            while end < count, records.records[end].spanID == id {
                pieces.append(ZipkinSpan(records.records[end], service: records.services[end], index: end))
                end += 1
            }
            if pieces.count > 1 { pieces.sort { Self.order($0) < Self.order($1) } }
            mergePieces()
            start = end
        }
    }

    /// Ties, which Zipkin leaves to arrival, are in the order of the records' content.
    private static func order(_ span: ZipkinSpan) -> (UInt8, UInt8, UInt32, UInt32, Int) {
        let side: UInt8 = span.isShared ? 2 : span.kind == .client ? 0 : 1
        let rank = span.endpoint.rank
        return (side, rank.0, rank.1, rank.2, span.record)
    }

    /// Merges neighbours of one id whose shared flags and endpoints agree.
    private mutating func mergePieces() {
        let first = spans.count
        var index = 0
        while index < pieces.count {
            var span = pieces[index]
            let (firstKind, firstParentID, isShared) = (span.kind, span.parentID, span.isShared)
            index += 1
            while index < pieces.count, pieces[index].isShared == isShared,
                span.endpoint.tryMerge(pieces[index].endpoint)
            {
                span.absorb(pieces[index])
                index += 1
            }
            if spans.count > first {
                let last = spans[spans.count - 1]
                if last.kind == .client, firstKind == .server { span.isShared = true }
                if span.isShared, firstParentID == 0, last.parentID != 0 { span.parentID = last.parentID }
            }
            if span.kind == .client { span.isShared = false }
            spans.append(span)
        }
    }
}

extension ZipkinSpan {
    /// The first piece that knows something wins, but for the error tag.
    fileprivate mutating func absorb(_ piece: ZipkinSpan) {
        if parentID == 0 { parentID = piece.parentID }
        if kind == .unset { kind = piece.kind }
        if remoteService == 0 { (remoteService, remoteSource) = (piece.remoteService, piece.remoteSource) }
        hasErrorTag = hasErrorTag || piece.hasErrorTag
    }
}
