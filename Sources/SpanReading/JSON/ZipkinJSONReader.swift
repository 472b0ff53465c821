import SpanModel

/// Members of the objects in Zipkin's JSON.
enum ZipkinJSONField: UInt8, CaseIterable {
    case traceId, id, parentId, kind, name, timestamp, duration, localEndpoint, remoteEndpoint, tags, debug, shared
    case annotations, binaryAnnotations, endpoint
    case serviceName, ipv4, ipv6, port

    /// Made once: an archive may be as small as one span.
    static let table = KeyTable(allCases.map { ("\($0)", $0) })
}

/// Reads one Zipkin v2 span object after another; its storage is reused.
struct ZipkinJSONReader: JSONRecordReader {
    private let fields = ZipkinJSONField.table
    private var memo = MemberMemo(ZipkinJSONField.table)
    private var endpointMemo = MemberMemo(ZipkinJSONField.table)
    private var endpoints = JSONObjectMemo(unknown: Endpoint())
    private var tags = JSONAttributeList<ZipkinJSONTags, SpanAttributes>()
    private var attributes = SpanAttributes(dialect: .zipkin)
    private var scratch: [UInt8] = []

    private struct Endpoint {
        /// In lower case.
        var name: [UInt8] = []
        var hash: UInt32 = 0
    }

    /// What is not in the record, or not at once.
    private struct Parts {
        var service: UInt32 = 0
        var name: UInt32 = 0
        var hasIDs = false
        /// Members that only the second version has.
        var isSecond = false
        /// Members that only the first version has.
        var isFirst = false
    }

    mutating func readRecord(
        _ cursor: inout JSONCursor, _ bytes: RawSpan, into batch: inout SpanBatch
    ) throws(JSONFailure) -> JSONRecordCounts {
        attributes.reset()
        var record = SpanRecord(traceID: TraceID(high: 0, low: 0), spanID: 0)
        record.flags = .noDuration
        var parts = Parts()
        let start = cursor.position
        var place = 0
        while let member = try memo.next(&cursor, bytes, &place) {
            try readMember(member.key, &cursor, bytes, &record, &parts, &batch.names)
        }
        if parts.isFirst, !parts.isSecond {
            return JSONRecordCounts(
                refusal: "this is Zipkin v1 JSON, which is not supported yet; convert it to v2 first")
        }
        guard parts.hasIDs else { return JSONRecordCounts(isOther: true) }
        guard !record.traceID.isZero, record.spanID != 0 else { return JSONRecordCounts(invalid: 1) }
        record.archiveBytes = UInt32(clamping: cursor.position - start)
        record.operation = batch.names.operation(service: parts.service, name: parts.name)
        attributes.finish(bytes, into: &record, names: &batch.names)
        batch.spans.append(record)
        return JSONRecordCounts()
    }

    @inline(__always)
    private mutating func readMember(
        _ field: ZipkinJSONField?, _ cursor: inout JSONCursor, _ bytes: RawSpan, _ record: inout SpanRecord,
        _ parts: inout Parts,
        _ names: inout NameTable
    ) throws(JSONFailure) {
        switch field {
        case .traceId:
            parts.hasIDs = true
            record.traceID = try JSONIDs.traceID(&cursor, bytes) ?? TraceID(high: 0, low: 0)
        case .id:
            parts.hasIDs = true
            record.spanID = try JSONIDs.spanID(&cursor, bytes)
        case .parentId: record.parentID = try JSONIDs.spanID(&cursor, bytes)
        case .kind: record.kind = try kind(&cursor, bytes)
        case .name:
            if let text = try cursor.text(bytes) { parts.name = string(text, bytes, &names) }
        case .timestamp: record.setStart(microseconds: try cursor.unsigned(bytes))
        case .duration:
            // Zipkin rounds up to one: zero is a sender that did not measure.
            let microseconds = try cursor.unsigned(bytes)
            record.setDuration(microseconds: microseconds == 0 ? nil : microseconds)
        case .localEndpoint:
            parts.isSecond = true
            (parts.service, record.endpointHash) = try readLocalEndpoint(&cursor, bytes, &names)
        case .remoteEndpoint:
            parts.isSecond = true
            let endpoint = try readEndpoint(&cursor, bytes)
            if let name = endpoint.name {
                if isFolded(name, bytes) {
                    attributes.set(.remoteEndpoint, .text(name), bytes)
                } else {
                    fold(name, bytes)
                    attributes.set(.remoteEndpoint) { $0.append(contentsOf: scratch) }
                }
            }
        case .tags:
            parts.isSecond = true
            try tags.read(&cursor, bytes, into: &attributes)
        case .debug: if try isTrue(&cursor, bytes) { record.flags.insert(.debug) }
        case .shared: if try isTrue(&cursor, bytes) { record.flags.insert(.shared) }
        case .annotations: if try haveEndpoints(&cursor, bytes) { parts.isFirst = true }
        case .binaryAnnotations:
            parts.isFirst = true
            try cursor.skipValue(bytes)
        default: try cursor.skipValue(bytes)
        }
    }

    /// The service, which is zero where it has no name, and the hash of the address.
    private mutating func readLocalEndpoint(
        _ cursor: inout JSONCursor, _ bytes: RawSpan, _ names: inout NameTable
    ) throws(JSONFailure) -> (service: UInt32, hash: UInt32) {
        _ = try cursor.peek(bytes)
        if let known = endpoints.find(&cursor, bytes) { return (names.string(known.name.span.bytes), known.hash) }
        let start = cursor.position
        let (name, hash) = try readEndpoint(&cursor, bytes)
        var service: UInt32 = 0
        if let name { service = isFolded(name, bytes) ? string(name, bytes, &names) : folded(name, bytes, &names) }
        endpoints.learn(bytes, start, cursor.position, Endpoint(name: Array(names.bytes(service)), hash: hash))
        return (service, hash)
    }

