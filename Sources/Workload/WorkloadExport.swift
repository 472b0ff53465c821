import Glibc
import SpanModel

/// The instances of services and the collectors behind them.
///
/// An instance hands its spans over a few at a time, when they have ended; a collector gathers them into requests and
/// requests into files, an hour each. So the spans of a trace are scattered over requests and files, as they are in
/// real archives.
struct WorkloadExport {
    let settings: WorkloadSettings
    let directory: String
    private(set) var files: [String] = []
    private(set) var bytes: UInt64 = 0
    /// Spans that ended, by instance.
    private var ended: [[WorkloadSpan]]
    /// Spans of the next request, by collector.
    private var pending: [[WorkloadSpan]]
    private var writers: [OpenFile?]
    /// Of spans not yet written, by number.
    private var links: [UInt32: [WorkloadLink]] = [:]
    private var linkCount: UInt32 = 0
    private var encoders: RequestEncoders
    private var hour: UInt64 = 0

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
        encoders = RequestEncoders(plan: plan)
        let count = settings.singleFile == nil ? max(1, settings.collectors) : 1
        ended = Array(repeating: [], count: plan.services.count * ServiceInstance.perService)
        pending = Array(repeating: [], count: count)
        writers = Array(repeating: nil, count: count)
    }

    mutating func write(_ span: WorkloadSpan, links spanLinks: [WorkloadLink]) throws(WorkloadError) {
        var span = span
        span.instance = ServiceInstance.number(service: span.service, traceID: span.traceID)
        if !spanLinks.isEmpty {
            linkCount += 1
            span.links = linkCount
            links[linkCount] = spanLinks
        }
        let instance = Int(span.instance)
        ended[instance].append(span)
        if ended[instance].count >= settings.exportSpans { try handOver(instance) }
    }

    /// Says what time it is; nothing waits from one hour to the next.
    mutating func advance(to time: UInt64) throws(WorkloadError) {
        guard settings.singleFile == nil, time / Nanoseconds.hour != hour else { return }
        hour = time / Nanoseconds.hour
        try sendAll()
    }

    mutating func finish() throws(WorkloadError) {
        try sendAll()
        for collector in writers.indices { try close(collector) }
    }

    private mutating func sendAll() throws(WorkloadError) {
        for instance in ended.indices { try handOver(instance) }
        for collector in pending.indices { try send(collector) }
    }

    /// From an instance to its collector.
    private mutating func handOver(_ instance: Int) throws(WorkloadError) {
        let collector = instance % pending.count
        ended[instance].sort { $0.endNanoseconds < $1.endNanoseconds }
        pending[collector].append(contentsOf: ended[instance])
        ended[instance].removeAll(keepingCapacity: true)
        if pending[collector].count >= settings.requestSpans { try send(collector) }
    }

    private mutating func send(_ collector: Int) throws(WorkloadError) {
        guard let first = pending[collector].first else { return }
        let hour = settings.singleFile == nil ? first.endNanoseconds / Nanoseconds.hour : 0
        if let open = writers[collector], open.hour != hour { try close(collector) }
        if writers[collector] == nil { writers[collector] = try open(collector, hour: hour) }
        guard let open = writers[collector] else { return }
        try open.writer.write(encoders.request(pending[collector], links: links, as: open.writer.layout.payload))
        for span in pending[collector] where span.links != 0 { links[span.links] = nil }
        pending[collector].removeAll(keepingCapacity: true)
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
