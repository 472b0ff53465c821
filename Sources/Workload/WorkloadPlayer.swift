import Glibc
import SpanModel

/// The state of one generation: the clock, the queues, the files.
struct WorkloadPlayer {
    let settings: WorkloadSettings
    let plan: ShopPlan
    private var maker: TraceMaker
    private var random: RandomSource
    private var export: WorkloadExport
    private var summary = WorkloadSummary()
    private var before: Tally
    private var kept: Tally
    /// Messages waiting for a batch, by topic.
    private var queues: [[Message]]
    private var spans: [WorkloadSpan] = []

    /// A message that waits.
    private struct Message {
        var link: WorkloadLink
        /// Index in the plan: from its producer to the batch's consumer.
        var edge: Int
        /// Whether the producer's trace can be found in the archives, and in the day.
        var isKept: Bool
    }

    init(settings: WorkloadSettings, directory: String) {
        self.settings = settings
        plan = ShopPlan(.standard, samples: settings.samples)
        maker = TraceMaker(plan: plan, random: RandomSource(seed: settings.seed))
        random = RandomSource(seed: settings.seed ^ 0xd1ce)
        export = WorkloadExport(settings: settings, directory: directory, plan: plan)
        before = Tally(plan: plan, keepsAll: settings.keepsTruth)
        kept = before
        queues = Array(repeating: [], count: plan.batches.count)
    }

    /// Traces begin ten minutes before the day and end ten minutes after it, so that some cross midnight.
    mutating func play() throws(WorkloadError) -> WorkloadSummary {
        let margin = 600 * Nanoseconds.second
        let total = settings.traces + settings.traces / 72
        for index in 0..<total {
            let share = (Double(index) + random.unit()) / Double(total)
            let length = Double(settings.day.durationNanoseconds + 2 * margin)
            let start = settings.day.startNanoseconds - margin + UInt64(length * Self.hourShape(share))
            try export.advance(to: start)
            let root = pickRoot()
            maker.play(operation: root.operation, sampling: root.sampling, at: start)
            _ = try take(sampling: root.sampling)
            try runBatches(at: start)
        }
        try runBatches(at: settings.day.endNanoseconds + margin, all: true)
        try export.finish()
        summary.before = before.truth(plan)
        summary.kept = kept.truth(plan)
        summary.files = export.files
        summary.bytes = export.bytes
        return summary
    }

    /// Quiet nights: maps uniform shares to a day whose afternoon is three times as busy as its night.
    private static func hourShape(_ share: Double) -> Double {
        share + 0.08 * sin(2 * Double.pi * (share - 0.1)) - 0.08 * sin(-0.2 * Double.pi)
    }

    private mutating func pickRoot() -> ShopPlan.Root {
        var mark = random.unit()
        for root in plan.roots {
            mark -= root.share
            if mark < 0 { return root }
        }
        return plan.roots[0]
    }

    /// Counts the trace in hand, decides whether it is kept, damages and writes it.
    ///
    /// - Returns: whether it belongs to the day.
    private mutating func take(sampling: Int, links: [WorkloadLink] = []) throws(WorkloadError) -> Bool {
        spans.removeAll(keepingCapacity: true)
        spans.append(contentsOf: maker.spans)
        guard let traceID = spans.first?.traceID else { return false }
        if settings.damages { skewClocks() }
        let isKept = Self.keeps(traceID, plan.samplings[sampling])
        let start = spans.lazy.map(\.startNanoseconds).min() ?? 0
        let isInDay = settings.day.contains(start)
        for message in maker.enqueued {
            let link = WorkloadLink(traceID: traceID, spanID: message.spanID)
            queues[message.topic].append(Message(link: link, edge: message.edge, isKept: isKept))
        }
        if isInDay { before.add(trace: spans, calls: maker.calls, plan: plan) }
        guard isKept else { return isInDay }
        if settings.damages { loseLocalSpan(isInDay: isInDay) }
        if isInDay { kept.add(trace: spans, calls: maker.calls, plan: plan) }
        for span in spans {
            let links = span.parentID == 0 ? links : []
            try export.write(span, links: links)
            if settings.damages, random.chance(0.01) {
                try export.write(span, links: links)
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

    /// Each service's clock is wrong by its own few milliseconds.
    private mutating func skewClocks() {
        for index in spans.indices where spans[index].service % 3 == 1 {
            let skew = UInt64(spans[index].service) * 1_700_000
            spans[index].startNanoseconds -= skew
            spans[index].endNanoseconds -= skew
        }
    }

    /// Sometimes a local span is lost on its way; its children become orphans, calls do not change.
    private mutating func loseLocalSpan(isInDay: Bool) {
        guard random.chance(0.05) else { return }
        let index = spans.firstIndex { $0.parentID != 0 && plan.shapes[Int($0.shape)].kind == .internal }
        guard let index else { return }
        let lost = spans.remove(at: index).spanID
        if isInDay { summary.orphans += UInt64(spans.count { $0.parentID == lost }) }
    }

    /// Consumers take full batches, or all that waits at the end.
    private mutating func runBatches(at time: UInt64, all: Bool = false) throws(WorkloadError) {
        for (topic, consumer) in plan.batches.enumerated() {
            while queues[topic].count >= (all ? 1 : consumer.size) {
                let batch = Array(queues[topic].prefix(consumer.size))
                queues[topic].removeFirst(batch.count)
                maker.play(operation: consumer.operation, sampling: consumer.sampling, at: time)
                let isError = maker.spans.first?.isError ?? false
                if try take(sampling: consumer.sampling, links: batch.map(\.link)) { count(batch, isError: isError) }
            }
        }
    }

    /// A link edge per message of a batch; kept where both ends were.
    private mutating func count(_ batch: [Message], isError: Bool) {
        for message in batch {
            before.add(edge: message.edge, isError: isError)
            if message.isKept {
                kept.add(edge: message.edge, isError: isError)
            } else {
                summary.linksUnresolved += 1
            }
        }
    }
}
