public import SpanModel

extension Gatherer {
    /// Reads the samples of all workers and makes the window's facts of them.
    ///
    /// Services are taken together, as many at a time as memory allows: their operations have one tracer, so that
    /// what is found out about one helps with the others.
    ///
    /// - Parameter ledger: what was published, by the names that archives show.
    /// - Throws: where samples that were set aside cannot be read back.
    public func facts(ledger: LedgerExcerpt = LedgerExcerpt()) throws(ScratchError) -> WindowFacts {
        var facts = [OperationFacts](repeating: OperationFacts(), count: names.operations.count)
        if !ledger.isEmpty {
            for operation in names.operations.indices {
                facts[operation] = OperationFacts(timeline: timeline(operation, ledger))
            }
        }
        guard sampleBytes > 0 else { return WindowFacts(operations: ledger.isEmpty ? [] : facts) }
        let passes = try samplePasses()
        for pass in 0...(passes.max() ?? 0) {
            let samples = try samples { passes[Int(self.sources.services[Int($0)])] == pass }
            for service in Dictionary(grouping: samples.keys, by: { sources.services[Int($0)] }).values {
                let inferred = ServiceInference(service.sorted().map { ($0, samples[$0] ?? TraceIDSample()) })
                for operation in service {
                    facts[Int(operation)] = OperationFacts(
                        timeline: timeline(Int(operation), ledger), own: inferred.own[operation],
                        pooled: inferred.pooled[operation])
                }
            }
        }
        return WindowFacts(operations: facts)
    }

    private func timeline(_ operation: Int, _ ledger: LedgerExcerpt) -> ProbabilityTimeline {
        guard !ledger.isEmpty else { return ProbabilityTimeline([]) }
        let (service, name) = names.texts(ofOperation: UInt32(truncatingIfNeeded: operation))
        return ledger.timeline(service: service, operation: name)
    }

    /// Of all entries of all tables.
    var sampleBytes: Int {
        sources.parts.reduce(0) { sum, part in
            part.storage.tables.reduce(sum) { $0 + RootSampleCursor.byteCount($1.samples) }
        }
    }

    /// By final service: the number of the reading that takes its samples; as many services at a time as fit in memory.
    ///
    /// How much all of them are says little of that, as the samples of many names may become one: so they are read once
    /// for this.
    func samplePasses() throws(ScratchError) -> [Int] {
        var passes = [Int](repeating: 0, count: names.stringCount)
        guard sampleBytes > sampleLimitBytes else { return passes }
        var operationBytes = [Int](repeating: 0, count: sources.services.count)
        try forEachSample(where: { operation, bytes in
            operationBytes[Int(operation)] += bytes
            return false
        }) { _, _ in }
        var serviceBytes = [Int](repeating: 0, count: names.stringCount)
        for (service, bytes) in zip(sources.services, operationBytes) {
            serviceBytes[Int(service)] += TraceIDSample.memoryBytes(ofEncoded: bytes)
        }
        var (pass, used) = (0, 0)
        for (service, bytes) in serviceBytes.enumerated() where bytes > 0 {
            if used > 0, used + bytes > sampleLimitBytes { (pass, used) = (pass + 1, 0) }
            used += bytes
            passes[service] = pass
        }
        return passes
    }

    /// The samples of some final operations, merged over all tables.
    private func samples(
        of isWanted: (UInt32) -> Bool
    ) throws(ScratchError) -> [UInt32: TraceIDSample] {
        var samples: [UInt32: TraceIDSample] = [:]
        try forEachSample(where: { operation, _ in isWanted(operation) }) { operation, sample in
            samples[operation, default: TraceIDSample()].merge(sample)
        }
        return samples
    }

    /// Reads every entry of every table: its final operation and its bytes, and of those that are wanted the sample.
    private func forEachSample(
        where isWanted: (_ operation: UInt32, _ bytes: Int) -> Bool, _ body: (UInt32, TraceIDSample) -> Void
    ) throws(ScratchError) {
        for part in sources.parts {
            for (table, mapping) in zip(part.storage.tables, part.mappings) {
                func finalID(_ operation: UInt32) -> UInt32? {
                    guard Int(operation) < mapping.operations.count else { return nil }
                    let id = mapping.operations[Int(operation)]
                    return id == FinalNames.Mapping.unknown || Int(id) >= sources.services.count ? nil : id
                }
                var cursor = RootSampleCursor(table.samples)
                let entry = { (operation: UInt32, bytes: Int) throws(ScratchError) -> Bool in
                    guard let id = finalID(operation) else {
                        throw .corrupt(part.storage.scratch?.directory ?? "memory", "a sample has an unknown name")
                    }
                    return isWanted(id, bytes)
                }
                while let (operation, sample) = try cursor.next(where: entry) {
                    if let id = finalID(operation) { body(id, sample) }
                }
            }
        }
    }
}

/// What the trace ids of one service's operations say together.
private struct ServiceInference {
    var own: [UInt32: OperationInference] = [:]
    /// Of operations with too few traces of their own.
    var pooled: [UInt32: OperationInference] = [:]

    /// - Parameter samples: by operation, in order.
    init(_ samples: [(operation: UInt32, sample: TraceIDSample)]) {
        var traces = [UInt64](repeating: 0, count: TraceIDFamily.allCases.count)
        var (open, rare): ([(UInt32, TraceIDSample)], [(UInt32, TraceIDSample)]) = ([], [])
        for (operation, sample) in samples {
            let inference = sample.inference()
            if let inference, let family = inference.overall.family {
                own[operation] = inference
                traces[Int(family.rawValue)] += min(inference.overall.traces, 1 << 32)
                continue
            }
            own[operation] = inference
            if sample.traces < InferredProbability.leastTraces {
                rare.append((operation, sample))
            } else {
                open.append((operation, sample))
            }
        }
        pool(rare, into: &traces)
        // Where nothing shows a ratio sampler, nothing is said: ids of traces that were chosen by content, or not
        // at all, look alike.
        guard let most = traces.max(), most > 0, let index = traces.firstIndex(of: most),
            let family = TraceIDFamily(rawValue: UInt8(index))
        else { return }
        for (operation, sample) in open { own[operation] = sample.inference(assuming: family) }
    }

    /// Rare operations are judged by all their ids together: the estimate is right where they share one probability,
    /// and too high, so that weights are too low but never below one, where they do not.
    private mutating func pool(_ rare: [(UInt32, TraceIDSample)], into traces: inout [UInt64]) {
        var together = TraceIDSample()
        for (_, sample) in rare { together.merge(sample) }
        guard let inference = together.inference() else { return }
        if let family = inference.overall.family {
            traces[Int(family.rawValue)] += min(inference.overall.traces, 1 << 32)
        }
        for (operation, _) in rare { pooled[operation] = inference }
    }
}
