import Rendering
public import ReportStore
public import SpanModel

/// Puts strategies in force: as a version of the store, and as files for others.
public struct StrategyPublisher: Sendable {
    let files: [Job.Publication]

    /// - Parameter files: what to write besides the store.
    public init(files: [Job.Publication]) { self.files = files }

    /// A file and whether its content is new.
    public struct Written: Hashable, Sendable {
        public var file: String
        public var isChanged: Bool
    }

    /// Stores a new version, then writes the files.
    ///
    /// - Returns: the version as stored, and the files.
    public func publish(
        _ strategies: StrategySet, store: ReportStore, nowNanoseconds now: UInt64
    ) throws(MillError) -> (strategies: StrategySet, written: [Written]) {
        var strategies = strategies
        let chosen = strategies
        strategies.versionID = try withStore { () throws(StoreError) in
            try store.save(chosen, publishedNanoseconds: now)
        }
        strategies.publishedAtNanoseconds = now
        return (strategies, try write(strategies, nowNanoseconds: now))
    }

    /// Writes the files alone; one whose content is the same is left as it is.
    ///
    /// - Parameters:
    ///   - now: decides the hour of strategies that differ by hour.
    ///   - isDryRun: nothing is written, only compared.
    public func write(
        _ strategies: StrategySet, nowNanoseconds now: UInt64, isDryRun: Bool = false
    ) throws(MillError) -> [Written] {
        let body = jaegerStrategyFile(strategies.inForce(atNanoseconds: now))
        var written: [Written] = []
        for publication in files {
            let isChanged =
                isDryRun
                ? readFile(publication.file, limit: body.count + 1) != body
                : try writeAtomically(body, to: publication.file)
            written.append(Written(file: publication.file, isChanged: isChanged))
        }
        return written
    }
}
