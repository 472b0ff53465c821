import SpanModel

@testable import Rendering

extension Sample {
    /// What the verbs about strategies have to show; nil for other verbs.
    static func answer(_ verb: RenderInput.Verb) -> SamplingAnswer? {
        switch verb {
        case .explain: .explanation(explanation)
        case .samplingDiff: .difference(StrategyDifference(from: earlier, to: strategies))
        case .samplingHistory: .history(history)
        case .backtest: .backtest(backtest)
        case .samplingCheck: .conformance(conformance)
        default: nil
        }
    }

    private static var explanation: StrategyExplanation {
        var strategy = strategies.services[1].operations[0]
        strategy.steps = [
            ExplanationStep(
                step: "traffic", value: 3_898_666, unit: "traces/day", source: "last 24 hours, 38,986 sampled"),
            ExplanationStep(step: "level", value: 45.1234567, unit: "traces/s", source: "weighted mean"),
            ExplanationStep(step: "cap", value: 0.02, unit: "probability", source: "at most ×2 a run"),
            ExplanationStep(step: "final", value: 0.015, unit: "probability", source: "rounded down"),
        ]
        return StrategyExplanation(
            service: "web", strategy: strategy, set: strategies, traces: [TraceID(high: 7, low: 1)])
    }

    /// The version before the sample's: an operation less, one more, others elsewhere.
    private static var earlier: StrategySet {
        var set = strategies
        set.versionID = 11
        set.publishedAtNanoseconds = Timestamp.nanoseconds("2026-03-01T00:05:00")
        set.services.removeFirst()
        set.services[0].operations[0].probability = 0.01
        set.services[0].operations.append(OperationStrategy(operation: "GET /old", probability: 1))
        set.services[0].defaultProbability = 0.008
        return set
    }

    private static let history = StrategyHistory(
        service: "web", operation: "GET /",
        entries: [
            .init(
                versionID: 12, publishedNanoseconds: Timestamp.nanoseconds("2026-03-02T00:05:00") ?? 0, status: .ok,
                predictedSpansPerSecond: 2790.5, budgetSpansPerSecond: 3000, note: "", probability: 0.015,
                reason: "traffic fell, so a larger share may be kept", changes: 4),
            .init(
                versionID: 11, publishedNanoseconds: Timestamp.nanoseconds("2026-03-01T14:20:00") ?? 0, status: .slack,
                predictedSpansPerSecond: 2100, budgetSpansPerSecond: 3000, note: "rolled back to version 9",
                probability: nil, changes: 31),
        ])

    private static var backtest: Backtest {
        var figures = Backtest.Rule.allCases.map { Backtest.Figures(rule: $0) }
        for index in figures.indices {
            figures[index].spansPerSecond = 1916.4 - 100 * Double(index)
            (figures[index].costP50, figures[index].costP90) = (0.512, 0.871)
            figures[index].costMaximum = index == 3 ? 1.81 : 0.98
            figures[index].hoursOver = index == 3 ? 0.167 : 0
            (figures[index].coverage, figures[index].floorCoverage) = (0.9987, 0.991)
            figures[index].loss = 1 + Double(index) * 0.29
        }
        (figures[0].churn, figures[0].moved) = (0.142, 0.31)
        let start = Timestamp.nanoseconds("2026-03-01") ?? 0
        let days = (0..<3 as Range<UInt64>).map { day in
            Window(
                startNanoseconds: start + day * Nanoseconds.day, endNanoseconds: start + (day + 1) * Nanoseconds.day)
        }
        return Backtest(
            days: days, figures: figures, notes: ["only 3 of 7 days could be replayed: no more are stored"])
    }

    private static var conformance: Conformance {
        func operation(
            _ service: String, _ name: String, _ published: ClosedRange<Double>, _ observed: Double?,
            _ evidence: WeightEvidence, _ verdict: Conformance.Verdict
        ) -> Conformance.Operation {
            let isTold = evidence != .inferred
            let interval = observed.map { ConfidenceInterval(low: $0, high: isTold ? $0 : $0 * 1.25) }
            return Conformance.Operation(
                service: service, operation: name, published: published, observed: observed, interval: interval,
                evidence: observed == nil ? .none : evidence, traces: 38_986, verdict: verdict)
        }
        var operations = [
            operation("auth", "POST /login", 0.1...0.1, 0.1, .threshold, .obeys),
            operation("web", "GET /", 0.01...0.015, 0.0125, .inferred, .obeys),
            operation("web", "GET /cart/{id}", 0.5...0.5, 0.01, .tag, .keepsLess),
            operation("web", "GET /img/7", 0.01...0.01, 0.01, .tag, .obeys),
            operation("web", "POST /orders", 0.02...0.02, nil, .none, .unknown),
            operation("web", "cron \u{202e}night", 0.2...0.2, 1, .inferred, .keepsMore),
        ]
        operations[2].followsDefault = true
        (operations[3].alias, operations[4].isListed) = ("GET", false)
        let unseen = [
            Conformance.Unseen(
                service: "web", operation: "cart \"items\"", probability: 0.2, expectedTraces: 812.5,
                seenAs: "GET /cart/{id}"),
            Conformance.Unseen(service: "web", operation: "kafka", probability: 1, expectedTraces: 30),
        ]
        let start = Timestamp.nanoseconds("2026-03-01") ?? 0
        return Conformance(
            window: Window(startNanoseconds: start, endNanoseconds: start + Nanoseconds.day), versionID: 12,
            operations: operations, unseen: unseen)
    }
}
