import SpanModel
import Synchronization
import Testing

@testable import Sampling

/// Three simulated weeks with everything that decides in the loop: weights, history, plan, gate, ledger.
@Suite(.serialized) struct SimulationTests {
    private static let traffic = SimulatedTraffic(seed: 20_240_711)
    private static let budgets = [(mean: 3000.0, peak: 4000.0), (mean: 600.0, peak: 800.0)]

    private func score(_ budget: Int, _ evidence: SimulatedEvidence, _ profile: SamplingPolicy.Profile = .flat)
        -> SimulationScore
    {
        let (mean, peak) = Self.budgets[budget]
        var simulation = Simulation(
            Self.traffic, evidence: evidence, meanBudget: mean, peakBudget: peak, profile: profile)
        let score = simulation.run()
        print(score.row("spanmill \(profile), \(evidence), \(Int(mean))/\(Int(peak))"))
        return score
    }

    /// By budget: with every probability stated, which is what other evidence is measured by.
    private static let stated = Mutex<[Int: SimulationScore]>([:])

    private func stated(_ budget: Int) -> SimulationScore {
        if let known = Self.stated.withLock({ $0[budget] }) { return known }
        let score = score(budget, .stated)
        Self.stated.withLock { $0[budget] = score }
        return score
    }

    @Test(
        "the loop holds the cap, sees every rare operation and counts within 2 %, whatever the SDKs leave",
        arguments: [0, 1])
    func evidence(budget: Int) {
        print(SimulationScore.title)
        let stated = stated(budget)
        for other in [stated, score(budget, .ledger), score(budget, .mixed)] {
            #expect(other.hoursOver <= 0.03)
            #expect(other.rareSeen == 1)
            #expect(other.rareWithThirty >= 0.99)
            #expect(other.countError <= 0.02)
            #expect(abs(other.spansPerSecond / stated.spansPerSecond - 1) <= 0.1)
            #expect(abs(other.worstHour / stated.worstHour - 1) <= 0.1)
            #expect(other.churn < 0.3)
        }
    }

    @Test("with neither tags nor ledger the trace ids alone hold the loop", arguments: [0, 1])
    func inference(budget: Int) {
        let (stated, inferred) = (stated(budget), score(budget, .inferred))
        #expect(abs(inferred.spansPerSecond / stated.spansPerSecond - 1) <= 0.1)
        #expect(abs(inferred.worstHour / stated.worstHour - 1) <= 0.1)
        #expect(inferred.hoursOver <= 0.03)
        #expect(inferred.rareSeen == 1)
        #expect(inferred.rareWithThirty >= 0.99)
        #expect(inferred.wellSampledCountError <= 0.02)
        // Nearly all of the error is that of sampling itself, which no reading of the ids can lower.
        #expect(inferred.wellSampledCountError <= stated.wellSampledCountError * 1.1)
    }

    @Test("a profile by hour spends more of the budget and still holds the cap nearly always")
    func hourly() {
        let hourly = score(0, .ledger, .hourly)
        let flat = score(0, .ledger)
        #expect(hourly.spansPerSecond > flat.spansPerSecond)
        #expect(hourly.hoursOver <= 0.06)
        #expect(hourly.countError <= 0.02)
        #expect(hourly.rareSeen == 1 && hourly.rareWithThirty >= 0.99)
    }
}
