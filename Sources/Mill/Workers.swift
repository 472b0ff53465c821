import Foundation

/// Long-lived threads for blocking work: the only place of the program that starts any.
///
/// Threads of their own rather than tasks, since the shared pool has one thread per core and would starve the
/// progress display and the server.
enum Workers {
    /// Runs `work` once per worker at the same time and returns the results in the order of the workers.
    ///
    /// - Parameter work: gets the worker's number from zero; owns whatever it makes.
    /// - Throws: the failure of the first worker, in their order, that failed; all have ended by then.
    static func run<Value: Sendable>(
        _ count: Int, _ work: @escaping @Sendable (Int) throws(MillError) -> Value
    ) async throws(MillError) -> [Value] {
        let results = await withTaskGroup(of: (Int, Result<Value, MillError>).self) { group in
            for index in 0..<max(1, count) {
                group.addTask { (index, await onThread { () throws(MillError) in try work(index) }) }
            }
            var results: [(Int, Result<Value, MillError>)] = []
            for await result in group { results.append(result) }
            return results.sorted { $0.0 < $1.0 }
        }
        var values: [Value] = []
        for (_, result) in results { values.append(try result.get()) }
        return values
    }

    private static func onThread<Value: Sendable>(
        _ work: @escaping @Sendable () throws(MillError) -> Value
    ) async -> Result<Value, MillError> {
        await withCheckedContinuation { continuation in
            let thread = Thread {
                do throws(MillError) {
                    continuation.resume(returning: .success(try work()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    /// Cores of the machine.
    static var coreCount: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }
}
