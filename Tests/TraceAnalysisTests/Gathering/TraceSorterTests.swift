import SpanModel
import Testing

@testable import TraceAnalysis

@Suite struct TraceSorterTests {
    /// How the span ids of a trace are made.
    enum SpanIDs: CaseIterable {
        case random, counted, descending, repeated

        func id(_ number: Int, _ random: inout SeededTraces) -> UInt64 {
            switch self {
            case .random: .random(in: 1...(.max), using: &random)
            case .counted: UInt64(number + 1)
            case .descending: .max - UInt64(number)
            case .repeated: UInt64(number % 5 + 1) << 60
            }
        }
    }

    /// Trace ids whose keys have equal high bits: the key is undone by the inverse of its odd factor.
    private func crowded(_ count: Int) -> [TraceID] {
        let factor = TraceSorter<SpanRecord>.key(TraceID(high: 0, low: 1))
        var inverse = factor
        for _ in 0..<5 { inverse &*= 2 &- factor &* inverse }
        return (0..<count).map { TraceID(high: 0, low: (0x7777 << 48 | UInt64($0)) &* inverse) }
    }

    @Test(
        "records are in the order of their keys, however ids crowd and however many there are",
        arguments: SpanIDs.allCases, [1, 2, 3, 39, 41, 900])
    func order(ids: SpanIDs, spansPerTrace: Int) {
        var random = SeededTraces(UInt64(spansPerTrace))
        for traces in [crowded(1), crowded(3), (1...20).map { TraceID(high: UInt64($0), low: UInt64($0 * $0)) }] {
            var records: [SpanRecord] = []
            for trace in traces {
                for number in 0..<spansPerTrace {
                    var record = SpanRecord(traceID: trace, spanID: ids.id(number, &random))
                    record.startNanoseconds = .random(in: 0...3, using: &random)
                    records.append(record)
                }
            }
            records.shuffle(using: &random)
            var sorter = TraceSorter<SpanRecord>()
            // What an earlier shard has left changes nothing.
            sorter.sort(Array(records.prefix(records.count / 2)))
            sorter.sort(records)
            let found = sorter.entries.map { records[Int($0.index)] }
            #expect(Set(sorter.entries.map(\.index)).count == records.count)
            #expect(
                zip(found, found.dropFirst()).allSatisfy { a, b in
                    let keys = (
                        TraceSorter<SpanRecord>.key(a.traceID), TraceSorter<SpanRecord>.key(b.traceID)
                    )
                    return (keys.0, a.spanID, a.startNanoseconds) <= (keys.1, b.spanID, b.startNanoseconds)
                })
        }
    }
}
