import Glibc
import Mill
import SpanModel

/// Shows how far a scan is: a bar that disappears on a terminal, a line each 10 % elsewhere.
struct ProgressBar {
    let meter: ProgressMeter
    let isQuiet: Bool
    private let isInteractive = Console.shared.isInteractive

    init(meter: ProgressMeter, isQuiet: Bool) {
        self.meter = meter
        self.isQuiet = isQuiet
    }

    /// Runs `work` beside the display and clears the bar at its end.
    func during<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        guard !isQuiet else { return try await work() }
        let start = WindowText.now
        let display = Task { await show(since: start) }
        defer {
            display.cancel()
            if isInteractive { try? Console.write(Array("\r\u{1b}[K".utf8), to: 2) }
        }
        return try await work()
    }

    private func show(since start: UInt64) async {
        var tenths = 0
        var lastLine = start
        while !Task.isCancelled {
            let state = meter.state
            let now = WindowText.now
            if isInteractive {
                if state.archivesTotal > 0 {
                    try? Console.write(Array(("\r\u{1b}[K" + bar(state, now - start)).utf8), to: 2)
                }
            } else if state.bytesTotal > 0 {
                let reached = min(9, state.bytes * 10 / max(1, state.bytesTotal))
                if reached > tenths && now - start > 5 * Nanoseconds.second || now - lastLine > 30 * Nanoseconds.second
                {
                    Console.shared.say("reading " + line(state, now - start))
                    lastLine = now
                }
                tenths = max(tenths, reached)
            }
            try? await Task.sleep(nanoseconds: 100_000_000)
        }
    }

    private func bar(_ state: ProgressMeter.State, _ elapsed: UInt64) -> String {
        let share = state.bytesTotal > 0 ? min(1, Double(state.bytes) / Double(state.bytesTotal)) : 0
        let filled = Int(share * 20)
        let blocks = Console.shared.isASCII ? ("#", ".") : ("█", "░")
        let drawn = String(repeating: blocks.0, count: filled) + String(repeating: blocks.1, count: 20 - filled)
        let text = "reading  \(drawn)  " + line(state, elapsed)
        return String(text.prefix(max(20, (Console.shared.errorColumns ?? 100) - 1)))
    }

    private func line(_ state: ProgressMeter.State, _ elapsed: UInt64) -> String {
        let seconds = max(0.001, Double(elapsed) / 1e9)
        var text = state.bytesTotal > 0 ? "\(min(100, state.bytes * 100 / state.bytesTotal)) %  " : ""
        text += "\(state.archives) of \(state.archivesTotal) archives  \(state.bytes / 1_000_000) MB  "
        text += "\(Int(Double(state.spans) / seconds / 1000)) k spans/s"
        let rate = Double(state.bytes) / seconds
        if state.bytesTotal > state.bytes, rate > 0, seconds > 1 {
            text += "  ~\(Int(Double(state.bytesTotal - state.bytes) / rate) + 1) s left"
        }
        return text
    }
}
