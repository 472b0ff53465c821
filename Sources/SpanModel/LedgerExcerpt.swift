/// What was published when, as far as one window needs it: the probability in force for an operation at an instant.
///
/// A name that is not listed falls back to its service's default, an unlisted service to the global one. Tracers poll
/// once a minute, each at its own second, so a new probability takes hold of the fleet evenly over a minute.
public struct LedgerExcerpt: Hashable, Sendable {
    /// From then on, until the next line of the same names, this was in force.
    public struct Line: Hashable, Sendable {
        /// Nil: all services that are not named.
        public var service: String?
        /// Nil: all operations of the service that are not named.
        public var operation: String?
        public var publishedNanoseconds: UInt64
        /// Nil: named no longer; the next wider line holds.
        public var probability: Double?

        /// One line; the probability is 0…1, the time since the Unix epoch, UTC. Neither is checked.
        public init(service: String?, operation: String?, publishedNanoseconds: UInt64, probability: Double?) {
            self.service = service
            self.operation = operation
            self.publishedNanoseconds = publishedNanoseconds
            self.probability = probability
        }
    }

    /// A name that archives show instead of the one the sampler saw.
    public struct Alias: Hashable, Sendable {
        public var service: String
        public var seen: String
        public var published: String

        /// The operation that archives show as `seen` was published as `published`, both of one service.
        public init(service: String, seen: String, published: String) {
            self.service = service
            self.seen = seen
            self.published = published
        }
    }

    private struct Name: Hashable, Sendable {
        var service: String?
        var operation: String?
    }

    /// Sorted by time; of equal times the later one given holds.
    private var lines: [Name: [Line]] = [:]
    private var aliases: [Name: String] = [:]

    /// How long tracers take to learn of a publication.
    public static let pollNanoseconds = 60 * Nanoseconds.second

    /// Lines in any order, but that of equal times, and of equal aliases, the later one holds; none say nothing of any
    /// operation.
    public init(_ lines: [Line] = [], aliases: [Alias] = []) {
        for line in lines {
            self.lines[Name(service: line.service, operation: line.operation), default: []].append(line)
        }
        for name in self.lines.keys {
            self.lines[name] = self.lines[name]?.enumerated().sorted {
                ($0.element.publishedNanoseconds, $0.offset) < ($1.element.publishedNanoseconds, $1.offset)
            }.map(\.element)
        }
        for alias in aliases {
            self.aliases[Name(service: alias.service, operation: alias.seen)] = alias.published
        }
    }

    public var isEmpty: Bool { lines.isEmpty }

    /// The probabilities of one operation through time.
    public func timeline(service: String, operation: String) -> ProbabilityTimeline {
        let published = aliases[Name(service: service, operation: operation)] ?? operation
        let names = [
            Name(service: service, operation: published), Name(service: service, operation: nil),
            Name(service: nil, operation: nil),
        ]
        let chain = names.map { lines[$0] ?? [] }
        let instants = Set(chain.joined().map(\.publishedNanoseconds)).sorted()
        return ProbabilityTimeline(
            instants.map { instant in
                let held = chain.lazy.compactMap { lines in
                    lines.last { $0.publishedNanoseconds <= instant }?.probability
                }.first
                return ProbabilityTimeline.Step(nanoseconds: instant, probability: held)
            })
    }

    /// The probability in effect; nil where none is known.
    public func probability(service: String, operation: String, atNanoseconds instant: UInt64) -> Double? {
        timeline(service: service, operation: operation).probability(atNanoseconds: instant)
    }

    /// Operations that are named for a service at some time, sorted.
    public func operations(of service: String) -> [String] {
        lines.keys.filter { $0.service == service }.compactMap(\.operation).sorted()
    }

    /// Services that are named at some time, sorted.
    public var services: [String] { Set(lines.keys.compactMap(\.service)).sorted() }
}

/// The probabilities of one operation through time.
public struct ProbabilityTimeline: Hashable, Sendable {
    /// A probability and when it began.
    public struct Step: Hashable, Sendable {
        /// When it was published: since the Unix epoch, UTC.
        public var nanoseconds: UInt64
        /// Nil: none is known from here on.
        public var probability: Double?

        /// As the properties say; the probability is 0…1, which is not checked.
        public init(nanoseconds: UInt64, probability: Double?) {
            self.nanoseconds = nanoseconds
            self.probability = probability
        }
    }

    /// In order of time; only those that change something.
    public private(set) var steps: [Step] = []

    /// - Parameter steps: in order of time.
    public init(_ steps: [Step]) {
        for step in steps where self.steps.last?.probability != step.probability || self.steps.isEmpty {
            self.steps.append(step)
        }
    }

    /// The probability in effect: for x = 0…1 of a minute after a publication (1 − x)·old + x·new.
    ///
    /// Nil before the first one and in the minute after it, when what tracers began with still counts.
    ///
    /// - Complexity: O(log steps).
    public func probability(atNanoseconds instant: UInt64) -> Double? {
        guard let place = place(of: instant) else { return nil }
        let age = instant - steps[place].nanoseconds
        guard age < LedgerExcerpt.pollNanoseconds else { return steps[place].probability }
        guard place > 0, let old = steps[place - 1].probability, let new = steps[place].probability else { return nil }
        let share = Double(age) / Double(LedgerExcerpt.pollNanoseconds)
        return (1 - share) * old + share * new
    }

    /// The highest probability that any tracer may still have.
    public func highest(atNanoseconds instant: UInt64) -> Double? {
        guard let place = place(of: instant), let new = steps[place].probability else { return nil }
        guard instant - steps[place].nanoseconds < LedgerExcerpt.pollNanoseconds else { return new }
        return place > 0 ? steps[place - 1].probability.map { max($0, new) } : nil
    }

    /// The step in force, the last one that is not later.
    private func place(of instant: UInt64) -> Int? {
        var (lower, upper) = (0, steps.count)
        while lower < upper {
            let middle = (lower + upper) / 2
            if steps[middle].nanoseconds <= instant { lower = middle + 1 } else { upper = middle }
        }
        return lower > 0 ? lower - 1 : nil
    }

    /// The lowest and the highest probability in effect in a span of time; nil where it is not known throughout.
    public func range(in window: Window) -> ClosedRange<Double>? {
        guard let first = probability(atNanoseconds: window.startNanoseconds) else { return nil }
        var range = first...first
        for step in steps where window.contains(step.nanoseconds) {
            guard let next = step.probability else { return nil }
            range = min(range.lowerBound, next)...max(range.upperBound, next)
        }
        return range
    }

    /// The probability in effect over a span of time; nil where it is not known throughout.
    ///
    /// Weighed by time, the minutes of change included.
    public func mean(in window: Window) -> Double? {
        guard window.durationNanoseconds > 0 else { return nil }
        let poll = LedgerExcerpt.pollNanoseconds
        var borders: Set<UInt64> = [window.startNanoseconds, window.endNanoseconds]
        for step in steps {
            borders.insert(step.nanoseconds)
            borders.insert(step.nanoseconds.addingSaturating(poll))
        }
        let sorted = borders.filter { $0 >= window.startNanoseconds && $0 <= window.endNanoseconds }.sorted()
        var sum = 0.0
        for (from, to) in zip(sorted, sorted.dropFirst()) {
            // Straight between two borders: the middle stands for all.
            guard let middle = probability(atNanoseconds: from + (to - from) / 2) else { return nil }
            sum += middle * Double(to - from)
        }
        return sum / Double(window.durationNanoseconds)
    }
}
