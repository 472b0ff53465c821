import SpanModel
import Testing

@testable import Sampling

/// Published against observed.
@Suite struct ConformanceTests {
    private let day = Window(startNanoseconds: 20 * Nanoseconds.day, endNanoseconds: 21 * Nanoseconds.day)

    /// `name: (probability, expected traces a day)` of the service `web`, in force since the day before.
    private func check(
        _ published: [String: (Double, Double)], _ evidence: [RootEvidence], fallback: Double = 0.01,
        aliases: [OperationAlias] = [], later: [LedgerExcerpt.Line] = []
    ) -> Conformance {
        let since = day.startNanoseconds - Nanoseconds.day
        var lines = [
            LedgerExcerpt.Line(service: "web", operation: nil, publishedNanoseconds: since, probability: fallback)
        ]
        var operations: [OperationStrategy] = []
        for (name, (probability, traces)) in published.sorted(by: { $0.key < $1.key }) {
            lines.append(
                .init(service: "web", operation: name, publishedNanoseconds: since, probability: probability))
            operations.append(
                OperationStrategy(operation: name, probability: probability, predictedTracesPerDay: traces))
        }
        let set = StrategySet(
            versionID: 7, budgetSpansPerSecond: 10, predictedSpansPerSecond: 5, status: .ok, defaultProbability: 0.001,
            services: [ServiceStrategy(service: "web", defaultProbability: fallback, operations: operations)])
        let names = evidence.compactMap { root in
            aliases.first { $0.matches(service: root.service, operation: root.operation) }.map {
                LedgerExcerpt.Alias(service: root.service, seen: root.operation, published: $0.published)
            }
        }
        return checkConformance(
            evidence, ledger: LedgerExcerpt(lines + later, aliases: names), strategies: set, aliases: aliases,
            window: day)
    }

    private func told(_ operation: String, _ probability: Double, traces: UInt64 = 100) -> RootEvidence {
        var counts = EvidenceCounts()
        counts[.tag] = traces
        return RootEvidence(service: "web", operation: operation, traces: counts, told: probability)
    }

    /// What the ids of `traces` traces say, kept at a probability by their low 63 bits.
    private func inferred(_ operation: String, _ probability: Double, traces: Int, seed: UInt64 = 1) -> RootEvidence {
        var random = Seeded(state: seed)
        var sample = TraceIDSample()
        var counts = EvidenceCounts()
        while counts.total < UInt64(traces) {
            let id = TraceID(high: random.next(), low: random.next())
            guard Double(id.low & (1 << 63 - 1)) < probability * 0x1p63 else { continue }
            sample.add(id, startNanoseconds: day.startNanoseconds)
            counts.add(.ledger)
        }
        return RootEvidence(
            service: "web", operation: operation, traces: counts, inferred: sample.inference()?.overall)
    }

    @Test("what tags say is exact: a quarter off is disobedience, less is not")
    func told() {
        let published = ["a": (0.1, 100.0), "b": (0.1, 100.0), "c": (0.1, 100.0), "d": (0.1, 100.0)]
        let found = check(published, [told("a", 0.1), told("b", 0.12), told("c", 0.13), told("d", 0.07)])
        #expect(found.operations.map(\.verdict) == [.obeys, .obeys, .keepsMore, .keepsLess])
        #expect(found.operations.map(\.evidence) == [.tag, .tag, .tag, .tag])
        #expect(found.nonconforming == ["web": ["c", "d"]])
        #expect(found.unseen.isEmpty)
        #expect(found.versionID == 7)
    }

    @Test("trace ids alone tell who obeys, and too few of them tell nothing")
    func inferred() {
        let published = ["a": (0.1, 100.0), "b": (0.1, 100.0), "c": (0.1, 100.0), "d": (0.1, 100.0)]
        let found = check(
            published,
            [
                inferred("a", 0.1, traces: 200), inferred("b", 0.4, traces: 200), inferred("c", 0.02, traces: 200),
                RootEvidence(service: "web", operation: "d"),
            ])
        #expect(found.operations.map(\.verdict) == [.obeys, .keepsMore, .keepsLess, .unknown])
        #expect(found.operations[0].evidence == .inferred)
        #expect(found.operations[3].observed == nil)
    }

