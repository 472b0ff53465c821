internal import SpanModel

/// How much was seen, and what was found wrong with it.
struct QualityAnalysis: Analysis {
    private struct FindingTally: Sendable {
        let reason: Finding.Reason
        let service: UInt32
        var count: UInt64 = 0
        var exemplars = LeastTraces()
    }

    private var spans: UInt64 = 0
    private var spansOutside: UInt64 = 0
    private var traces: UInt64 = 0
    private var tracesComplete: UInt64 = 0
    private var entryCalls: UInt64 = 0
    private var evidence = EvidenceCounts()
    /// Least and greatest start of a trace; nil: none had any.
    private(set) var starts: ClosedRange<UInt64>?
    private var findings: [FindingTally] = []
    private var findingTable = IndexTable()
    /// Where spans without a weight are counted, by the low bits of their service.
    private var unweighted = [UnweightedService](repeating: UnweightedService(), count: 256)

    private struct UnweightedService: Sendable {
        var service: UInt32 = 0
        /// Of the finding; none is there.
        var place: UInt32 = .max
    }

    init(settings: AnalysisSettings) {}

    mutating func observe(_ observation: TraceObservation) {
        let trace = observation.trace
        addFindings(observation)
        guard trace.isInWindow else {
            spansOutside = spansOutside.addingSaturating(UInt64(trace.records))
            return
        }
        if trace.isUnweighted { addUnweighted(trace) }
        spans = spans.addingSaturating(UInt64(trace.spans.count))
        traces = traces.addingSaturating(1)
        if trace.isComplete { tracesComplete = tracesComplete.addingSaturating(1) }
        entryCalls = entryCalls.addingSaturating(UInt64(observation.entryCalls.count))
        evidence.add(trace.evidence)
        if trace.startNanoseconds > 0 { include(trace.startNanoseconds...trace.startNanoseconds) }
    }

    /// A trace outside the window, or one that was never found, may be the target of the window's links: these count,
    /// but it is no example.
    private mutating func addFindings(_ observation: TraceObservation) {
        let example = observation.trace.isInWindow ? observation.trace.id : nil
        var next = 0
        while true {
            next = Self.add(observation.findings, from: next, example, to: &findings, by: findingTable)
            guard next < observation.findings.count else { return }
            // Unknown so far: it is found now.
            _ = place(observation.findings[next].reason, observation.findings[next].service)
        }
    }

    /// - Returns: the first of them of which there is none so far.
    private static func add(
        _ new: RefilledList<(reason: Finding.Reason, service: UInt32, count: UInt64)>, from start: Int,
        _ example: TraceID?, to findings: inout [FindingTally], by table: IndexTable
    ) -> Int {
        var findings = findings.mutableSpan
        for index in start..<new.count where new[index].count > 0 {
            guard let place = table.find(UInt64(new[index].service), new[index].reason.code) else { return index }
            findings[place].count = findings[place].count.addingSaturating(new[index].count)
            if let example { findings[place].exemplars.insert(example) }
        }
        return new.count
    }

    /// Most archives show no probabilities at all: this is a finding of every span, and is not handed over as one.
    private mutating func addUnweighted(_ trace: Trace) {
        var next = 0
        while true {
            next = Self.add(trace.spans, from: next, trace.id, to: &findings, by: unweighted)
            guard next < trace.spans.count else { return }
            let service = trace.spans[next].service
            let place = UInt32(truncatingIfNeeded: place(.spansUnweighted, service))
            unweighted[Int(service & 255)] = UnweightedService(service: service, place: place)
        }
    }

    /// - Returns: the first span whose service is not at its place.
    private static func add(
        _ spans: [TraceSpan], from start: Int, _ example: TraceID, to findings: inout [FindingTally],
        by services: [UnweightedService]
    ) -> Int {
        var findings = findings.mutableSpan
        for index in start..<spans.count {
            let known = services[Int(spans[index].service & 255)]
            guard known.service == spans[index].service, known.place != .max else { return index }
            let place = Int(known.place)
            findings[place].count = findings[place].count.addingSaturating(1)
            findings[place].exemplars.insert(example)
        }
        return spans.count
    }

