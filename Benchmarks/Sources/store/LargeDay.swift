import Glibc
import SpanModel

/// Reports of a company's days: 500 services, 20,000 operations, 30,000 edges, each with its hours.
///
/// Calls are as skewed as they are in practice: the most frequent operation has a tenth of all spans, most have a few
/// an hour. Durations are log-normal. Half of the operations are sampled, so that their spans weigh more than one.
struct LargeDay {
    var services = 500
    var operations = 20_000
    var edges = 30_000
    var spans = 20_000_000
    private var state: UInt64

    init(seed: UInt64, spans: Int) {
        state = seed
        self.spans = spans
    }

    mutating func report(window: Window) -> Report {
        var report = Report(window: window, rules: "otlp")
        report.quality.archives = 24
        report.quality.spans = UInt64(spans)
        report.quality.traces = UInt64(spans / 12)
        report.nodes = (0..<services).map { service in
            Node(name: name(service), kind: .service, callsIn: 1000, errorsIn: 3, callsOut: 900, entryCalls: 5)
        }
        let firstHour = UInt32(window.startNanoseconds / Nanoseconds.hour)
        let hours = UInt32(window.durationNanoseconds / Nanoseconds.hour)
        report.operations = operations(firstHour..<firstHour + hours)
        report.edges = edges(firstHour..<firstHour + hours)
        report.roots = roots(of: report.operations)
        return report
    }

    private func name(_ service: Int) -> String {
        "team-\(String(service / 10 + 100).dropFirst()).service-\(String(service + 1000).dropFirst())"
    }

    private mutating func operations(_ hours: Range<UInt32>) -> [OperationLatency] {
        var found: [OperationLatency] = []
        let perService = operations / services
        for index in 0..<operations {
            let (service, number) = (index / perService, index % perService)
            var operation = OperationLatency(
                service: name(service), operation: "GET /api/v\(number % 3)/resource-\(100 + number)/{id}",
                kind: number % 2 == 0 ? .server : .client)
            let weight = index % 2 == 0 ? Weight.one : Weight(units: Weight.one.units * 8)
            let rank = (index * 7919) % operations
            let medianLog = 11 + 7 * unit()
            for hour in hours {
                let count = count(rank, of: operations, spans, hour)
                guard count > 0 else { continue }
                var latency = LatencySketch()
                for _ in 0..<count { latency.add(UInt64(exp(medianLog + 0.7 * normal())), weight: weight) }
                operation.hours.append(OperationHour(hour: hour, count: UInt64(count), errors: 0, latency: latency))
                operation.latency.merge(latency)
                operation.count += UInt64(count)
                for _ in 0..<count { operation.estimated.add(1, weight: weight) }
            }
            guard operation.count > 0 else { continue }
            operation.roots = number == 0 ? operation.count : 0
            let id = TraceID(high: next(), low: next())
            operation.exemplars = LatencyExemplars(p50: id, p95: id, p99: id, error: nil)
            found.append(operation)
        }
        return found
    }

    private mutating func edges(_ hours: Range<UInt32>) -> [Edge] {
        var found: [Edge] = []
        let perCaller = edges / services
        for index in 0..<edges {
            let (caller, number) = (index / perCaller, index % perCaller)
            var edge = Edge(
                caller: name(caller), callee: name((caller + 1 + number * 7) % services), kind: .call)
            let rank = (index * 7919) % edges
            let medianLog = 11 + 7 * unit()
            for hour in hours {
                let count = count(rank, of: edges, spans / 3, hour)
                guard count > 0 else { continue }
                var latency = LatencySketch()
                for _ in 0..<count { latency.add(UInt64(exp(medianLog + 0.7 * normal()))) }
                edge.hours.append(EdgeHour(hour: hour, calls: UInt64(count), errors: 0, latency: latency))
                edge.server.merge(latency)
                edge.calls += UInt64(count)
            }
            guard edge.calls > 0 else { continue }
            edge.client = edge.server
            edge.estimated = WeightedSums()
            edge.exemplars = (0..<3).map { _ in TraceID(high: next(), low: next()) }
            found.append(edge)
        }
        return found
    }

    private mutating func roots(of operations: [OperationLatency]) -> [RootThroughput] {
        operations.filter { $0.roots > 0 }.flatMap { operation in
            operation.hours.map { hour in
                var root = RootThroughput(service: operation.service, operation: operation.operation, hour: hour.hour)
                root.roots = hour.count
                root.spans = hour.count * 12
                root.bytes = hour.count * 12_000
                root.latency = hour.latency
                root.durations = hour.count
                root.firstSeenNanoseconds = UInt64(hour.hour) * Nanoseconds.hour
                root.lastSeenNanoseconds = UInt64(hour.hour + 1) * Nanoseconds.hour
                return root
            }
        }
    }

    /// Zipf's law over ranks, a day with a quiet night over hours.
    private mutating func count(_ rank: Int, of ranks: Int, _ total: Int, _ hour: UInt32) -> Int {
        let harmonic = log(Double(ranks)) + 0.577
        let share = 1 / (Double(rank + 1) * harmonic)
        let shape = 1 + 0.5 * sin(Double(hour % 24) * Double.pi / 12)
        let expected = Double(total) / 24 * share * shape
        return Int(expected) + (unit() < expected - expected.rounded(.down) ? 1 : 0)
    }

    private mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return mix64(state)
    }

    private mutating func unit() -> Double { Double(next() >> 11) / Double(1 << 53) }

    private mutating func normal() -> Double {
        sqrt(-2 * log(1 - unit())) * cos(2 * Double.pi * unit())
    }
}
