/// Which kind of span archive a JSON text is, by the member names of its first objects (`formats.md` §12).
enum JSONDialect {
    case otlp
    /// The Jaeger UI's and query service's replies.
    case jaeger
    case zipkin
    /// Documents of Jaeger's Elasticsearch indices, in any wrapper.
    case jaegerElasticsearch
    /// Protobuf's JSON of Jaeger's model.
    case jaegerModel
    case unknown

    private enum Name: UInt8, CaseIterable {
        case otlp, resource, data, processes, spans, wrapper, traceIDUpper, spanIDUpper, traceID, spanID, id, operation

        var texts: [String] {
            switch self {
            case .otlp:
                [
                    "resourceSpans", "resource_spans", "batches", "trace", "result", "resourceMetrics",
                    "resource_metrics", "resourceLogs", "resource_logs", "resourceProfiles", "resource_profiles",
                    "scopeSpans", "scope_spans", "instrumentationLibrarySpans", "instrumentation_library_spans",
                ]
            case .resource: ["resource"]
            case .data: ["data"]
            case .processes: ["processes"]
            case .spans: ["spans"]
            case .wrapper: ["_source", "hits", "index", "create", "responses"]
            case .traceIDUpper: ["traceID"]
            case .spanIDUpper: ["spanID"]
            case .traceID: ["traceId"]
            case .spanID: ["spanId"]
            case .id: ["id"]
            case .operation: ["operationName"]
            }
        }
    }

    private static let names = KeyTable(Name.allCases.flatMap { name in name.texts.map { ($0, name) } })

    /// - Parameter prefix: as much as there is, up to some 64 KiB; the first object may end beyond it.
    static func of(_ prefix: RawSpan) -> JSONDialect {
        var cursor = JSONCursor(position: 0)
        if prefix.byteCount >= 3, prefix.word(0, count: 3) == 0xbf_bbef { cursor.position = 3 }
        guard let first = try? cursor.peek(prefix), first == 0x7b || first == 0x5b else { return .unknown }
        while let start = nextObject(prefix, from: cursor.position) {
            cursor.position = start
            let dialect = of(object: &cursor, prefix, names)
            if dialect != .unknown { return dialect }
        }
        return .unknown
    }

    /// The next opening brace behind separators, or behind the line where something else stands.
    private static func nextObject(_ bytes: RawSpan, from start: Int) -> Int? {
        var offset = start
        while offset < bytes.byteCount {
            switch bytes.byte(offset) {
            case 0x7b: return offset
            case 0x20, 0x09, 0x0a, 0x0d, 0x2c, 0x5b, 0x5d: offset += 1
            default: offset = bytes.firstOffset(of: 0x0a, from: offset) ?? bytes.byteCount
            }
        }
        return nil
    }

    /// Reads member names until they tell, or the object or the bytes end.
    private static func of(
        object cursor: inout JSONCursor, _ bytes: RawSpan, _ table: KeyTable<Name>
    ) -> JSONDialect {
        var seen: Set<Name> = []
        do throws(JSONFailure) {
            guard try cursor.enterObject(bytes) else { return .unknown }
            repeat {
                if let name = table.key(bytes, try cursor.memberName(bytes)) { seen.insert(name) }
                if let dialect = decided(seen) { return dialect }
                try cursor.skipValue(bytes)
            } while try cursor.continueObject(bytes)
        } catch {
            if error != .unfinished {
                cursor.position = bytes.firstOffset(of: 0x0a, from: cursor.position) ?? bytes.byteCount
            }
        }
        return atEnd(seen)
    }

    /// What cannot change any more.
    private static func decided(_ seen: Set<Name>) -> JSONDialect? {
        if seen.contains(.otlp) { return .otlp }
        if seen.contains(.data) || seen.isSuperset(of: [.processes, .spans]) { return .jaeger }
        if seen.isSuperset(of: [.traceIDUpper, .spans]) { return .jaeger }
        if seen.contains(.wrapper) || seen.isSuperset(of: [.traceIDUpper, .spanIDUpper]) {
            return .jaegerElasticsearch
        }
        if seen.isSuperset(of: [.traceID, .spanID]) { return .jaegerModel }
        return seen.isSuperset(of: [.traceID, .id]) ? .zipkin : nil
    }

    private static func atEnd(_ seen: Set<Name>) -> JSONDialect {
        if seen.contains(.resource) { return .otlp }
        return seen.contains(.processes) ? .jaeger : .unknown
    }
}
