import SpanReading
import Synchronization

/// What is to be read: whole archives first, then parts of those that others are still reading.
final class ArchiveQueue: Sendable {
    private struct State {
        var next = 0
        /// Begun, and perhaps not all taken.
        var begun: [SharedArchive] = []
    }

    /// Paths, the largest archive first.
    private let paths: [String]
    private let state = Mutex(State())

    init(_ files: [ArchiveFile]) {
        paths = files.sorted { ($1.bytes, $0.path) < ($0.bytes, $1.path) }.map(\.path)
    }

    /// An archive that nobody reads yet, else one that has work for one more worker; nil when all has been taken.
    func next(_ reader: inout ArchiveReader) -> SharedArchive? {
        state.withLock { state in
            state.begun.removeAll { $0.isExhausted }
            guard state.next < paths.count else {
                // The next who comes helps with another one.
                if state.begun.count > 1 { state.begun.append(state.begun.removeFirst()) }
                return state.begun.last
            }
            let archive = reader.begin(paths[state.next])
            state.next += 1
            state.begun.append(archive)
            return archive
        }
    }
}
