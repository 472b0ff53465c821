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
        let end = report.window.endNanoseconds
        let back = UInt64(policy.lookBackDays) * Nanoseconds.day
        let (history, previous) = try withStore { () throws(StoreError) in
            (try store.throughput(from: end > back ? end - back : 0, to: end), try store.latestStrategies())
        }
        guard let chosen = chooseStrategies(history: history, previous: previous, policy: policy, day: report.window)
        else { return }
        if !request.isForced, let reason = refusal(of: chosen, previous: previous, history: history, day: report.window)
        {
            summary.refusal = reason
            return
        }
        summary.strategies = chosen
        guard request.publishes else {
            summary.notes.append("strategies were not published, as asked")
            return
        }
        let now = Clock.nowNanoseconds
        let version = try withStore { () throws(StoreError) in try store.save(chosen, publishedNanoseconds: now) }
        summary.strategies?.versionID = version
        summary.strategies?.publishedAtNanoseconds = now
        for publication in job.publish {
            let body = jaegerStrategyFile(chosen)
            if try writeAtomically(body, to: publication.file) { summary.published.append(publication.file) }
        }
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
