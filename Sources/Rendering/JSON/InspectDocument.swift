import SpanModel

extension JSONWriter {
    /// What each archive holds.
    mutating func inspectMembers(_ archives: [InspectedArchive]) {
        member("archives") { json in
            json.array(archives, .lines) { json, archive in json.object(.lines) { $0.archive(archive) } }
        }
    }

    private mutating func archive(_ archive: InspectedArchive) {
        let summary = archive.summary
        member("path", summary.path)
        member("layers") { $0.array(summary.layers) { $0.value($1) } }
        member("format", summary.format.isEmpty ? nil : summary.format)
        member("spans", summary.spans)
        member("spans_invalid", summary.spansInvalid)
        member("traces", archive.traces)
        member("services", archive.services?.count)
        member("service_spans") { json in
            guard let services = archive.services else { return json.null() }
            json.array(services.sorted { $0.name < $1.name }) { json, service in
                json.object { json in
                    json.member("service", service.name)
                    json.member("spans", service.spans)
                }
            }
        }
        time("first", summary.firstNanoseconds == .max ? nil : summary.firstNanoseconds)
        time("last", summary.firstNanoseconds == .max ? nil : summary.lastNanoseconds)
        member("bytes", summary.bytes)
        member("bytes_decompressed", summary.bytesDecompressed)
        member("truncated_at", summary.truncatedAt)
        member("bad_records", summary.badRecords)
        member("other_records", summary.otherRecords)
        member("error") { json in
            guard let error = summary.error else { return json.null() }
            json.object { json in
                json.member("code", error.code.rawValue)
                json.member("message", error.message)
                json.member("offset", error.offset)
            }
        }
    }
}
