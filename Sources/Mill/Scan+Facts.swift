public import ReportStore
import Sampling
public import SpanModel
import TraceAnalysis

extension Scan {
    /// What the ledger and the ids of traces say about probabilities.
    func facts(_ gatherer: Gatherer) throws(MillError) -> WindowFacts {
        let excerpt = LedgerExcerpt(ledger, aliases: ledger.isEmpty ? [] : aliases(of: gatherer.names))
        do throws(ScratchError) {
            return try gatherer.facts(ledger: excerpt)
        } catch {
            throw MillError(.inputOutput, error.description)
        }
    }

    /// The aliases of the job, for the names there are.
    private func aliases(of names: NameTable) -> [LedgerExcerpt.Alias] {
        let aliases = job.samplingPolicy.aliases
        guard !aliases.isEmpty else { return [] }
        return names.operations.indices.compactMap { index in
            let entry = names.operations[index]
            let (service, operation) = (names.text(entry.service), names.text(entry.name))
            let alias = aliases.first { $0.matches(service: service, operation: operation) }
            return alias.map { LedgerExcerpt.Alias(service: service, seen: operation, published: $0.published) }
        }
    }

    /// The lines of a store's ledger that were in force in a window.
    ///
    /// - Parameter window: nil: all of them.
    public static func ledger(of store: ReportStore, in window: Window?) throws(StoreError) -> [LedgerExcerpt.Line] {
        var wanted = window ?? .always
        // What was in force a minute before still counts in the first one.
        let margin = 2 * LedgerExcerpt.pollNanoseconds
        wanted.startNanoseconds -= min(wanted.startNanoseconds, margin)
        return try store.ledger(in: wanted).map {
            LedgerExcerpt.Line(
                service: $0.service, operation: $0.operation, publishedNanoseconds: $0.publishedNanoseconds,
                probability: $0.probability)
        }
    }

    /// The same from a state directory; none where it has no store.
    public static func ledger(
        inState directory: String, window: Window?
    ) throws(MillError) -> [LedgerExcerpt.Line] {
        do throws(StoreError) {
            return try ledger(of: try ReportStore(directory: directory, access: .readOnly), in: window)
        } catch {
            if error.code == .missing { return [] }
            throw MillError(error)
        }
    }
}

extension Scan {
    /// Operations and what their trace ids say, for the stage that makes the report.
    static func encode(_ inferred: [(operation: UInt32, probability: InferredProbability)]) -> [UInt8] {
        var writer = VarintWriter()
        writer.append(inferred.count)
        for (operation, inferred) in inferred {
            writer.append(operation)
            for number in [inferred.probability, inferred.interval.low, inferred.interval.high] {
                writer.append(number.bitPattern)
            }
            writer.append(inferred.family.map { UInt64($0.rawValue) + 1 } ?? 0)
            writer.append(inferred.traces)
            writer.append(inferred.forced)
        }
        return writer.bytes
    }

    static func inferred(decoding bytes: [UInt8]) throws(FrameError) -> [UInt32: InferredProbability] {
        var reader = VarintReader(bytes)
        var inferred: [UInt32: InferredProbability] = [:]
        do throws(VarintReader.Failure) {
            for _ in 0..<(try reader.count()) {
                let operation = try reader.number32()
                let numbers = [try reader.number(), try reader.number(), try reader.number()].map(
                    Double.init(bitPattern:))
                let family = try reader.number()
                inferred[operation] = InferredProbability(
                    probability: numbers[0], interval: ConfidenceInterval(low: numbers[1], high: numbers[2]),
                    family: family == 0 ? nil : TraceIDFamily(rawValue: UInt8(clamping: family - 1)),
                    traces: try reader.number(), forced: try reader.number())
            }
        } catch {
            throw Self.corrupt
        }
        return inferred
    }
}
