internal import ReportStore
internal import SpanModel

/// Answers that were read from the store, for as long as nothing new was stored.
///
/// Those who ask mean "until now" and never ask for the same instant twice; the answer depends on the windows that are
/// overlapped, and only on them.
actor DependencyCache {
    private struct Key: Hashable {
        let run: Int64
        let window: Window
    }

    private static let capacity = 16
    private var answers: [(key: Key, task: Task<[Dependency], any Error>)] = []
    private let watch: StoreWatch

    init(_ watch: StoreWatch) { self.watch = watch }

    /// Calls per pair of names in all windows that overlap `window`.
    func dependencies(in window: Window) async throws -> [Dependency] {
        let snapshot = watch.snapshot
        let overlapped = snapshot.reports?.windows.filter {
            $0.startNanoseconds < window.endNanoseconds && $0.endNanoseconds > window.startNanoseconds
        }
        guard let overlapped else {
            if let problem = snapshot.problem { throw problem }
            return []
        }
        guard let first = overlapped.first, let end = overlapped.map(\.endNanoseconds).max() else { return [] }
        let hull = Window(startNanoseconds: first.startNanoseconds, endNanoseconds: end)
        let key = Key(run: snapshot.version?.run ?? 0, window: hull)
        if let known = answers.first(where: { $0.key == key }) { return try await known.task.value }
        let watch = watch
        let task = Task { try await watch.dependencies(in: hull) }
        answers.append((key, task))
        if answers.count > Self.capacity { answers.removeFirst() }
        do { return try await task.value } catch {
            answers.removeAll { $0.key == key }
            throw error
        }
    }
}
