import Glibc
import SpanModel

/// The state of one generation: the clock, the queues, the files.
struct WorkloadPlayer {
    let settings: WorkloadSettings
    let shop = Shop.standard
    let services: [String]
    private var maker: TraceMaker
    private var random: RandomSource
    private var export: WorkloadExport
    private var summary = WorkloadSummary()
    /// Messages waiting for a batch, by topic.
    private var queues: [String: [(traceID: TraceID, spanID: UInt64, service: String, isKept: Bool, isError: Bool)]] =
        [:]

    init(settings: WorkloadSettings, directory: String) {
        self.settings = settings
        services = shop.services.keys.sorted()
        let index = Dictionary(uniqueKeysWithValues: services.enumerated().map { ($1, $0) })
        maker = TraceMaker(shop: shop, serviceIndex: index, random: RandomSource(seed: settings.seed))
        random = RandomSource(seed: settings.seed ^ 0xd1ce)
        export = WorkloadExport(settings: settings, directory: directory, services: services)
    }

    /// Traces begin ten minutes before the day and end ten minutes after it, so that some cross midnight.
    mutating func play() throws(WorkloadError) -> WorkloadSummary {
        let margin = 600 * Nanoseconds.second
        let total = settings.traces + settings.traces / 72
        for index in 0..<total {
            let share = (Double(index) + random.unit()) / Double(total)
            let length = Double(settings.day.durationNanoseconds + 2 * margin)
            let start = settings.day.startNanoseconds - margin + UInt64(length * Self.hourShape(share))
            let root = pickRoot()
            let sampling = settings.samples ? root.sampling : .silent(1)
            _ = maker.begin(sampling: sampling)
            maker.play(root, at: start)
            _ = try take(sampling: sampling)
            try runBatches(at: start)
        }
        try runBatches(at: settings.day.endNanoseconds + margin, all: true)
        try export.finish()
        summary.files = export.files
        summary.bytes = export.bytes
        return summary
    }

    /// Quiet nights: maps uniform shares to a day whose afternoon is three times as busy as its night.
    private static func hourShape(_ share: Double) -> Double {
        share + 0.08 * sin(2 * Double.pi * (share - 0.1)) - 0.08 * sin(-0.2 * Double.pi)
    }

    private mutating func pickRoot() -> Shop.Root {
        var mark = random.unit()
        for root in shop.roots {
            mark -= root.share
            if mark < 0 { return root }
        }
        return shop.roots[0]
    }

    /// Counts the trace in hand, decides whether it is kept, damages and writes it.
    private mutating func take(sampling: Shop.Sampling) throws(WorkloadError) -> Bool {
        var spans = maker.spans
        guard let traceID = spans.first?.traceID else { return false }
        if settings.damages { skewClocks(&spans) }
        let isKept = Self.keeps(traceID, sampling)
        let start = spans.lazy.map(\.startNanoseconds).min() ?? 0
        let isInDay = settings.day.contains(start)
        for message in maker.enqueued {
            queues[message.topic, default: []].append(
                (traceID, message.spanID, message.service, isKept, message.isError))
        }
        if isInDay { count(spans, into: &summary.before) }
        guard isKept else { return isInDay }
        if settings.damages { loseLocalSpan(&spans, isInDay: isInDay) }
        if isInDay { count(spans, into: &summary.kept) }
        for span in spans {
            try export.write(span)
            if settings.damages, random.chance(0.01) {
                try export.write(span)
                if isInDay { summary.duplicates += 1 }
            }
        }
        return isInDay
    }

    /// Sampling decisions follow from the trace id, as consistent samplers make them.
    private static func keeps(_ traceID: TraceID, _ sampling: Shop.Sampling) -> Bool {
        switch sampling {
        case .always: true
        case .threshold(let threshold): traceID.low & ((1 << 56) - 1) >= threshold
        case .tagged(let probability), .silent(let probability):
            Double(traceID.low >> 1) < probability * Double(UInt64(1) << 63)
        }
    }

    private func count(_ spans: [WorkloadSpan], into truth: inout Truth) {
        truth.traces += 1
        truth.spans += UInt64(spans.count)
        for edge in maker.edges {
            truth.edges[edge.key, default: .init()].calls += 1
            if edge.isError { truth.edges[edge.key, default: .init()].errors += 1 }
            if edge.isClientOnly { truth.edges[edge.key, default: .init()].clientOnlyErrors += 1 }
        }
        for span in spans {
            let key = Truth.OperationKey(service: services[span.service], operation: span.name, kind: span.kind)
            truth.operations[key, default: .init()].nanoseconds.append(span.endNanoseconds - span.startNanoseconds)
            if span.isError { truth.operations[key, default: .init()].errors += 1 }
            if span.isRoot { truth.roots[key, default: 0] += 1 }
            if span.isRoot, span.kind == .server { truth.entryCalls += 1 }
        }
    }

    /// Each service's clock is wrong by its own few milliseconds.
    private func skewClocks(_ spans: inout [WorkloadSpan]) {
        for index in spans.indices where spans[index].service % 3 == 1 {
            let skew = UInt64(spans[index].service) * 1_700_000
            spans[index].startNanoseconds -= skew
            spans[index].endNanoseconds -= skew
        }
    }

    /// Sometimes a local span is lost on its way; its children become orphans, calls do not change.
    private mutating func loseLocalSpan(_ spans: inout [WorkloadSpan], isInDay: Bool) {
        guard random.chance(0.05), let index = spans.firstIndex(where: { $0.kind == .internal && !$0.isRoot }) else {
            return
        }
        let lost = spans.remove(at: index).spanID
        if isInDay { summary.orphans += UInt64(spans.count { $0.parentID == lost }) }
    }

    /// Consumers take full batches, or all that waits at the end.
    private mutating func runBatches(at time: UInt64, all: Bool = false) throws(WorkloadError) {
        for (topic, consumer) in shop.batchConsumers.sorted(by: { $0.key < $1.key }) {
            while let queue = queues[topic], queue.count >= (all ? 1 : consumer.size) {
                let batch = Array(queue.prefix(consumer.size))
                queues[topic] = Array(queue.dropFirst(batch.count))
                let sampling: Shop.Sampling = settings.samples ? .always : .silent(1)
                _ = maker.begin(sampling: sampling)
                maker.playBatch(consumer, topic: topic, at: time, links: batch.map { ($0.traceID, $0.spanID) })
                if try take(sampling: sampling) { countLinks(batch, to: consumer.service) }
            }
        }
    }

    /// A link edge per message of a batch; kept where both ends were.
    private mutating func countLinks(
        _ batch: [(traceID: TraceID, spanID: UInt64, service: String, isKept: Bool, isError: Bool)], to consumer: String
    ) {
        for message in batch {
            let key = Truth.EdgeKey(caller: message.service, callee: consumer, kind: .link)
            let errors: UInt64 = maker.isRootError || message.isError ? 1 : 0
            summary.before.edges[key, default: .init()].calls += 1
            summary.before.edges[key, default: .init()].errors += errors
            guard message.isKept else {
                summary.linksUnresolved += 1
                continue
            }
            summary.kept.edges[key, default: .init()].calls += 1
            summary.kept.edges[key, default: .init()].errors += errors
        }
    }
}
