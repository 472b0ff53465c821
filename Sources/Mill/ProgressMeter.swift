import Synchronization

/// How far a scan is: written by the workers, read by whoever shows it.
public final class ProgressMeter: Sendable {
    /// Compressed bytes read so far, of how many; zero: not known.
    private let bytes = Atomic<Int>(0)
    private let bytesTotal = Atomic<Int>(0)
    private let archives = Atomic<Int>(0)
    private let archivesTotal = Atomic<Int>(0)
    private let spans = Atomic<Int>(0)
    /// 0: go on; 1: interrupted; 2: terminated.
    private let stopping = Atomic<Int>(0)

    /// Nothing read, nobody stopping.
    public init() {}

    /// A reading.
    public struct State: Hashable, Sendable {
        public var bytes: Int
        public var bytesTotal: Int
        public var archives: Int
        public var archivesTotal: Int
        public var spans: Int
    }

    public var state: State {
        State(
            bytes: bytes.load(ordering: .relaxed), bytesTotal: bytesTotal.load(ordering: .relaxed),
            archives: archives.load(ordering: .relaxed), archivesTotal: archivesTotal.load(ordering: .relaxed),
            spans: spans.load(ordering: .relaxed))
    }

    /// Asks the scan to end after the batch in hand; nothing half-made is kept.
    ///
    /// - Parameter terminated: by a service manager rather than by a person.
    public func stop(terminated: Bool = false) { stopping.store(terminated ? 2 : 1, ordering: .relaxed) }

    /// Whether the scan was asked to end.
    public var isStopping: Bool { stopping.load(ordering: .relaxed) != 0 }

    /// The error that a scan ends with when asked to.
    var interruption: MillError? {
        switch stopping.load(ordering: .relaxed) {
        case 0: nil
        case 1: MillError(.interrupted, "interrupted; nothing was changed")
        default: MillError(.terminated, "terminated; nothing was changed")
        }
    }

    func begin(archives count: Int, bytes total: Int) {
        archivesTotal.store(count, ordering: .relaxed)
        bytesTotal.store(total, ordering: .relaxed)
        archives.store(0, ordering: .relaxed)
        bytes.store(0, ordering: .relaxed)
        spans.store(0, ordering: .relaxed)
    }

    func read(_ count: Int) { bytes.add(count, ordering: .relaxed) }
    func dealt(_ count: Int) { spans.add(count, ordering: .relaxed) }
    func finishedArchive() { archives.add(1, ordering: .relaxed) }
}
