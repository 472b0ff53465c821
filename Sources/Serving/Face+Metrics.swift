internal import ReportStore
internal import SpanModel
internal import Synchronization

/// Requests answered, by route and status; counting takes no lock.
final class RequestCounters: Sendable {
    private final class Counter: Sendable {
        let count = Atomic<UInt64>(0)
    }

    /// Every status that an answer may have.
    private static let statuses = [200, 304, 400, 401, 403, 404, 405, 414, 421, 500, 503]
    private let counters = Dictionary(
        uniqueKeysWithValues: Face.Route.allCases.map { route in
            (route, Dictionary(uniqueKeysWithValues: RequestCounters.statuses.map { ($0, Counter()) }))
        })

    func count(_ route: Face.Route, _ status: Int) {
        counters[route]?[status]?.count.add(1, ordering: .relaxed)
    }

    /// Those that happened, sorted by route and status.
    var all: [(route: String, status: Int, count: UInt64)] {
        counters.flatMap { route, statuses in
            statuses.map { (route.rawValue, $0.key, $0.value.count.load(ordering: .relaxed)) }
        }.filter { $0.2 > 0 }.sorted { ($0.0, $0.1) < ($1.0, $1.1) }
    }
}

extension Face {
    /// The server's own health in Prometheus' text format; no figure of any service.
    func metrics() -> Answer {
        let snapshot = watch.snapshot
        var text = MetricsText()
        text.gauge("spanmill_store_up", "Whether the store could be read at the last look.", snapshot.isUp ? 1 : 0)
        if let run = snapshot.reports?.run {
            text.gauge(
                "spanmill_last_success_timestamp_seconds", "End of the last run.",
                Double(run.finishedNanoseconds) / 1e9)
            let duration = run.finishedNanoseconds - min(run.startedNanoseconds, run.finishedNanoseconds)
            text.gauge("spanmill_run_duration_seconds", "Duration of the last run.", Double(duration) / 1e9)
        }
        if let quality = snapshot.reports?.quality {
            text.gauge("spanmill_report_spans", "Spans in the latest report.", Double(quality.spans))
            text.gauge(
                "spanmill_report_archives_bad", "Archives of the latest report that could not be read whole.",
                Double(quality.archivesBad))
        }
        if let size = snapshot.reports?.size {
            text.gauge("spanmill_report_nodes", "Nodes in the latest report.", Double(size.nodes))
            text.gauge("spanmill_report_edges", "Edges in the latest report.", Double(size.edges))
            text.gauge("spanmill_report_operations", "Operations in the latest report.", Double(size.operations))
        }
        if let strategies = snapshot.strategies {
            text.gauge("spanmill_strategy_version", "Version of the strategies served.", Double(strategies.version))
            text.gauge(
                "spanmill_strategy_published_timestamp_seconds", "When the strategies served were published.",
                Double(strategies.publishedNanoseconds) / 1e9)
            text.gauge(
                "spanmill_strategy_services", "Services with strategies of their own.",
                Double(strategies.count))
        }
        text.head("spanmill_http_requests_total", "Requests answered.", "counter")
        for (route, status, count) in counters.all {
            text.sample("spanmill_http_requests_total{route=\"\(route)\",status=\"\(status)\"}", Double(count))
        }
        return Answer(200, type: "text/plain; version=0.0.4; charset=utf-8", text.text.utf8)
    }
}

extension Snapshot {
    fileprivate var isUp: Bool { problem == nil && version != nil }
}

private struct MetricsText {
    private(set) var text = ""

    mutating func head(_ name: String, _ help: String, _ type: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    mutating func sample(_ name: String, _ value: Double) { text += "\(name) \(value)\n" }

    mutating func gauge(_ name: String, _ help: String, _ value: Double) {
        head(name, help, "gauge")
        sample(name, value)
    }
}
