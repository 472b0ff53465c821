import Dispatch
import Glibc
import Mill

/// The first Ctrl-C or SIGTERM ends the work in good order, the second at once.
enum Interruption {
    /// Runs `work` while signals ask `meter` to stop.
    static func watching<Value: Sendable>(
        _ meter: ProgressMeter, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if meter.isStopping { _exit(number == SIGTERM ? 143 : 130) }
                Console.shared.say("finishing the batch in hand; Ctrl-C again to stop now")
                meter.stop(terminated: number == SIGTERM)
            }
            source.resume()
            return source
        }
        defer {
            sources.forEach { $0.cancel() }
            signal(SIGINT, SIG_DFL)
            signal(SIGTERM, SIG_DFL)
        }
        return try await work()
    }
}
