import Glibc
import Measuring
import ReportStore
import SpanModel

/// Keeps days of a large company and reads the last one back: `store DIRECTORY [DAYS [SPANS]]`.
///
///     DIRECTORY   where the store is made; must not hold one
///     DAYS        kept one after another, pruned as a nightly run prunes: hours for 35 days, all for 400 (1)
///     SPANS       of a day (20,000,000)
///
/// A day is made once and kept under other dates: its figures are equal, its rows are not shared.
@main
struct StoreBenchmark {
    let directory: String
    let days: Int
    let spans: Int

    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard let directory = arguments.first else { return print("usage: store DIRECTORY [DAYS [SPANS]]") }
        let numbers = arguments.dropFirst().map { Int($0) ?? 1 }
        let benchmark = StoreBenchmark(
            directory: directory, days: max(numbers.first ?? 1, 1), spans: numbers.count > 1 ? numbers[1] : 20_000_000)
        try benchmark.run()
    }

    func run() throws {
        var day = LargeDay(seed: 1, spans: spans)
        let report = day.report(window: Self.window(0))
        let store = try ReportStore(directory: directory)
        let first = try Clock.measure { try save(report, in: store) }
        line("commit", first)
        if days > 1 {
            let pruned = try Clock.measure {
                for number in 1..<days - 1 { try keep(report, day: number, in: store) }
            }
            line("later_days", pruned)
            line("last_commit", try Clock.measure { try keep(report, day: days - 1, in: store) })
        }
        let last = Self.window(days - 1)
        line("whole_report", try Clock.measure { _ = try store.report(window: last) })
        line("without_hours", try Clock.measure { _ = try store.report(window: last, detail: [.latency, .roots]) })
        line("graph_report", try Clock.measure { _ = try store.report(window: last, detail: []) })
        try store.close()
        print("megabytes \(text(Double(bytes) / 1e6, 1))")
    }

    private func keep(_ report: Report, day: Int, in store: ReportStore) throws {
        try save(report.shifted(to: Self.window(day)), in: store)
        try store.prune(hoursBefore: Self.instant(day + 1, minus: 35), daysBefore: Self.instant(day + 1, minus: 400))
    }

    private func save(_ report: Report, in store: ReportStore) throws {
        let run = RunRecord(
            window: report.window, startedNanoseconds: report.window.endNanoseconds,
            finishedNanoseconds: report.window.endNanoseconds, programVersion: "benchmark")
        try store.save(report, run: run, archives: [])
    }

    private func line(_ name: String, _ clock: Clock) {
        print("\(name)_cpu_seconds \(text(clock.cpu, 3))")
        print("\(name)_wall_seconds \(text(clock.wall, 3))")
        fflush(nil)
    }

    /// The database, without its journal.
    private var bytes: Int {
        var status = stat()
        stat("\(directory)/\(ReportStore.fileName)", &status)
        return Int(status.st_size)
    }

    private static func window(_ number: Int) -> Window {
        let start = 1_772_323_200_000_000_000 + UInt64(number) * Nanoseconds.day
        return Window(startNanoseconds: start, endNanoseconds: start + Nanoseconds.day)
    }

    private static func instant(_ number: Int, minus days: Int) -> UInt64 {
        window(0).startNanoseconds + UInt64(number) * Nanoseconds.day - UInt64(days) * Nanoseconds.day
    }
}

extension Report {
    /// The same figures of another day.
    fileprivate func shifted(to other: Window) -> Report {
        var shifted = self
        let distance = UInt32((other.startNanoseconds - window.startNanoseconds) / Nanoseconds.hour)
        shifted.window = other
        for index in edges.indices {
            for hour in edges[index].hours.indices { shifted.edges[index].hours[hour].hour += distance }
        }
        for index in operations.indices {
            for hour in operations[index].hours.indices { shifted.operations[index].hours[hour].hour += distance }
        }
        for index in roots.indices { shifted.roots[index].hour += distance }
        return shifted
    }
}
