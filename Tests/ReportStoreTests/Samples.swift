import Foundation
import Glibc
import ReportStore
import SpanModel
import Testing

/// Numbers that look random and are the same on every run.
struct Dice {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func roll(_ bound: UInt64) -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return mix64(state) % bound
    }

    mutating func traceID() -> TraceID { TraceID(high: roll(.max), low: roll(.max)) }

    /// Durations from a microsecond to some seconds, most of them near a few milliseconds.
    mutating func duration() -> UInt64 {
        let octave = (10 + roll(8) + roll(8) + roll(6)) & 31
        return 1 << octave + roll(1 << octave)
    }

    mutating func sketch(_ samples: UInt64, weighted: Bool = false) -> LatencySketch {
        var sketch = LatencySketch()
        for _ in 0..<samples {
            sketch.add(duration(), weight: weighted ? Weight(units: (1 + roll(500)) << 19) : .one)
        }
        return sketch
    }
}

/// Reports as large as asked, with something in every field.
struct ReportMaker {
    var dice = Dice(7)
    var services = 20
    var operations = 40
    var edges = 60
    var samplesPerHour: UInt64 = 3
    var hours: Range<UInt32> = 0..<24

    static let day: UInt64 = 20_000

    mutating func report(day: UInt64 = day) -> Report {
        let window = Window(
            startNanoseconds: day * Nanoseconds.day, endNanoseconds: (day + 1) * Nanoseconds.day)
        var report = Report(window: window, rules: "otlp", quality: quality())
        report.nodes = (0..<services).map { index in
            Node(
                name: service(index), kind: index % 5 == 0 ? .database : .service, callsIn: dice.roll(1000),
                errorsIn: dice.roll(10), callsOut: dice.roll(1000), entryCalls: dice.roll(5))
        }
        report.edges = (0..<edges).map { edge($0, day: day) }
        report.operations = (0..<operations).map { operation($0, day: day) }
        report.roots = (0..<max(1, operations / 10)).flatMap { index in
            hours.map { root(index, hour: UInt32(day * 24) + $0) }
        }
        report.evidence = evidence()
        report.findings = [
            Finding(reason: .crossings, service: "", count: 3, exemplars: [dice.traceID()]),
            Finding(reason: .spansOrphan, service: service(1), count: 1, exemplars: []),
        ]
        return report
    }

    func service(_ index: Int) -> String { "service-\(index % services)" }

    /// One row whose archives say the probability, one whose ids do, one that shows no sampling, one that shows nothing.
    private func evidence() -> [RootEvidence] {
        var rows = (0..<4).map { RootEvidence(service: service($0), operation: "GET /\($0)") }
        for (index, kind) in WeightEvidence.allCases.enumerated() { rows[0].traces[kind] = UInt64(index) + 10 }
        rows[0].told = 0.25
        let interval = ConfidenceInterval(low: 0.09, high: 0.1)
        for (index, family) in [(1, TraceIDFamily.randomness56), (2, nil)] {
            rows[index].inferred = InferredProbability(
                probability: 0.1, interval: interval, family: family, traces: 400, forced: 3)
        }
        return rows
    }

    private mutating func quality() -> Quality {
        var quality = Quality()
        quality.archives = 24
        quality.spans = dice.roll(1_000_000)
        quality.bytesRead = .max
        quality.operationsFolded = 2
        quality[.spansOrphan] = 17
        quality[.weightsCapped] = 1
        quality.evidence[.ledger] = 5
        quality.evidence[.inferred] = 6
        return quality
    }

