import SpanModel
import Testing

@testable import Sampling

struct PlanGateTests {
    private let day = Story.window(1)

    private func story(unweighted: Bool = false) -> Story {
        var story = Story()
        story.add("web", "GET /", days: 0..<2) { _, _ in 1000 }
        if unweighted {
            for i in story.rows.indices { story.rows[i].unweighted = story.rows[i].roots }
        }
        return story
    }

    private func set(_ probabilities: [Double], budget: Double = 100, predicted: Double = 50) -> StrategySet {
        var set = strategies(probabilities.enumerated().map { ("web", "op \($0.offset)", $0.element, 1) })
        set.budgetSpansPerSecond = budget
        set.predictedSpansPerSecond = predicted
        return set
    }

    @Test("an ordinary plan passes, with and without an earlier one")
    func passes() {
        let rows = story().rows
        #expect(refusal(of: set([0.1, 0.2]), previous: nil, history: rows, day: day) == nil)
        #expect(refusal(of: set([0.1, 0.2]), previous: set([0.05, 0.9]), history: rows, day: day) == nil)
    }

    @Test("a plan far beyond its budget is refused")
    func cost() {
        let rows = story().rows
        #expect(refusal(of: set([0.1], predicted: 119), previous: nil, history: rows, day: day) == nil)
        let text = refusal(of: set([0.1], predicted: 130), previous: nil, history: rows, day: day)
        #expect(text?.contains("130 spans/s") == true)
    }

    @Test("a plan whose floors alone exceed the budget is refused, and the remedy is named")
    func infeasible() {
        var plan = set([0.1])
        plan.status = .infeasible
        let text = refusal(of: plan, previous: nil, history: story().rows, day: day)
        #expect(text?.contains("least probabilities alone") == true)
        #expect(text?.contains("raise the budget") == true)
    }

    @Test("a plan made from traffic without weights is refused")
    func weights() {
        let text = refusal(of: set([0.1]), previous: nil, history: story(unweighted: true).rows, day: day)
        #expect(text?.contains("sampling.assumed_probability") == true)
    }

    @Test("a plan that moves more than half of the operations by more than four is refused")
    func churn() {
        let rows = story().rows
        let before = set([0.1, 0.1, 0.1, 0.1])
        #expect(refusal(of: set([0.5, 0.5, 0.1, 0.1]), previous: before, history: rows, day: day) == nil)
        let text = refusal(of: set([0.5, 0.01, 0.5, 0.1]), previous: before, history: rows, day: day)
        #expect(text?.hasPrefix("3 of 4 operations") == true)
    }
}