    @Test("one that obeys is hardly ever accused: at most one of a hundred with ten traces")
    func falseAccusations() {
        var accused = 0
        for seed in 0..<400 as Range<UInt64> {
            let found = check(["a": (0.2, 20)], [inferred("a", 0.2, traces: 10, seed: seed &* 7919)])
            if ![.obeys, .unknown].contains(found.operations[0].verdict) { accused += 1 }
        }
        #expect(accused <= 4)
    }

    @Test("a probability that changed in the window is obeyed anywhere between the old and the new one")
    func changed() {
        let noon = day.startNanoseconds + Nanoseconds.day / 2
        let line = LedgerExcerpt.Line(service: "web", operation: "a", publishedNanoseconds: noon, probability: 0.4)
        let found = check(["a": (0.1, 100)], [told("a", 0.25)], later: [line])
        #expect(found.operations[0].published == 0.1...0.4)
        #expect(found.operations[0].verdict == .obeys)
        let gone = LedgerExcerpt.Line(service: "web", operation: "a", publishedNanoseconds: noon, probability: nil)
        #expect(check(["a": (0.1, 100)], [told("a", 0.25)], later: [gone]).operations[0].published == 0.01...0.1)
    }

    @Test("ids spread evenly accuse only where more traces came than a coin toss would keep")
    func evenIDs() {
        let many = check(
            ["a": (0.1, 100), "b": (0.1, 100)], [inferred("a", 1, traces: 1000), inferred("b", 1, traces: 110)])
        #expect(many.operations.map(\.verdict) == [.keepsMore, .unknown])
    }

    @Test("a name kept as the default says is known to the sampler by another, and a like unseen one is proposed")
    func renamed() {
        let published = [
            "GET /cart/{id}": (0.5, 1000.0), "cart items": (0.2, 50.0), "checkout": (0.1, 100.0), "rare": (0.1, 1.0),
        ]
        let found = check(
            published, [told("checkout", 0.1), told("GET /cart/{id}", 0.01), told("http.get /cart/items", 0.01)])
        let kept = found.operations.first { $0.operation == "GET /cart/{id}" }
        #expect(kept?.verdict == .keepsLess && kept?.followsDefault == true)
        // What was hardly expected is not missed.
        #expect(found.unseen.map(\.operation) == ["cart items"])
        #expect(found.unseen.first?.seenAs == "http.get /cart/items")
    }

    @Test("a proposed alias is for the very name, though it hold signs that patterns have")
    func literalAlias() throws {
        let published = ["checkout": (0.1, 100.0), "/files/:path": (0.2, 50.0)]
        let found = check(published, [told("checkout", 0.1), told("GET /files/*", 0.01)])
        let only = try #require(found.aliases.first)
        let alias = OperationAlias(
            service: Glob(only.service), seen: Glob(only.seen), published: only.published)
        #expect(alias.matches(service: "web", operation: "GET /files/*") && alias.published == "/files/:path")
        #expect(!alias.matches(service: "web", operation: "GET /files/7"))
    }

    @Test("an alias joins the seen name to the published one")
    func aliased() {
        let alias = OperationAlias(service: .all, seen: Glob("GET /*"), published: "GET")
        let found = check(["GET": (0.3, 100)], [told("GET /a", 0.3), told("GET /b", 0.3)], aliases: [alias])
        #expect(found.operations.map(\.alias) == ["GET", "GET"])
        #expect(found.operations.allSatisfy { $0.verdict == .obeys && $0.isListed })
        #expect(found.unseen.isEmpty)
    }

    @Test("where nothing obeys, nothing is planned as deaf: the fleet may not poll yet")
    func deafFleet() {
        let found = check(["a": (0.1, 100), "b": (0.1, 100)], [told("a", 1), told("b", 1)])
        #expect(found.count(.keepsMore) == 2)
        #expect(found.nonconforming.isEmpty)
    }

    @Test("likeness: methods, case, ids and placeholders do not count; unlike names are not proposed, and none twice")
    func likeness() {
        var likeness = NameLikeness(["web": ["GET /users/{id}/orders", "POST /login", "HTTP GET /health"]])
        #expect(likeness.takeNearest(to: "get /users/17/orders", of: "web") == "GET /users/{id}/orders")
        #expect(likeness.takeNearest(to: "get /users/18/orders", of: "web") == nil)
        #expect(likeness.takeNearest(to: "/health", of: "web") == "HTTP GET /health")
        #expect(likeness.takeNearest(to: "kafka consume", of: "web") == nil)
        #expect(likeness.takeNearest(to: "POST /login", of: "shop") == nil)
    }
}
