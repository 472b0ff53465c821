import SpanModel

/// Reads one Jaeger trace object after another; its storage is reused.
struct JaegerJSONReader: JSONRecordReader {
    private let fields = JaegerJSONField.table
    private var spans = JaegerJSONSpanReader()
    private var tags = JSONAttributeList<JaegerJSONTags, ServiceIdentity>()
    private var identity: ServiceIdentity
    /// Names of services by process.
    private var known = JSONObjectMemo<[UInt8]>(unknown: [])
    private let servicePlace: Int?
    /// Process ids are unique within their trace only; numbers for them make look-ups cheap.
    private var processIDs = NameTable()
    /// Service by number of the process id.
    private var services: [UInt32] = []

    init(settings: ReadingSettings) {
        identity = ServiceIdentity(settings)
        servicePlace = settings.identity.firstIndex(of: "service.name")
    }

    static var mayBeWrapped: Bool { true }

    func wrapperMember(_ bytes: RawSpan, _ name: JSONText) -> JSONWrapperMember? {
        switch fields.key(bytes, name) {
        case .data: .records
        case .total, .limit, .offset, .errors: .other
        default: nil
        }
    }

    mutating func readRecord(
        _ cursor: inout JSONCursor, _ bytes: RawSpan, into batch: inout SpanBatch
    ) throws(JSONFailure) -> JSONRecordCounts {
        var counts = JSONRecordCounts(isOther: true)
        let (firstSpan, firstLink) = (batch.spans.count, batch.links.count)
        startTrace()
        guard try cursor.enterObject(bytes) else { return counts }
        repeat {
            switch fields.key(bytes, try cursor.memberName(bytes)) {
            case .spans:
                counts.isOther = false
                guard try cursor.enterArray(bytes) else { continue }
                repeat {
                    if try !spans.read(&cursor, bytes, &processIDs, into: &batch) { counts.invalid &+= 1 }
                } while try cursor.continueArray(bytes)
            case .processes: try readProcesses(&cursor, bytes, &batch.names)
            default: try cursor.skipValue(bytes)
            }
        } while try cursor.continueObject(bytes)

        for (index, process) in spans.processes.enumerated() {
            batch.spans[firstSpan + index].operation = operation(
                process, name: batch.spans[firstSpan + index].operation, &batch.names)
        }
        for (index, process) in spans.linkProcesses.enumerated() {
            batch.links[firstLink + index].operation = operation(
                process, name: batch.links[firstLink + index].operation, &batch.names)
        }
        return counts
    }

    private mutating func startTrace() {
        spans.startTrace()
        services.removeAll(keepingCapacity: true)
        if processIDs.stringCount > 10_000 { processIDs = NameTable() }
    }

    private func operation(_ process: UInt32, name: UInt32, _ names: inout NameTable) -> UInt32 {
        let service = Int(process) < services.count ? services[Int(process)] : 0
        return names.operation(service: service, name: name)
    }

    /// `{"p1":{"serviceName":"…","tags":[…]},…}`; may stand before or behind the spans.
    private mutating func readProcesses(
        _ cursor: inout JSONCursor, _ bytes: RawSpan, _ names: inout NameTable
    ) throws(JSONFailure) {
        guard try cursor.enterObject(bytes) else { return }
        repeat {
            let id = spans.string(try cursor.memberName(bytes), bytes, &processIDs)
            let service = try readProcess(&cursor, bytes, &names)
            while services.count <= Int(id) { services.append(0) }
            services[Int(id)] = service
        } while try cursor.continueObject(bytes)
    }

    private mutating func readProcess(
        _ cursor: inout JSONCursor, _ bytes: RawSpan, _ names: inout NameTable
    ) throws(JSONFailure) -> UInt32 {
        _ = try cursor.peek(bytes)
        if let name = known.find(&cursor, bytes) { return names.string(name.span.bytes) }
        identity.reset()
        var serviceName: JSONText?
        let start = cursor.position
        guard try cursor.enterObject(bytes) else { return 0 }
        repeat {
            switch fields.key(bytes, try cursor.memberName(bytes)) {
            case .serviceName: serviceName = try cursor.text(bytes)
            case .tags: try tags.read(&cursor, bytes, into: &identity)
            default: try cursor.skipValue(bytes)
            }
        } while try cursor.continueObject(bytes)
        if let serviceName, let servicePlace { identity.set(servicePlace, .text(serviceName), bytes) }
        let service = identity.name(bytes, &names)
        known.learn(bytes, start, cursor.position, Array(names.bytes(service)))
        return service
    }
}

/// Jaeger's lists of `{"key":"…","type":"…","value":…}`.
enum JaegerJSONTags: JSONAttributeSyntax {
    static var areMembers: Bool { false }
    static var braces: Int { 1 }
    static var hashed: (Int, Int) { (8, 16) }

    static func walk(_ cursor: inout JSONCursor, _ bytes: RawSpan) throws(JSONFailure) -> JSONAttribute {
        let fields = JaegerJSONField.table
        var tag = JSONAttribute()
        guard try cursor.enterObject(bytes) else { return tag }
        repeat {
            switch fields.key(bytes, try cursor.memberName(bytes)) {
            case .key: tag.name = try cursor.text(bytes)
            case .value: try tag.take(&cursor, bytes)
            default: try cursor.skipValue(bytes)
            }
        } while try cursor.continueObject(bytes)
        return tag
    }

    /// The JSON type of the value tells; the declared one may be that of another client.
    static func converted(
        _ value: JSONCursor.Scalar, _ shape: JSONAttribute.Shape, _ bytes: RawSpan
    ) -> JSONCursor.Scalar { value }
}