    private mutating func include(_ other: ClosedRange<UInt64>) {
        guard let known = starts else {
            starts = other
            return
        }
        starts = min(known.lowerBound, other.lowerBound)...max(known.upperBound, other.upperBound)
    }

    private mutating func place(_ reason: Finding.Reason, _ service: UInt32) -> Int {
        let place = findingTable.place(UInt64(service), reason.code, orInsert: findings.count)
        if place == findings.count { findings.append(FindingTally(reason: reason, service: service)) }
        return place
    }

    mutating func merge(_ other: QualityAnalysis) {
        spans = spans.addingSaturating(other.spans)
        spansOutside = spansOutside.addingSaturating(other.spansOutside)
        traces = traces.addingSaturating(other.traces)
        tracesComplete = tracesComplete.addingSaturating(other.tracesComplete)
        entryCalls = entryCalls.addingSaturating(other.entryCalls)
        evidence.merge(other.evidence)
        if let starts = other.starts { include(starts) }
        for theirs in other.findings {
            let place = place(theirs.reason, theirs.service)
            findings[place].count = findings[place].count.addingSaturating(theirs.count)
            findings[place].exemplars.merge(theirs.exemplars)
        }
    }

    func encode(into writer: inout VarintWriter) {
        for number in [spans, spansOutside, traces, tracesComplete, entryCalls] { writer.append(number) }
        for kind in WeightEvidence.allCases { writer.append(evidence[kind]) }
        writer.append(starts?.lowerBound ?? 1)
        writer.append(starts?.upperBound ?? 0)
        writer.append(findings.count)
        for finding in sortedFindings {
            let reason = Array(finding.reason.rawValue.utf8)
            writer.append(reason.count)
            writer.append(contentsOf: reason)
            writer.append(finding.service)
            writer.append(finding.count)
            finding.exemplars.encode(into: &writer)
        }
    }

    mutating func decode(from reader: inout VarintReader) throws(VarintReader.Failure) {
        spans = try reader.number()
        spansOutside = try reader.number()
        traces = try reader.number()
        tracesComplete = try reader.number()
        entryCalls = try reader.number()
        for kind in WeightEvidence.allCases { evidence[kind] = try reader.number() }
        let (first, last) = (try reader.number(), try reader.number())
        starts = first <= last ? first...last : nil
        for _ in 0..<(try reader.count()) {
            let text = String(decoding: try reader.slice(try reader.count()), as: UTF8.self)
            guard let reason = Finding.Reason(rawValue: text) else { throw reader.failure("no such finding") }
            let service = try reader.number32()
            if let last = findings.last, (last.reason, last.service) >= (reason, service) {
                throw reader.failure("findings are out of order")
            }
            let place = place(reason, service)
            findings[place].count = try reader.number()
            findings[place].exemplars = try LeastTraces(decoding: &reader)
        }
    }

    private var sortedFindings: [FindingTally] {
        findings.sorted { ($0.reason, $0.service) < ($1.reason, $1.service) }
    }

    var memoryBytes: Int { findings.capacity * MemoryLayout<FindingTally>.stride + findingTable.memoryBytes }

    /// By reason, service.
    func rows(_ names: NameTable) -> [Finding] {
        sortedFindings.map { finding in
            Finding(
                reason: finding.reason, service: names.text(finding.service), count: finding.count,
                exemplars: finding.exemplars.traces)
        }
    }

    /// Everything that traces tell; the rest is known to those who read archives.
    var quality: Quality {
        var quality = Quality()
        quality.spans = spans
        quality.spansOutside = spansOutside
        quality.traces = traces
        quality.tracesComplete = tracesComplete
        quality.evidence = evidence
        quality.entryCalls = entryCalls
        for finding in findings { quality[finding.reason] = quality[finding.reason].addingSaturating(finding.count) }
        return quality
    }
}
