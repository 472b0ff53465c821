import SpanModel

@testable import Rendering

/// A small shop, drawn by hand:
///
///     web ──▶ checkout ──▶ payments, inventory, [postgres]
///     mobile-api ──▶ checkout        checkout ┄┄▶ mailer (topic orders)        mailer ··▶ audit
enum Sample {
    static let day = Window(
        startNanoseconds: Timestamp.nanoseconds("2026-03-01") ?? 0,
        endNanoseconds: Timestamp.nanoseconds("2026-03-02") ?? 0)

    static func sketch(_ count: Int, _ milliseconds: Double) -> LatencySketch {
        var sketch = LatencySketch()
        for index in 0..<count {
            // A long tail: the slowest is eight times the middle.
            let place = Double(index) / Double(max(count - 1, 1))
            sketch.add(UInt64(milliseconds * 1e6 * (0.5 + place + 6.5 * place * place * place * place)))
        }
        return sketch
    }

    static func sums(_ traces: UInt64, weight: Double) -> WeightedSums {
        var sums = WeightedSums()
        for _ in 0..<traces { sums.add(1, weight: Weight(probability: 1 / weight) ?? .one) }
        return sums
    }

    static func edge(
        _ caller: String, _ callee: String, _ kind: Edge.Kind = .call, _ source: NameSource = .none, calls: Int,
        errors: UInt64 = 0, milliseconds: Double, weight: Double = 1
    ) -> Edge {
        let hasServer = kind != .database && kind != .external
        return Edge(
            caller: caller, callee: callee, kind: kind, nameSource: source, calls: UInt64(calls), errors: errors,
            clientOnlyErrors: errors / 2, destinations: kind == .message ? ["orders"] : [],
            estimated: kind == .link ? nil : sums(UInt64(calls), weight: weight),
            client: kind == .message || kind == .link ? LatencySketch() : sketch(calls, milliseconds * 1.1),
            server: hasServer ? sketch(calls, milliseconds) : LatencySketch(),
            exemplars: [TraceID(high: 0x0af7_6519_16cd_43dd, low: UInt64(calls))])
    }

    static func operation(
        _ service: String, _ name: String, _ kind: SpanKind, count: Int, errors: UInt64 = 0, milliseconds: Double,
        weight: Double = 1
    ) -> OperationLatency {
        OperationLatency(
            service: service, operation: name, kind: kind, count: UInt64(count), errors: errors,
            roots: service == "web" ? UInt64(count) : 0, estimated: sums(UInt64(count), weight: weight),
            estimatedErrors: sums(errors, weight: weight), latency: sketch(count, milliseconds),
            exemplars: LatencyExemplars(p50: TraceID(high: 1, low: 50), p99: TraceID(high: 1, low: 99)))
    }

    static func report(weight: Double = 1) -> Report {
        var quality = Quality()
        quality.archives = 44
        quality.archivesBad = 1
        quality.bytesRead = 4_100_000_000
        quality.spans = 18_204_551
        quality.traces = 1_033_870
        quality.tracesComplete = 1_020_430
        quality.entryCalls = 2600
        quality[.spansOrphan] = 72_818
        quality[.unresolvedOutgoing] = 12
        quality[.innerEntries] = 3
        quality.evidence[.tag] = 630_000
        quality.evidence[.ledger] = 300_000
        quality.evidence[.inferred] = 98_000
        quality.evidence[.none] = 5870
        return Report(
            window: day, rules: "otlp", quality: quality,
            nodes: [
                Node(name: "audit", kind: .service, callsIn: 40),
                Node(name: "checkout", kind: .service, callsIn: 2100, errorsIn: 9, callsOut: 5230),
                Node(name: "inventory", kind: .service, callsIn: 1400),
                Node(name: "mailer", kind: .service, callsIn: 310, callsOut: 40),
                Node(name: "mobile-api", kind: .service, callsOut: 600, entryCalls: 600),
                Node(name: "payments", kind: .service, callsIn: 1120, errorsIn: 67),
                Node(name: "postgres", kind: .database, callsIn: 2400),
                Node(name: "web", kind: .service, callsIn: 2000, callsOut: 1500, entryCalls: 2000),
            ],
            edges: [
                edge("checkout", "inventory", calls: 1400, milliseconds: 4, weight: weight),
                edge("checkout", "mailer", .message, calls: 310, milliseconds: 31, weight: weight),
                edge("checkout", "payments", calls: 1120, errors: 67, milliseconds: 120, weight: weight),
                edge(
                    "checkout", "postgres", .database, .serverAddress, calls: 2400, errors: 1, milliseconds: 1.2,
                    weight: weight),
                edge("mailer", "audit", .link, calls: 40, milliseconds: 0.4),
                edge("mobile-api", "checkout", calls: 600, errors: 3, milliseconds: 171, weight: weight),
                edge("web", "checkout", .call, .inferred, calls: 1500, errors: 6, milliseconds: 160, weight: weight),
            ],
            operations: [
                operation(
                    "checkout", "POST /orders", .server, count: 2100, errors: 9, milliseconds: 160, weight: weight),
                operation(
                    "checkout", "SELECT orders", .client, count: 2400, errors: 1, milliseconds: 1.2, weight: weight),
                operation("payments", "Charge", .server, count: 1120, errors: 67, milliseconds: 120, weight: weight),
                operation("web", "GET /", .server, count: 2000, milliseconds: 190, weight: weight),
            ],
            findings: [
                Finding(
                    reason: .innerEntries, service: "web", count: 3, exemplars: [TraceID(high: 7, low: 1)]),
                Finding(
                    reason: .spansOrphan, service: "inventory", count: 72_818, exemplars: [TraceID(high: 7, low: 9)]),
                Finding(reason: .unresolvedOutgoing, service: "web", count: 12, exemplars: []),
            ], evidence: evidence)
    }

