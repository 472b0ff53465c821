internal import Dispatch
internal import Glibc
public import Logging
internal import ReportStore
public import ServiceLifecycle
internal import SpanModel
internal import Synchronization

/// Keeps the snapshot up to date with the store, whatever happens to the store.
///
/// The store may be missing, locked, damaged, or replaced by another file while the server runs: the last good snapshot
/// stays, the trouble is told once, and the next look may find it gone. All servers of a process share one watch: what
/// they serve changes at the same moment.
public final class StoreWatch: Service {
    private let directory: String
    private let logger: Logger
    /// Nanoseconds since the epoch.
    private let now: @Sendable () -> UInt64
    private let state = Mutex(State())
    /// All calls that block: one after the other, so that slow ones cannot use up the threads that serve.
    private let queue = DispatchQueue(label: "store")

    private struct State {
        var snapshot = Snapshot()
        var store: ReportStore?
        var file: FileIdentity?
    }

    private struct FileIdentity: Equatable {
        let device: UInt64
        let node: UInt64

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            device = UInt64(status.st_dev)
            node = UInt64(status.st_ino)
        }
    }

    /// - Parameter directory: the state directory; it need not be there yet.
    public convenience init(directory: String, logger: Logger) {
        self.init(directory: directory, logger: logger, now: WallClock.now)
    }

    init(directory: String, logger: Logger, now: @escaping @Sendable () -> UInt64) {
        self.directory = directory
        self.logger = logger
        self.now = now
    }

    package var snapshot: Snapshot { state.withLock { $0.snapshot } }

    /// What is served just now; nil until something was published.
    package var strategies: ServedStrategies? { state.withLock { $0.snapshot.strategies } }

    /// Looks once a second until the process is shut down.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.refresh()
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Looks once.
    public func refresh() async {
        await onQueue { self.refreshNow() }
    }

    /// Calls per pair of names in a span of time, read from the store.
    func dependencies(in window: Window) async throws -> [Dependency] {
        try await reading { store throws(StoreError) in try store.dependencies(in: window) }
    }

    /// The strategy of an operation in one version, with its reasons; nil where that has none.
    func strategy(service: String, operation: String, version: Int64) async throws -> OperationStrategy? {
        try await reading { store throws(StoreError) in
            try store.strategy(service: service, operation: operation, version: version)
        }
    }

    private func reading<Value: Sendable>(
        _ body: @escaping @Sendable (ReportStore) throws(StoreError) -> Value
    ) async throws -> Value {
        let result = await onQueue { () -> Result<Value, StoreError> in
            do throws(StoreError) {
                return .success(try body(self.openStore()))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func onQueue<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }

    private func refreshNow() {
        turnHour()
        let before = snapshot
        do throws(StoreError) {
            let store = try openStore()
            let version = try store.version()
            if version == before.version, before.problem == nil { return }
            let next = try before.next(from: store, at: version, nowNanoseconds: now())
            // What was before is still held here, and so is not freed under the lock.
            state.withLock { $0.snapshot = next }
            log(next, after: before)
        } catch {
            state.withLock {
                $0.snapshot.problem = error
                // Whatever is wrong with the connections, the next look begins anew.
                $0.store = nil
            }
            if before.problem != error { logger.warning("\(error); what was read before is still served") }
        }
    }

    /// Hours change whatever becomes of the store.
    private func turnHour() {
        guard let last = strategies, let next = last.next(nowNanoseconds: now()) else { return }
        // Freed after the lock is: no request waits for that.
        withExtendedLifetime(last) { state.withLock { $0.snapshot.strategies = next } }
    }

    private func log(_ next: Snapshot, after before: Snapshot) {
        if before.problem != nil { logger.info("the store can be read again") }
        if let strategies = next.strategies, strategies.version != before.strategies?.version {
            logger.info(
                "serving strategies",
                metadata: ["version": "\(strategies.version)", "services": "\(strategies.count)"])
        }
    }

    /// The store, opened anew where its file is another one.
    private func openStore() throws(StoreError) -> ReportStore {
        let file = FileIdentity("\(directory)/\(ReportStore.fileName)")
        if let open = state.withLock({ $0.file == file ? $0.store : nil }) { return open }
        let store = try ReportStore(directory: directory, access: .readOnly)
        state.withLock {
            $0.store = store
            $0.file = file
            // Numbers of another file say nothing about this one.
            $0.snapshot.version = nil
        }
        return store
    }
}
