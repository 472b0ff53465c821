import Glibc

/// A value that one thread at a time looks at, as soon as it is as that thread needs it.
final class Monitor<Value>: @unchecked Sendable {
    // Sendable: nothing touches the value but the thread that holds the mutex.
    private var value: Value
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>

    init(_ value: Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        changed = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Waits until the value is ready, then changes it.
    ///
    /// - Parameters:
    ///   - isReady: tried again after each change by another thread.
    ///   - body: others wait meanwhile; must not enter the same monitor.
    func enter<Result>(when isReady: (Value) -> Bool = { _ in true }, _ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        while !isReady(value) { pthread_cond_wait(changed, mutex) }
        defer {
            pthread_cond_broadcast(changed)
            pthread_mutex_unlock(mutex)
        }
        return body(&value)
    }
}