    /// The service name that is not empty, as it stands there, and the hash of the address.
    private mutating func readEndpoint(
        _ cursor: inout JSONCursor, _ bytes: RawSpan
    ) throws(JSONFailure) -> (name: JSONText?, hash: UInt32) {
        var name: JSONText?
        var address: UInt64 = 0
        var place = 0
        while let member = try endpointMemo.next(&cursor, bytes, &place) {
            switch member.key {
            case .serviceName:
                if let text = try cursor.text(bytes), text.end > text.start { name = text }
            case .ipv4, .ipv6, .port:
                // A text or a number, as it stands; members in any order give one hash.
                _ = try cursor.peek(bytes)
                let start = cursor.position
                try cursor.skipValue(bytes)
                address &+= Self.hash(bytes.extracting(start..<cursor.position), seed: member.key == .port ? 2 : 1)
            default: try cursor.skipValue(bytes)
            }
        }
        let hash = UInt32(truncatingIfNeeded: mix64(address))
        return (name, address == 0 ? 0 : max(hash, 1))
    }

    /// Whether a name has neither capitals nor escapes nor anything beyond ASCII: Zipkin's names are lower case.
    private func isFolded(_ name: JSONText, _ bytes: RawSpan) -> Bool {
        guard !name.hasEscape else { return false }
        for offset in name.start..<name.end {
            let byte = bytes.byte(offset)
            if byte >= 0x80 || (0x41...0x5a).contains(byte) { return false }
        }
        return true
    }

    private mutating func folded(_ name: JSONText, _ bytes: RawSpan, _ names: inout NameTable) -> UInt32 {
        fold(name, bytes)
        return names.string(scratch.span.bytes)
    }

    /// Leaves the name in lower case in `scratch`.
    private mutating func fold(_ name: JSONText, _ bytes: RawSpan) {
        scratch.removeAll(keepingCapacity: true)
        name.append(to: &scratch, bytes)
        guard scratch.allSatisfy({ $0 < 0x80 }) else {
            scratch = Array(String(decoding: scratch, as: UTF8.self).lowercased().utf8)
            return
        }
        for index in scratch.indices where (0x41...0x5a).contains(scratch[index]) { scratch[index] |= 0x20 }
    }

    private static func hash(_ text: RawSpan, seed: UInt64) -> UInt64 {
        guard !text.equals("null"), !text.equals("0"), !text.equals("\"\"") else { return 0 }
        // Without the quotes, if it has any.
        let isQuoted = text.byteCount >= 2 && text.byte(0) == 0x22
        let end = isQuoted ? text.byteCount - 1 : text.byteCount
        var offset = isQuoted ? 1 : 0
        var state = seed
        while offset < end {
            let count = min(8, end - offset)
            state = mix64(state ^ text.word(offset, count: count))
            offset += count
        }
        return state
    }

    /// Version 1 wrote the endpoint at each annotation.
    private func haveEndpoints(_ cursor: inout JSONCursor, _ bytes: RawSpan) throws(JSONFailure) -> Bool {
        var found = false
        guard try cursor.enterArray(bytes) else { return false }
        repeat {
            guard try cursor.enterObject(bytes) else { continue }
            repeat {
                if fields.key(bytes, try cursor.memberName(bytes)) == .endpoint { found = true }
                try cursor.skipValue(bytes)
            } while try cursor.continueObject(bytes)
        } while try cursor.continueArray(bytes)
        return found
    }

    private mutating func string(_ text: JSONText, _ bytes: RawSpan, _ names: inout NameTable) -> UInt32 {
        guard text.hasEscape else { return names.string(bytes.extracting(text.start..<text.end)) }
        scratch.removeAll(keepingCapacity: true)
        text.append(to: &scratch, bytes)
        return names.string(scratch.span.bytes)
    }

    private func kind(_ cursor: inout JSONCursor, _ bytes: RawSpan) throws(JSONFailure) -> SpanKind {
        guard let text = try cursor.text(bytes) else { return .unset }
        let word = bytes.extracting(text.start..<text.end)
        if word.equalsFoldingCase("client") { return .client }
        if word.equalsFoldingCase("server") { return .server }
        if word.equalsFoldingCase("producer") { return .producer }
        return word.equalsFoldingCase("consumer") ? .consumer : .unset
    }

    private func isTrue(_ cursor: inout JSONCursor, _ bytes: RawSpan) throws(JSONFailure) -> Bool {
        switch try cursor.scalar(bytes) {
        case .boolean(let boolean): boolean
        case .text(let text): bytes.extracting(text.start..<text.end).equals("true")
        default: false
        }
    }
}

/// Zipkin's objects of texts; numbers and truth values come from careless senders.
enum ZipkinJSONTags: JSONAttributeSyntax {
    static var areMembers: Bool { true }
    static var braces: Int { 0 }
    static var hashed: (Int, Int) { (1, 4) }

    static func walk(_ cursor: inout JSONCursor, _ bytes: RawSpan) throws(JSONFailure) -> JSONAttribute {
        var tag = JSONAttribute(name: try cursor.memberName(bytes))
        try tag.take(&cursor, bytes)
        return tag
    }

    static func converted(
        _ value: JSONCursor.Scalar, _ shape: JSONAttribute.Shape, _ bytes: RawSpan
    ) -> JSONCursor.Scalar { value }
}
