import SpanModel

extension TextPage {
    /// The page of an answer about strategies.
    mutating func samplingAnswer(_ answer: SamplingAnswer?) {
        switch answer {
        case .explanation(let explanation): self.explanation(explanation)
        case .difference(let difference): self.difference(difference)
        case .history(let history): self.history(history)
        case .backtest(let backtest): self.backtest(backtest)
        case .conformance(let conformance): self.conformance(conformance)
        case nil: line("nothing to show")
        }
    }

    private mutating func explanation(_ explanation: StrategyExplanation) {
        let strategy = explanation.strategy
        let before = strategy.previousProbability.map { ["before \(Quantity.significant($0))"] } ?? ["no earlier one"]
        fact("operation", [name(explanation.service), name(strategy.operation)])
        fact("probability", [Quantity.significant(strategy.probability)] + before + [version(explanation.set)])
        fact("because", [name(strategy.reason)])
        fact("weights", [Self.words(strategy.evidence)])
        fact(
            "predicts",
            [
                "\(Quantity.estimate(strategy.predictedTracesPerDay)) traces/day",
                "\(Quantity.estimate(strategy.predictedSpansPerSecond * 86_400)) spans/day",
                "~\(Quantity.significant(explanation.spansPerTrace)) spans a trace",
            ])
        if let least = strategy.hours.min(), let most = strategy.hours.max() {
            fact("by hour", ["\(Quantity.significant(least)) \(sign(.between)) \(Quantity.significant(most))"])
        }
        line()
        steps(strategy.steps)
        if !explanation.traces.isEmpty { fact("traces", explanation.traces.map(\.hex)) }
        let pattern = "{ service: \"\(name(explanation.service))\", operation: \"\(name(strategy.operation))\""
        line(parts: ["set yourself: sampling.overrides of the job file", "- \(pattern), probability: 0.05 }"], .dim)
        line(parts: ["or minimum:, maximum: or weight: instead of probability:"], .dim)
    }

    private mutating func steps(_ steps: [ExplanationStep]) {
        guard !steps.isEmpty else {
            line("the steps are older than the hours that are kept (retention.hours)", .dim)
            return line()
        }
        var table = TextTable([.name("step"), .figure("value"), .name("unit"), .prose("from")])
        for step in steps {
            table.add([
                .init("  " + step.step.split(separator: "_").joined(separator: " ")),
                .init(Quantity.significant(step.value)), .init(step.unit, .dim), .init(name(step.source), .dim),
            ])
        }
        self.table(table)
        line()
    }

    private func version(_ set: StrategySet) -> String {
        "version \(set.versionID), "
            + (set.publishedAtNanoseconds.map { "published \(Timestamp.minuteText($0)) UTC" } ?? "not published")
    }

    /// Where weights come from, in words.
    static func words(_ evidence: WeightEvidence) -> String {
        switch evidence {
        case .none: "no evidence: traces were counted as they are"
        case .threshold: "th: tracestate of the spans"
        case .tag: "tag: the sampler's attributes"
        case .vendor: "vendor: a rate attribute"
        case .ledger: "ledger: what was published, and when"
        case .inferred: "inferred from the trace ids"
        case .assumed: "assumed: sampling.assumed_probability"
        }
    }

    private mutating func difference(_ difference: StrategyDifference) {
        fact("from", [difference.base.map(version) ?? "nothing: no version was in force before"])
        fact("to", [version(difference.current)])
        let counts = ["raised", "lowered", "new", "gone", "by hour"].compactMap { word in
            let count = difference.changes.count { $0.word == word }
            return count > 0 ? "\(Quantity.count(count)) \(word)" : nil
        }
        fact("changes", counts + ["\(Quantity.count(difference.unchanged)) unchanged"])
        guard !difference.changes.isEmpty else { return }
        line()
        var table = TextTable([
            .name("service"), .name("operation"), .figure("before"), .figure("after"), .figure("change"),
            .prose("because"),
        ])
        for change in difference.changes {
            table.add([
                .init(change.service.isEmpty ? "*" : name(change.service)),
                .init(change.operation.map(name) ?? "*"),
                .init(change.before.map { Quantity.significant($0) } ?? sign(.dash), .dim),
                .init(change.after.map { Quantity.significant($0) } ?? sign(.dash), .strong),
                .init(ratio(change)), .init(name(change.reason), .dim),
            ])
        }
        self.table(table)
    }

