/// How many traces a service shows whose ids are spread evenly, though a lower probability was published.
///
/// Such ids say one of two things: nothing was left out, as where a tracer never asked; or the sampler does not go by
/// ids and tosses a coin. Every client known to read strategies goes by ids, so the first is taken to be so unless the
/// number of traces speaks for the second: about as many as the plan expected, not those and all that it would have
/// left out.
struct CoinVolume {
    private var seen = 0.0
    private var expectedOfCoin = 0.0
    private var expectedOfAll = 0.0

    /// Where both are closer together, a slow day of a tracer that keeps everything looks like a coin.
    ///
    /// Forecasts are seldom four times too high; a day that is judged wrongly is diluted among those before it.
    private static let leastRatio = 16.0

    /// Adds one operation whose ids contradict its probability.
    mutating func add(seen traces: UInt64, expected: Double, probability: Double) {
        guard expected > 0, probability > 0 else { return }
        seen += Double(traces)
        expectedOfCoin += expected
        expectedOfAll += expected / probability
    }

    /// Whether the ledger stands: the traces are nearer, as a ratio, to what a coin would have left.
    var isOfCoin: Bool {
        expectedOfCoin > 0 && expectedOfAll >= Self.leastRatio * expectedOfCoin
            && seen * seen < expectedOfCoin * expectedOfAll
    }
}