    private mutating func edge(_ index: Int, day: UInt64) -> Edge {
        var edge = Edge(caller: service(index), callee: service(index / services + index), kind: .call)
        edge.kind = Edge.Kind.allCases[index % 5]
        edge.nameSource = NameSource.allCases[index % NameSource.allCases.count]
        edge.calls = dice.roll(100_000)
        edge.errors = dice.roll(100)
        edge.clientOnlyErrors = dice.roll(10)
        edge.destinations = index % 5 == 4 ? ["orders", "a \"quoted\"\n\u{0}topic"] : []
        edge.estimated = index % 5 == 3 ? nil : sums()
        edge.client = dice.sketch(samplesPerHour * UInt64(hours.count))
        edge.server = dice.sketch(samplesPerHour * UInt64(hours.count))
        edge.exemplars = (0..<3).map { _ in dice.traceID() }
        edge.hours = hours.map { hour in
            EdgeHour(
                hour: UInt32(day * 24) + hour, calls: dice.roll(1000), errors: dice.roll(9),
                latency: dice.sketch(samplesPerHour))
        }
        return edge
    }

    private mutating func operation(_ index: Int, day: UInt64) -> OperationLatency {
        var operation = OperationLatency(
            service: service(index), operation: "GET /things/\(index)/{id}",
            kind: SpanKind.allCases[index % SpanKind.allCases.count])
        operation.count = dice.roll(100_000)
        operation.errors = dice.roll(100)
        operation.roots = dice.roll(100)
        operation.estimated = sums()
        operation.estimatedErrors = sums()
        operation.latency = dice.sketch(samplesPerHour * UInt64(hours.count), weighted: index % 4 == 0)
        operation.exemplars = LatencyExemplars(
            p50: dice.traceID(), p95: index % 2 == 0 ? dice.traceID() : nil, p99: dice.traceID(), error: nil)
        operation.hours = hours.map { hour in
            OperationHour(
                hour: UInt32(day * 24) + hour, count: dice.roll(1000), errors: dice.roll(9),
                latency: dice.sketch(samplesPerHour))
        }
        return operation
    }

    private mutating func root(_ index: Int, hour: UInt32) -> RootThroughput {
        var root = RootThroughput(service: service(index), operation: "root-\(index)", hour: hour)
        root.roots = 1 + dice.roll(1000)
        root.uncounted = dice.roll(3)
        root.estimated = sums()
        root.evidence = WeightEvidence.allCases[index % WeightEvidence.allCases.count]
        root.unweighted = dice.roll(3)
        root.spans = dice.roll(100_000)
        root.bytes = dice.roll(100_000_000)
        root.errors = dice.roll(10)
        root.durations = dice.roll(1000)
        root.logSum = UInt128(dice.roll(.max)) << 20
        root.logSquareSum = UInt128(dice.roll(.max)) << 40
        root.latency = dice.sketch(5)
        root.firstSeenNanoseconds = UInt64(hour) * Nanoseconds.hour
        root.lastSeenNanoseconds = UInt64(hour) * Nanoseconds.hour + 5
        return root
    }

    private mutating func sums() -> WeightedSums {
        WeightedSums(
            s1: UInt128(dice.roll(1 << 50)), s2: UInt128(dice.roll(.max)) << 30, s3: UInt128(dice.roll(.max)) << 31)
    }
}

/// A state directory that lives as long as a test.
func withDirectory<Value>(_ body: (String) throws -> Value) throws -> Value {
    var template = Array("/tmp/report-store-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { buffer in
        buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
    }
    let directory = try #require(made)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    return try body(directory)
}

extension RunRecord {
    static func sample(_ report: Report, finished: UInt64 = 20) -> RunRecord {
        RunRecord(
            window: report.window, startedNanoseconds: 10, finishedNanoseconds: finished, programVersion: "0.1.0",
            settingsDigest: "abc")
    }
}

extension ArchiveRecord {
    static var samples: [ArchiveRecord] {
        var whole = ArchiveSummary(path: "a.json.zst")
        whole.layers = ["length-prefixed", "zstd"]
        whole.format = "otlp-json"
        whole.bytes = 1234
        whole.spans = 99
        whole.firstNanoseconds = 5
        whole.lastNanoseconds = 6
        var torn = ArchiveSummary(path: "b.json.gz")
        torn.truncatedAt = 81_920
        torn.error = ArchiveError(.truncated, path: "b.json.gz", offset: 81_920, message: "ends inside a frame")
        return [ArchiveRecord(whole, identity: "1234 17"), ArchiveRecord(torn, identity: "9 18")]
    }
}