    /// One operation whose archives say the probability, one whose trace ids do.
    private static let evidence: [RootEvidence] = {
        var told = RootEvidence(service: "mobile-api", operation: "GET /cart", told: 0.25)
        told.traces[.tag] = 630_000
        var inferred = RootEvidence(service: "web", operation: "GET /")
        inferred.traces[.ledger] = 300_000
        inferred.traces[.inferred] = 98_000
        inferred.inferred = InferredProbability(
            probability: 0.015, interval: ConfidenceInterval(low: 0.01499, high: 0.01502), family: .low64,
            traces: 398_000, forced: 2)
        return [told, inferred]
    }()

    static let strategies = StrategySet(
        versionID: 12, publishedAtNanoseconds: Timestamp.nanoseconds("2026-03-02T00:05:00"),
        budgetSpansPerSecond: 3000, predictedSpansPerSecond: 2790.5, status: .ok, defaultProbability: 0.001,
        services: [
            ServiceStrategy(
                service: "mobile-api", defaultProbability: 0.01,
                operations: [
                    OperationStrategy(
                        operation: "GET /cart", probability: 0.25, reason: "first seen today", evidence: .tag,
                        estimatedRatePerSecond: 0.02, predictedTracesPerDay: 432, predictedSpansPerSecond: 0.05)
                ]),
            ServiceStrategy(
                service: "web", defaultProbability: 0.002, lowerBoundPerSecond: 0.0167,
                operations: [
                    OperationStrategy(
                        operation: "GET /", probability: 0.015, previousProbability: 0.01,
                        reason: "traffic fell, so a larger share may be kept", evidence: .threshold,
                        estimatedRatePerSecond: 45.1234567, predictedTracesPerDay: 58_480,
                        predictedSpansPerSecond: 11.8),
                    OperationStrategy(
                        operation: "GET /health", probability: 0.00001, previousProbability: 0.00001,
                        reason: "the floor", evidence: .ledger, estimatedRatePerSecond: 120,
                        predictedTracesPerDay: 103.68, predictedSpansPerSecond: 0.0012),
                ]),
        ])

    static let archives: [InspectedArchive] = {
        var cut = ArchiveSummary(path: "traces/b-17.json.gz")
        cut.layers = ["gzip"]
        cut.format = "zipkin-json"
        cut.bytes = 81_920
        cut.bytesDecompressed = 499_712
        cut.spans = 4111
        cut.firstNanoseconds = Timestamp.nanoseconds("2026-03-01T14:00:03") ?? 0
        cut.lastNanoseconds = Timestamp.nanoseconds("2026-03-01T14:09:58.25") ?? 0
        cut.truncatedAt = 81_920
        var unknown = ArchiveSummary(path: "notes.txt")
        unknown.bytes = 12
        unknown.bytesDecompressed = 12
        unknown.error = ArchiveError(
            .unknownFormat, path: "notes.txt", offset: 0,
            message: "no format begins with 'hello'; --input-format forces one")
        return [
            InspectedArchive(
                cut, traces: 388,
                services: [
                    .init(name: "payments", spans: 969), .init(name: "web", spans: 1902),
                    .init(name: "checkout", spans: 1240),
                ]), InspectedArchive(unknown),
        ]
    }()

    static func input(_ verb: RenderInput.Verb, weight: Double = 1) -> RenderInput {
        RenderInput(
            verb, version: "0.0.0", report: hasReport(verb) ? report(weight: weight) : nil,
            strategies: [.report, .run, .sampling].contains(verb) ? strategies : nil,
            archives: verb == .inspect ? archives : verb == .run ? [archives[0]] : [],
            run: verb == .run
                ? RunFacts(
                    elapsedNanoseconds: 43_000_000_000, published: ["strategies.json"], newEdges: 1, goneEdges: 0)
                : nil,
            sampling: answer(verb))
    }

    private static func hasReport(_ verb: RenderInput.Verb) -> Bool {
        verb != .inspect && verb != .sampling && answer(verb) == nil
    }
}

/// The readable page as a text.
func textPage(_ input: RenderInput, _ options: RenderOptions) -> String {
    String(decoding: textDocument(input, options), as: UTF8.self)
}
