import Glibc
import ReportStore
import SpanModel

extension Run {
    /// Inputs must be given and, unless allowed otherwise, match something.
    func checkInputs(_ archives: ArchiveList) throws(MillError) {
        guard !job.inputs.isEmpty else {
            throw MillError(.configuration, "no inputs: name the archives in the job file's `inputs` or with --inputs")
        }
        guard archives.files.isEmpty, !request.allowsEmpty else { return }
        let patterns = archives.unmatched.joined(separator: ", ")
        throw MillError(
            .noInput, "no archive matches \(patterns); is the collector writing? (--allow-empty accepts this)")
    }

    /// The windows to do, each with the archives that may hold its spans.
    func dueWindows(
        _ archives: ArchiveList, store: ReportStore, notes: inout [String]
    ) throws(MillError) -> [(window: Window, files: [ArchiveFile])] {
        if let window = request.window { return [(window, files(of: window, in: archives))] }
        var due: [(Window, [ArchiveFile])] = []
        for window in candidates() {
            let files = files(of: window, in: archives)
            let known = try withStore { () throws(StoreError) in try store.archives(window: window) }
            if !request.rereads, let known, isSame(known, files) { continue }
            // A past window that was never stored is not ours to begin, unless it is the last one.
            if known == nil, window != candidates().last { continue }
            if known != nil {
                notes.append("window \(Timestamp.minuteText(window.startNanoseconds)): archives changed, read again")
            }
            due.append((window, files))
        }
        if due.isEmpty { notes.append("nothing new to read; --reread reads again") }
        return due
    }

    /// The last complete window and those before it that may be reopened, in order of time.
    private func candidates() -> [Window] {
        let length = job.windowLengthNanoseconds
        let last = Clock.nowNanoseconds / length
        return (0...job.windowReopen).reversed().compactMap { age in
            guard last > UInt64(age) + 1 else { return nil }
            let start = (last - UInt64(age) - 1) * length
            return Window(startNanoseconds: start, endNanoseconds: start + length)
        }
    }

    /// Archives that may hold spans of a window.
    func files(of window: Window, in archives: ArchiveList) -> [ArchiveFile] {
        guard job.partitions != "none" else { return archives.files }
        return archives.files.filter { file in
            PathTime(path: file.path, offsetSeconds: job.partitionsOffsetSeconds)?
                .mayServe(window, marginNanoseconds: job.windowMarginNanoseconds) ?? true
        }
    }

    private func isSame(_ known: [ArchiveRecord], _ files: [ArchiveFile]) -> Bool {
        Set(known.map { "\($0.summary.path)|\($0.identity)" }) == Set(files.map { "\($0.path)|\(Self.identity($0))" })
    }

    /// What tells that a file is still the same.
    static func identity(_ file: ArchiveFile) -> String { "\(file.bytes)-\(file.modifiedNanoseconds)" }

    func makeStateDirectory() throws(MillError) {
        var prefix = ""
        for component in job.state.split(separator: "/", omittingEmptySubsequences: false) {
            prefix += component + "/"
            guard mkdir(prefix, 0o700) != 0, errno != EEXIST, errno != EISDIR, errno != EROFS else { continue }
            let code: MillError.Code = errno == EACCES || errno == EPERM ? .permission : .cannotCreate
            throw MillError(
                code, "cannot make the state directory \(prefix): \(String(cString: strerror(errno)).lowercased())")
        }
    }

    /// What would be read and written.
    func dryRun(_ archives: ArchiveList) -> RunSummary {
        var summary = RunSummary()
        let windows = request.window.map { [$0] } ?? [candidates().last].compactMap { $0 }
        for window in windows {
            let files = files(of: window, in: archives)
            let bytes = files.reduce(UInt64(0)) { $0.addingReportingOverflow($1.bytes).partialValue }
            let (start, end) = (
                Timestamp.minuteText(window.startNanoseconds), Timestamp.minuteText(window.endNanoseconds)
            )
            summary.notes.append(
                "would read \(files.count) of \(archives.files.count) archives, \(bytes / 1_000_000) MB, for \(start) – \(end) UTC"
            )
        }
        summary.notes.append("would write \(job.state)/")
        summary.notes += (job.publish.map(\.file) + job.export).map { "would write \($0)" }
        return summary
    }
}
