import SpanModel

extension JSONWriter {
    /// The members of an answer about strategies.
    mutating func samplingAnswer(_ answer: SamplingAnswer?) {
        switch answer {
        case .explanation(let explanation): self.explanation(explanation)
        case .difference(let difference): self.difference(difference)
        case .history(let history): self.history(history)
        case .backtest(let backtest): self.backtest(backtest)
        case .conformance(let conformance): self.conformance(conformance)
        case nil: break
        }
    }

    private mutating func explanation(_ explanation: StrategyExplanation) {
        let strategy = explanation.strategy
        member("subject", "\(explanation.service) \(strategy.operation)")
        member("service", explanation.service)
        member("operation", strategy.operation)
        member("probability", strategy.probability)
        member("previous_probability", strategy.previousProbability)
        member("evidence", strategy.evidence.label)
        member("predicted_traces_per_day", Decimal.rounded(strategy.predictedTracesPerDay))
        member("predicted_spans_per_day", Decimal.rounded(strategy.predictedSpansPerSecond * 86_400))
        member("hours") { json in json.array(strategy.hours) { $0.value($1) } }
        facts(strategy.steps)
        traces("traces", explanation.traces)
        member("conclusion", strategy.reason)
        member("version_id", explanation.set.versionID)
        time("published_at", explanation.set.publishedAtNanoseconds)
    }

    /// The steps of a choice, values to nine places.
    mutating func facts(_ steps: [ExplanationStep]) {
        member("facts") { json in
            json.array(steps, .lines) { json, step in
                json.object { json in
                    json.member("step", step.step)
                    json.member("value", Decimal.rounded(step.value, 9))
                    json.member("unit", step.unit)
                    json.member("source", step.source)
                }
            }
        }
    }

    private mutating func version(_ key: String, _ set: StrategySet?) {
        member(key) { json in
            json.object { json in
                json.member("version_id", set?.versionID)
                json.time("published_at", set?.publishedAtNanoseconds)
            }
        }
    }

    private mutating func difference(_ difference: StrategyDifference) {
        version("base", difference.base)
        version("current", difference.current)
        member("unchanged", difference.unchanged)
        member("changes") { json in
            json.array(difference.changes, .lines) { json, change in
                json.object { json in
                    json.member("service", change.service.isEmpty ? nil : change.service)
                    json.member("operation", change.operation)
                    json.member("before", change.before)
                    json.member("after", change.after)
                    json.member("change", change.word.split(separator: " ").joined(separator: "_"))
                    json.member("reason", change.reason)
                }
            }
        }
    }

    private mutating func history(_ history: StrategyHistory) {
        member("service", history.service)
        member("operation", history.operation)
        member("versions") { json in
            json.array(history.entries, .lines) { json, entry in
                json.object { json in
                    json.member("version_id", entry.versionID)
                    json.time("published_at", entry.publishedNanoseconds)
                    json.member("probability", entry.probability)
                    json.member("reason", entry.reason)
                    json.member("changes", entry.changes)
                    json.member("budget_spans_per_second", entry.budgetSpansPerSecond)
                    json.member("predicted_spans_per_second", Decimal.rounded(entry.predictedSpansPerSecond, 6))
                    json.member("status", entry.status.rawValue)
                    json.member("note", entry.note)
                }
            }
        }
    }

    private mutating func backtest(_ backtest: Backtest) {
        member("days") { json in
            json.array(backtest.days, .lines) { json, day in
                json.object { json in
                    json.time("start", day.startNanoseconds)
                    json.time("end", day.endNanoseconds)
                }
            }
        }
        member("rules") { json in
            json.array(backtest.figures, .lines) { json, figures in
                json.object { json in
                    json.member("rule", figures.rule.rawValue)
                    json.member("spans_per_second", Decimal.rounded(figures.spansPerSecond, 6))
                    json.member("cost_p50", Decimal.rounded(figures.costP50, 6))
                    json.member("cost_p90", Decimal.rounded(figures.costP90, 6))
                    json.member("cost_max", Decimal.rounded(figures.costMaximum, 6))
                    json.member("hours_over", Decimal.rounded(figures.hoursOver, 6))
                    json.member("coverage", Decimal.rounded(figures.coverage, 6))
                    json.member("floor_coverage", Decimal.rounded(figures.floorCoverage, 6))
                    json.member("loss", Decimal.rounded(figures.loss, 6))
                    json.member("churn", figures.churn.map { Decimal.rounded($0, 6) })
                    json.member("moved", figures.moved.map { Decimal.rounded($0, 6) })
                }
            }
        }
        member("notes") { json in json.array(backtest.notes, .lines) { $0.value($1) } }
    }
}
