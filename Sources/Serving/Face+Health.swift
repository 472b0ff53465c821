internal import ReportStore
internal import SpanModel

extension Face {
    /// Ready: the store can be read, its schema is this program's, and the last run is recent enough.
    func readiness() -> Answer {
        let snapshot = watch.snapshot
        var failures: [String] = []
        if let problem = snapshot.problem {
            // Without the path: probes may come from anywhere.
            failures.append("store: \(problem.message)")
        } else if snapshot.version == nil {
            failures.append("store: it has not been read yet; ask again in a second")
        }
        if let failure = ageFailure(snapshot.reports?.run) { failures.append(failure) }
        if failures.isEmpty { return .text("ready\n") }
        return .problem(503, "Service Unavailable", failures.joined(separator: "; "))
    }

    private func ageFailure(_ run: RunRecord?) -> String? {
        guard let limit = settings.maximumReportAgeNanoseconds else { return nil }
        guard let run else { return "last run: there was none yet; run 'spanmill run'" }
        let now = now()
        let age = now - min(now, run.finishedNanoseconds)
        guard age > limit else { return nil }
        return """
            last run: it ended \(Timestamp.minuteText(run.finishedNanoseconds)) UTC, more than \
            \(limit / Nanoseconds.second) s ago; see why 'spanmill run' no longer runs
            """
    }
}
