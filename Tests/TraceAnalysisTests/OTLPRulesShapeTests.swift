import Foundation
import SpanModel
import Testing

@testable import TraceAnalysis

/// Shapes that would be slow if any step looked at a span more than a few times.
enum HostileShape: String, CaseIterable, Sendable {
    case localChain, clientChain, namelessChain, star, siblingsBelowChain, repeats, oneID, cycle, sharedIDs, links
    case crowdedIDs

    func records(_ count: Int) -> TraceRecords {
        var records = TraceRecords()
        records.id = TraceID(high: 0, low: 1)
        for index in 0..<count {
            let id = UInt64(index + 1)
            var record = SpanRecord(traceID: records.id, spanID: id)
            record.startNanoseconds = 1000 + id
            record.kind = .internal
            record.parentID = id - 1
            var service: UInt32 = 1
            shape(&record, &service, id, count)
            records.records.append(record)
            records.services.append(service)
        }
        guard self == .links else { return records }
        for record in records.records where record.kind == .consumer {
            records.links.append(LinkRecord(of: record, to: records.id, 1))
            records.linkServices.append(2)
        }
        return records
    }

    private func shape(_ record: inout SpanRecord, _ service: inout UInt32, _ id: UInt64, _ count: Int) {
        let half = UInt64(count / 2)
        switch self {
        case .localChain: break
        case .clientChain: record.kind = id % 2 == 0 ? .client : .internal
        case .namelessChain:
            service = id <= half ? 0 : UInt32(truncatingIfNeeded: id)
            record.parentID = id <= half ? id - 1 : half
            record.kind = id <= half ? .internal : .server
        case .star:
            record.parentID = id == 1 ? 0 : 1
            record.kind = .server
        case .siblingsBelowChain:
            record.parentID = id <= half ? id - 1 : half
            record.kind = id <= half ? .unset : id % 2 == 0 ? .client : .server
            service = id <= half || id % 3 == 0 ? 1 : 2
        case .repeats:
            record.spanID = 1
            record.parentID = 7
        case .oneID:
            record.spanID = id <= half ? 1 : id
            record.parentID = id <= half ? 0 : 1
            record.kind = .server
            service = UInt32(truncatingIfNeeded: id % half + 1)
        case .crowdedIDs: record.spanID = id == count ? .max : id
        case .cycle: record.parentID = id == 1 ? UInt64(count) : id - 1
        case .sharedIDs:
            record.spanID = (id + 1) / 2
            record.parentID = record.spanID - 1
            record.kind = id % 2 == 0 ? .server : .client
            service = id % 2 == 0 ? 2 : 1
        case .links:
            record.kind = id == 1 ? .producer : .consumer
            record.parentID = 0
            service = id == 1 ? 1 : 2
            record.flags = id == 1 ? [] : .links
        }
    }
}

@Suite("Time on hostile shapes", .serialized)
struct OTLPRulesShapeTests {
    /// Seconds of this thread: what else the machine does is left out.
    private func time(_ rules: inout some RuleSet, _ shape: HostileShape, _ count: Int) -> Double {
        let records = shape.records(count)
        var observation = TraceObservation()
        rules.observe(records, into: &observation)
        let times = (0..<2).map { _ in
            let start = threadSeconds()
            rules.observe(records, into: &observation)
            return threadSeconds() - start
        }
        return times.min() ?? 0
    }

    private func threadSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Forty times the spans may take 600 times the time, caches and neighbours being what they are; what is quadratic takes
    /// 1,600.
    private func expectLinear(_ rules: some RuleSet, _ shape: HostileShape) {
        var rules = rules
        let small = time(&rules, shape, 25_000)
        let large = time(&rules, shape, 1_000_000)
        #expect(large < max(small, 0.0005) * 600, "\(shape): \(small) s, then \(large) s")
    }

    @Test("the default rules are linear", arguments: HostileShape.allCases)
    func otlpIsLinear(_ shape: HostileShape) {
        expectLinear(OTLPRules(settings: AnalysisSettings()), shape)
    }

    @Test("Zipkin's rules are linear", arguments: HostileShape.allCases)
    func zipkinIsLinear(_ shape: HostileShape) {
        expectLinear(ZipkinRules(settings: AnalysisSettings()), shape)
    }
}