    private func ratio(_ change: StrategyDifference.Change) -> String {
        guard let before = change.before, let after = change.after, before > 0, after > 0, before != after else {
            return change.word
        }
        let times = terminal.isASCII ? "x" : "×"
        return times + Quantity.significant(after / before)
    }

    private mutating func history(_ history: StrategyHistory) {
        if let service = history.service {
            fact("of", [name(service), history.operation.map(name) ?? "the default of its other operations"])
            line()
        }
        var table = TextTable([
            .figure("version"), .name("published (UTC)"),
            history.service == nil ? .figure("changes") : .figure("probability"),
            .figure("predicted spans/s", .ifShortNamesFit), .figure("budget", .ifShortNamesFit),
            .word("status"), .prose("because"),
        ])
        for entry in history.entries {
            let probability = entry.probability.map { Quantity.significant($0) } ?? "not listed"
            let because = [entry.note, entry.reason].filter { !$0.isEmpty }.joined(separator: "; ")
            table.add([
                .init(String(entry.versionID)), .init(Timestamp.minuteText(entry.publishedNanoseconds)),
                .init(history.service == nil ? Quantity.count(entry.changes) : probability, .strong),
                .init("~" + Quantity.significant(entry.predictedSpansPerSecond)),
                .init(Quantity.significant(entry.budgetSpansPerSecond), .dim), .init(entry.status.rawValue, .dim),
                .init(name(because), .dim),
            ])
        }
        self.table(table)
    }

    private mutating func backtest(_ backtest: Backtest) {
        if let first = backtest.days.first, let last = backtest.days.last {
            let days = UInt64(backtest.days.count)
            let whole = Window(startNanoseconds: first.startNanoseconds, endNanoseconds: last.endNanoseconds)
            fact("replayed", [Quantity.count(days, "day"), window(whole)])
            line()
        }
        var table = TextTable([
            .name("rule"), .figure("spans/s"), .figure("hour P50"), .figure("P90"), .figure("worst"),
            .figure("hours over"), .figure("seen", .ifShortNamesFit), .figure("floor held"), .figure("loss"),
            .figure("churn", .ifShortNamesFit), .figure("moved", .ifShortNamesFit),
        ])
        func share(_ value: Double) -> String { Decimal.fixed(value * 100, 1) + " %" }
        for figures in backtest.figures {
            table.add([
                .init(figures.rule.title, figures.rule == .planned ? .strong : .plain),
                .init("~" + Quantity.significant(figures.spansPerSecond)), .init(Decimal.fixed(figures.costP50, 2)),
                .init(Decimal.fixed(figures.costP90, 2)), .init(Decimal.fixed(figures.costMaximum, 2)),
                .init(share(figures.hoursOver), figures.hoursOver > 0 ? .warning : .plain),
                .init(share(figures.coverage)), .init(share(figures.floorCoverage)),
                .init(Decimal.fixed(figures.loss, 2)),
                .init(figures.churn.map { Decimal.fixed($0, 2) } ?? sign(.dash)),
                .init(figures.moved.map(share) ?? sign(.dash)),
            ])
        }
        self.table(table)
        line()
        line(
            parts: [
                "costs of hours are shares of the budget", "seen: operation-days with a sampled trace",
                "floor held: those with the floor's traces", "loss: 1 is the best in hindsight",
                "all figures are expectations on estimated traffic (~)",
            ], .dim)
        for note in backtest.notes { line("! \(name(note))", .warning) }
    }
}
