import Glibc
import SpanModel

/// The collectors: gather spans into requests and requests into files, an hour each.
struct WorkloadExport {
    let settings: WorkloadSettings
    let directory: String
    private(set) var files: [String] = []
    private(set) var bytes: UInt64 = 0
    private var pending: [[WorkloadSpan]]
    private var writers: [OpenFile?]
    private var links: [[[WorkloadLink]]]
    private var json: OTLPJSONEncoder
    private var protobuf: OTLPProtobufEncoder

    /// A writer and the hour it is for; a class, since an array cannot hold what owns a file.
    private final class OpenFile {
        var writer: ArchiveWriter
        let hour: UInt64

        init(_ writer: consuming ArchiveWriter, hour: UInt64) {
            self.writer = writer
            self.hour = hour
        }
    }

    init(settings: WorkloadSettings, directory: String, plan: ShopPlan) {
        self.settings = settings
        self.directory = directory
        json = OTLPJSONEncoder(plan: plan)
        protobuf = OTLPProtobufEncoder(plan: plan)
        let count = settings.singleFile == nil ? max(1, settings.collectors) : 1
        pending = Array(repeating: [], count: count)
        links = Array(repeating: [], count: count)
        writers = Array(repeating: nil, count: count)
    }

    mutating func write(_ span: WorkloadSpan, links spanLinks: [WorkloadLink]) throws(WorkloadError) {
        let collector = Int(span.service) % pending.count
        pending[collector].append(span)
        if !spanLinks.isEmpty {
            pending[collector][pending[collector].count - 1].links = Int32(clamping: links[collector].count)
            links[collector].append(spanLinks)
        }
        if pending[collector].count >= settings.requestSpans { try send(collector) }
    }

    mutating func finish() throws(WorkloadError) {
        for collector in pending.indices {
            try send(collector)
            try close(collector)
        }
    }

    private mutating func send(_ collector: Int) throws(WorkloadError) {
        guard let first = pending[collector].first else { return }
        let hour = settings.singleFile == nil ? first.endNanoseconds / Nanoseconds.hour : 0
        if let open = writers[collector], open.hour != hour { try close(collector) }
        if writers[collector] == nil { writers[collector] = try open(collector, hour: hour) }
        guard let open = writers[collector] else { return }
        pending[collector].sort { ($0.service, $0.startNanoseconds) < ($1.service, $1.startNanoseconds) }
        if open.writer.layout.isProtobuf {
            protobuf.bytes.removeAll(keepingCapacity: true)
            protobuf.request(pending[collector], links: links[collector])
            try open.writer.write(protobuf.bytes)
        } else {
            json.bytes.removeAll(keepingCapacity: true)
            json.request(pending[collector], links: links[collector])
            try open.writer.write(json.bytes)
        }
        pending[collector].removeAll(keepingCapacity: true)
        links[collector].removeAll(keepingCapacity: true)
    }

    private mutating func open(_ collector: Int, hour: UInt64) throws(WorkloadError) -> OpenFile {
        let layout = settings.layouts[files.count % max(1, settings.layouts.count)]
        var path = settings.singleFile ?? ""
        if settings.singleFile == nil {
            let stamp = Timestamp.text(hour * Nanoseconds.hour)
            let (date, clock) = (stamp.prefix(10).split(separator: "-"), stamp.dropFirst(11).prefix(2))
            let folder = "\(directory)/year=\(date[0])/month=\(date[1])/day=\(date[2])/hour=\(clock)"
            try Self.makeFolders(folder)
            path = "\(folder)/traces_\(collector)_\(files.count)\(layout.ending)"
        }
        files.append(path)
        return OpenFile(try ArchiveWriter(path: path, layout: layout), hour: hour)
    }

    private mutating func close(_ collector: Int) throws(WorkloadError) {
        guard let open = writers[collector] else { return }
        try open.writer.finish()
        bytes += open.writer.bytesWritten
        writers[collector] = nil
    }

    private static func makeFolders(_ path: String) throws(WorkloadError) {
        var prefix = ""
        for component in path.split(separator: "/", omittingEmptySubsequences: false) {
            prefix += component + "/"
            if mkdir(prefix, 0o755) != 0, errno != EEXIST, errno != EISDIR {
                throw WorkloadError(message: "cannot make the folder \(prefix): \(String(cString: strerror(errno)))")
            }
        }
    }
}
