/// How plans made from the past would have fared: one entry per replayed day and rule.
public struct Backtest: Hashable, Sendable {
    /// A way of choosing probabilities.
    public enum Rule: String, CaseIterable, Sendable {
        /// This program's, from data up to the day before.
        case planned
        /// What was really in force.
        case published
        /// This program's, had it known the day.
        case hindsight
        /// One probability for all, with equal spend.
        case fixed
        /// Jaeger's: so many traces per second of every operation, with equal spend.
        case jaeger

        /// Words for people.
        public var title: String {
            switch self {
            case .planned: "planned the night before"
            case .published: "what was published"
            case .hindsight: "best in hindsight"
            case .fixed: "one fixed probability"
            case .jaeger: "Jaeger's rule, equal spend"
            }
        }
    }

    /// One rule over all replayed days.
    public struct Figures: Hashable, Sendable {
        public var rule: Rule
        /// Mean spans per second.
        public var spansPerSecond = 0.0
        /// Cost of an hour as a share of the budget.
        public var costP50 = 0.0
        public var costP90 = 0.0
        public var costMaximum = 0.0
        /// Of hours that cost more than the budget.
        public var hoursOver = 0.0
        /// Expected share of operation-days with at least one sampled trace.
        public var coverage = 0.0
        /// Of operation-days expected to have the floor's traces, or all they had.
        public var floorCoverage = 0.0
        /// Weighted relative variance of all counts, relative to the best in hindsight; 1 is as good.
        public var loss = 0.0
        /// Mean |Δ ln p| per operation and day; nil for rules without days.
        public var churn: Double?
        /// Share of operations whose probability moved, per day.
        public var moved: Double?

        /// Figures of nothing replayed so far.
        public init(rule: Rule) { self.rule = rule }
    }

    /// Replayed, in order of time.
    public var days: [Window]
    public var figures: [Figures]
    /// Why some days asked for could not be replayed; lines for people.
    public var notes: [String]

    /// - Parameter days: in order of time.
    public init(days: [Window], figures: [Figures], notes: [String] = []) {
        self.days = days
        self.figures = figures
        self.notes = notes
    }
}
