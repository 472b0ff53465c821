import Rendering
import ReportStore
import Sampling
import SpanModel

extension Run {
    /// Strategies from the history, into the store and the published files; without a budget the run says so.
    func chooseAndPublish(after report: Report, store: ReportStore, summary: inout RunSummary) throws(MillError) {
        let policy = job.samplingPolicy
        guard policy.hasBudget else {
            summary.notes.append(
                "no sampling budget is set, so no strategies were made (sampling.budget.spans_per_second)")
            return
        }
        let inputs = try SamplingInputs(job, store: store, after: report.window)
        summary.notes += Self.notes(on: inputs.conformance)
        guard var chosen = inputs.plan?.strategies else { return }
        if let reason = inputs.refusal(of: chosen) {
            guard request.isForced else {
                summary.refusal = reason
                return
            }
            chosen.note = "forced: \(reason)"
        }
        summary.strategies = chosen
        guard request.publishes else {
            summary.notes.append("strategies were not published, as asked")
            return
        }
        let (strategies, written) = try StrategyPublisher(files: job.publish)
            .publish(chosen, store: store, nowNanoseconds: Clock.nowNanoseconds)
        summary.strategies = strategies
        summary.published += written.filter(\.isChanged).map(\.file)
    }

    /// Says that tracers do not do as they were told.
    private static func notes(on conformance: Conformance?) -> [String] {
        guard let conformance else { return [] }
        let (more, less) = (conformance.count(.keepsMore), conformance.count(.keepsLess))
        guard more + less > 0 else { return [] }
        let hint = "`spanmill sampling check` shows which"
        guard conformance.count(.obeys) > 0 else {
            return ["no operation is kept at what was published: do the tracers poll? \(hint)"]
        }
        return ["operations kept more often than was published: \(more), less often: \(less); \(hint)"]
    }

    /// Pictures and tables beside the store.
    func export(_ report: Report, summary: inout RunSummary) async throws(MillError) {
        for path in job.export {
            let verb: RenderInput.Verb = path.hasSuffix(".json") ? .report : path.hasSuffix(".csv") ? .latency : .graph
            guard let renderer = Renderer.writing(path, for: verb) else { continue }
            let input = RenderInput(
                verb, version: request.programVersion, report: report, strategies: summary.strategies)
            let bytes: [UInt8]
            do {
                if renderer.needsLayout, request.layout == nil { continue }
                bytes = try await renderer.bytes(input, layout: request.layout ?? { $0 })
            } catch {
                summary.notes.append((error as? MillError)?.message ?? "cannot draw \(path)")
                continue
            }
            if try writeAtomically(bytes, to: path) { summary.published.append(path) }
        }
    }
}
