import SpanModel

/// Reads one OTLP request, or one `ResourceSpans` object, after another; its storage is reused.
struct OTLPJSONReader: JSONRecordReader {
    private let fields = OTLPJSONField.table
    private var attributes = JSONAttributeList<OTLPJSONAttributes, ServiceIdentity>()
    private var identity: ServiceIdentity
    /// Names of services by resource.
    private var resources = JSONObjectMemo<[UInt8]>(unknown: [])
    /// Objects beside lists of spans: scopes, of which nothing is wanted.
    private var unwanted = JSONObjectMemo<Bool>(unknown: false)
    private var spans = OTLPJSONSpanReader()

    init(settings: ReadingSettings) {
        identity = ServiceIdentity(settings)
    }

    /// Which spans belong to the resource that is being read; it may follow them.
    private struct Resource {
        let firstSpan: Int
        let firstLink: Int
        var service: UInt32 = 0
        var isStale = false

        init(_ batch: borrowing SpanBatch) {
            firstSpan = batch.spans.count
            firstLink = batch.links.count
        }

        mutating func take(_ service: UInt32, _ batch: borrowing SpanBatch) {
            if service != self.service, batch.spans.count > firstSpan { isStale = true }
            self.service = service
        }

        /// Gives spans that were read before the resource their service.
        func settle(_ batch: inout SpanBatch) {
            guard isStale else { return }
            for index in firstSpan..<batch.spans.count {
                batch.spans[index].operation = renamed(batch.spans[index].operation, &batch.names)
            }
            for index in firstLink..<batch.links.count {
                batch.links[index].operation = renamed(batch.links[index].operation, &batch.names)
            }
        }

        private func renamed(_ operation: UInt32, _ names: inout NameTable) -> UInt32 {
            names.operation(service: service, name: names.operations[Int(operation)].name)
        }
    }

    mutating func readRecord(
        _ cursor: inout JSONCursor, _ bytes: RawSpan, into batch: inout SpanBatch
    ) throws(JSONFailure) -> JSONRecordCounts {
        var counts = JSONRecordCounts()
        let isEmpty = try !cursor.enterObject(bytes)
        guard !isEmpty else { return counts }
        let holdsSpans = try readRequest(&cursor, bytes, into: &batch, &counts, isNested: false)
        counts.isOther = !holdsSpans
        return counts
    }

    /// Reads the members of a request, or of a `ResourceSpans` that stands for one.
    ///
    /// - Returns: whether any member was one of spans.
    private mutating func readRequest(
        _ cursor: inout JSONCursor, _ bytes: RawSpan, into batch: inout SpanBatch, _ counts: inout JSONRecordCounts,
        isNested: Bool
    ) throws(JSONFailure) -> Bool {
        var resource = Resource(batch)
        var holdsSpans = false
        repeat {
            switch fields.key(bytes, try cursor.memberName(bytes)) {
            case .resourceSpans:
                holdsSpans = true
                try readResources(&cursor, bytes, into: &batch, &counts)
            case .nestedRequest where !isNested:
                if try cursor.enterObject(bytes) {
                    let found = try readRequest(&cursor, bytes, into: &batch, &counts, isNested: true)
                    holdsSpans = holdsSpans || found
                }
            case .resource: try readResource(&cursor, bytes, &resource, &batch)
            case .scopeSpans:
                holdsSpans = true
                try readScopes(&cursor, bytes, service: resource.service, into: &batch, &counts)
            default: try cursor.skipValue(bytes)
            }
        } while try cursor.continueObject(bytes)
        resource.settle(&batch)
        return holdsSpans
    }

    private mutating func readResources(
        _ cursor: inout JSONCursor, _ bytes: RawSpan, into batch: inout SpanBatch, _ counts: inout JSONRecordCounts
    ) throws(JSONFailure) {
        guard try cursor.enterArray(bytes) else { return }
        repeat {
            guard try cursor.enterObject(bytes) else { continue }
            var resource = Resource(batch)
            repeat {
                switch fields.key(bytes, try cursor.memberName(bytes)) {
                case .resource: try readResource(&cursor, bytes, &resource, &batch)
                case .scopeSpans: try readScopes(&cursor, bytes, service: resource.service, into: &batch, &counts)
                default: try cursor.skipValue(bytes)
                }
            } while try cursor.continueObject(bytes)
            resource.settle(&batch)
        } while try cursor.continueArray(bytes)
    }

    private mutating func readResource(
        _ cursor: inout JSONCursor, _ bytes: RawSpan, _ resource: inout Resource, _ batch: inout SpanBatch
    ) throws(JSONFailure) {
        _ = try cursor.peek(bytes)
        if let name = resources.find(&cursor, bytes) {
            return resource.take(batch.names.string(name.span.bytes), batch)
        }
        identity.reset()
        let start = cursor.position
        if try cursor.enterObject(bytes) {
            repeat {
                if fields.key(bytes, try cursor.memberName(bytes)) == .attributes {
                    try attributes.read(&cursor, bytes, into: &identity)
                } else {
                    try cursor.skipValue(bytes)
                }
            } while try cursor.continueObject(bytes)
        }
        let service = identity.name(bytes, &batch.names)
        resources.learn(bytes, start, cursor.position, Array(batch.names.bytes(service)))
        resource.take(service, batch)
    }

    private mutating func readScopes(
        _ cursor: inout JSONCursor, _ bytes: RawSpan, service: UInt32, into batch: inout SpanBatch,
        _ counts: inout JSONRecordCounts
    ) throws(JSONFailure) {
        guard try cursor.enterArray(bytes) else { return }
        repeat {
            guard try cursor.enterObject(bytes) else { continue }
            repeat {
                guard fields.key(bytes, try cursor.memberName(bytes)) == .spans else {
                    try skipUnwanted(&cursor, bytes)
                    continue
                }
                guard try cursor.enterArray(bytes) else { continue }
                repeat {
                    if try !spans.read(&cursor, bytes, service: service, into: &batch) { counts.invalid &+= 1 }
                } while try cursor.continueArray(bytes)
            } while try cursor.continueObject(bytes)
        } while try cursor.continueArray(bytes)
    }

    private mutating func skipUnwanted(_ cursor: inout JSONCursor, _ bytes: RawSpan) throws(JSONFailure) {
        _ = try cursor.peek(bytes)
        guard unwanted.find(&cursor, bytes) == nil else { return }
        let start = cursor.position
        try cursor.skipValue(bytes)
        unwanted.learn(bytes, start, cursor.position, true)
    }
}
